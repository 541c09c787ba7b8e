"""The benchmarks: their plain twins equal the kernels, and a small run leaves what it should."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.texture.median import weighted_median
from audio2video.texture.warp import CELL
from audio2video.timing.retiming import _best_path
from benchmarks import plain
from benchmarks.__main__ import main
from benchmarks.measure import Measurement
from benchmarks.report import as_table
from benchmarks.scene import Scale

TINY = Scale(frames=30, size=256, speech_seconds=1.0, repetitions=2, runs=1)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 13), st.integers(1, 13), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_plain_median_equals_the_kernel(height: int, width: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    textures = rng.integers(0, 256, (4, height, width, 3), dtype=np.uint8)
    nodes = [-(-(length - 1) // CELL) + 1 for length in (height, width)]
    moves = rng.normal(scale=2.0, size=(count, *nodes, 2)).astype(np.float32)
    region = rng.random((height, width)) < 0.8
    arguments = (textures, rng.integers(0, 4, count), rng.integers(1, 9, count), moves, region)
    np.testing.assert_array_equal(plain.weighted_median(*arguments), weighted_median(*arguments))


def path_costs(n: int, m: int, seed: int) -> tuple[NDArray[np.float32], ...]:
    """Costs of few values, so that many paths cost the same."""
    rng = np.random.default_rng(seed)
    gain = rng.choice([-2.0, 0.0, 2.0], n)
    motion, constant = rng.choice([0.0, 0.3, 1.0], m), rng.choice([0.0, 4.0], m, p=[0.8, 0.2])
    repeat = rng.choice([1.0, 2.0], m)
    return tuple(values.astype(np.float32) for values in (gain, motion, constant, repeat))


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 25), st.integers(0, 25), st.integers(1, 50), st.integers(0, 2**32 - 1))
@example(1, 0, 1, 0)
def test_plain_retiming_equals_the_kernel(n: int, spare: int, starts: int, seed: int) -> None:
    gain, motion, constant, repeat = path_costs(n, n + spare, seed)
    starts = min(starts, spare + 1)
    path, held = plain.best_path(gain, motion, constant, repeat, starts)
    kernel_path, kernel_held = _best_path(gain, motion, constant, repeat, starts)
    np.testing.assert_array_equal(path, kernel_path)
    np.testing.assert_array_equal(held, kernel_held)


@pytest.mark.parametrize("seed", range(20))
def test_plain_retiming_is_the_cheapest_of_all(seed: int) -> None:
    n, m = 6, 7
    gain, motion, constant, repeat = path_costs(n, m, seed)
    path, held = plain.best_path(gain, motion, constant, repeat, m)

    def cost(places: NDArray[np.int64], still: NDArray[np.bool_]) -> float:
        moving = gain * motion[places] + constant[places] + still * repeat[places]
        return float(moving.sum())

    costs = []
    for start, stills in product(range(m), product([False, True], repeat=n - 1)):
        still = np.array([False, *stills])
        places = start + np.cumsum(~still) - 1
        if places[-1] < m and not (still[1:] & still[:-1]).any():
            costs.append(cost(places, still))
    assert cost(path, held) == pytest.approx(min(costs))
    assert not held[0]
    np.testing.assert_array_equal(np.diff(path), ~held[1:])


def test_a_small_run_leaves_json_and_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = ["median", "retiming", "analysis", "composite", "encoding"]
    assert main(["--results", str(tmp_path), "--stages", *stages], TINY) == 0
    (file,) = tmp_path.glob("*.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    assert set(content) == {"date", "audio2video", "machine", "scale", "stages"}
    assert content["scale"] == vars(TINY)
    assert content["machine"]["libraries"]["numpy"] == np.__version__
    names = [stage["name"] for stage in content["stages"]]
    assert names == [
        "weighted median",
        "weighted median, one thread",
        "retiming",
        "target analysis",
        "compositing",
        "encoding",
    ]
    for stage in content["stages"]:
        assert len(stage["seconds"]) == TINY.repetitions
        assert min(stage["seconds"]) <= stage["median_seconds"] <= max(stage["seconds"])
        assert stage["per_second"] == pytest.approx(stage["count"] / stage["median_seconds"])
        has_twin = "median" in stage["name"] or stage["name"] == "retiming"
        assert stage["equal"] is (True if has_twin else None)
        assert (stage["times_plain"] is not None) == has_twin
    assert cv2.imread(str(file.with_suffix(".png"))) is not None
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)


def test_a_twin_that_disagrees_is_shown_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Measurement("some kernel", "frame", 10, [2.0, 1.0, 4.0], [8.0], equal=False)
    monkeypatch.setattr("benchmarks.__main__.STAGES", {"wrong": lambda scene: [wrong]})
    monkeypatch.setattr("benchmarks.__main__.make_scene", lambda folder, scale: None)
    assert main(["--results", str(tmp_path)], TINY) == 1
    line = next(li for li in capsys.readouterr().out.splitlines() if li.startswith("some kernel"))
    assert " ".join(line.split()) == (
        "some kernel 2.0000 s 1.0000 s 4.0000 s 5.0 frames/s 4.0 x NO"
    )


def test_pipelines_are_given_in_multiples_of_real_time() -> None:
    row = as_table([Measurement("pipeline", "second of video", 4.0, [10.0])]).splitlines()[1]
    assert "2.50 s a second of video" in row
