"""The fuzzing harnesses on their own seeds and a few changes of them, so that they can't rot."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path

import pytest
from conftest import ROOT
from fuzz.harness import LARGEST, Harness, mutated, refused

from audio2video.errors import Audio2VideoError

NAMES = sorted(path.stem for path in (ROOT / "tests" / "fuzz").glob("fuzz_*.py"))
CHANGED = 150


@pytest.mark.parametrize("name", NAMES)
def test_harness(name: str, tmp_path: Path) -> None:
    harness: Harness = importlib.import_module(f"fuzz.{name}").HARNESS
    seeds = harness.seeds()
    assert all(len(seed) <= LARGEST for seed in seeds)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as of a Python 2 header in an array file
        for content in mutated(seeds, CHANGED, seed=len(name)):
            harness.check(content, tmp_path)


def test_there_is_a_harness_for_each_parser() -> None:
    wanted = {"csv", "json", "list", "names", "network", "npy", "npz", "published", "toml", "wav"}
    assert {name.removeprefix("fuzz_") for name in NAMES} == wanted


def test_an_error_of_two_lines_is_a_finding() -> None:
    class TwoLinesError(Audio2VideoError):
        def __str__(self) -> str:
            return "one\ntwo"

    with pytest.raises(AssertionError, match="not one line"), refused():
        raise TwoLinesError("")
    with pytest.raises(KeyError), refused():
        raise KeyError("x")


def test_mutations_are_the_same_each_time() -> None:
    first = list(mutated([b"seed", b"another"], 20, seed=1))
    assert first[:2] == [b"seed", b"another"]
    assert first == list(mutated([b"seed", b"another"], 20, seed=1))
    assert len(set(first)) > 10
