"""Passes for many speakers, and passes that start from others, through the real command."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import CommandInside, CommandLine
from corpus_maker import write_corpus
from subcommands import subcommand, subcommand_here

from audio2video.evaluation import samples
from audio2video.models.pass_files import load_network, write_network
from audio2video.mouth.predictor import Predictor

SPEAKERS = (*((name, "x") for name in "abcdefgh"), ("alone", "y"))
LATE = {"c": 0.1, "f": -0.08}
TRAIN = ("--steps", "1", "--train", "True", "--predict", "False")
SIZE = ("--dim_hidden", "16", "--batch_size", "8", "--lr", "0.01", "--nthreads", "1")
MANY = ("--split_by", "speaker", "--loss", "lips", "--equal_range", "True", "--averaging", "0.9")
HEARING = ("--encoder", "whisper", "--network", "conv", "--nlayers", "2", "--seq_len", "40")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    run_py = CommandLine(tmp_path_factory.mktemp("many") / "workspace")
    write_corpus(run_py.workspace, recordings=27, seconds=2.0, speakers=SPEAKERS, late=LATE)
    # The second one in this process, where the tests below go on.
    for seed, run in (("0", run_py), ("1", CommandInside(run_py.workspace))):
        run(
            *TRAIN,
            *SIZE,
            *MANY,
            *HEARING,
            *("--pass_id", f"t{seed}", "--seed", seed, "--nepochs", "8"),
            *("--split_file", str(split_file(run_py.workspace)), "--correct_lags", "True"),
            *("--sound_versions", "1", "--weight_decay", "0.01", "--input_noise", "0.1"),
            *("--input_keep_prob", "0.9", "--readout", "0.2", "--speaker_code", "1"),
        )
    return run_py


@pytest.fixture(scope="module")
def trained_here(trained: CommandLine) -> CommandLine:
    """The command in this process."""
    return CommandInside(trained.workspace)


def combine(run_py: CommandLine, *names: str) -> subprocess.CompletedProcess[str]:
    return subcommand_here("passes", "combine", *names, folder=run_py.workspace.parent)


def split_file(workspace: Path) -> Path:
    path = workspace / "split.json"
    path.write_text(json.dumps({"validation": ["h", "talk8"], "test": ["g"]}))
    return path


def evaluation(workspace: Path, pass_id: str) -> dict:  # type: ignore[type-arg]
    content: dict = json.loads((workspace / "train" / pass_id / "evaluation.json").read_text())  # type: ignore[type-arg]
    return content


def test_a_pass_of_many_speakers_hears_those_it_has_not_seen(trained: CommandLine) -> None:
    measures = evaluation(trained.workspace, "t0")
    assert measures["test"]["network"]["opening_correlation"] > 0.7
    assert set(measures["validation"]["corpora"]) == {"x", "y"}
    network = load_network(trained.workspace / "train" / "t0")
    assert network.encoder.name == "whisper"
    assert network.spread == 0.08
    split = json.loads((trained.workspace / "train/t0/split.json").read_text())
    assert split["test"] == ["talk15}}00", "talk24}}00", "talk6}}00"]


def test_a_delayed_pass_hears_phones(trained_here: CommandLine) -> None:
    trained_here(
        *(*TRAIN, *SIZE, *MANY, "--encoder", "ppg", "--step_delay", "17", "--seq_len", "60"),
        *("--pass_id", "p0", "--nepochs", "3", "--nlayers", "1"),
        *("--split_file", str(split_file(trained_here.workspace))),
    )
    network = load_network(trained_here.workspace / "train" / "p0")
    assert (network.encoder.name, network.encoder.rate, network.delay) == ("ppg", 100, 17)
    assert network.architecture.inputs == 42
    done = subcommand_here(
        *("evaluate", "lipsync", "--pass_id", "p0", "--split", "validation"),
        folder=trained_here.workspace.parent,
    )
    assert done.returncode == 0, done.stderr
    assert "it knows only MFCC, not 'ppg'" in done.stdout


def test_lags_are_found_once_and_taken_out(trained: CommandLine) -> None:
    (path,) = (trained.workspace / "train").glob("lags-*.json")  # for both seeds
    lags = json.loads(path.read_text())["speakers"]
    assert set(lags) == set("abcdef")
    for speaker, found in lags.items():
        assert found["seconds"] == pytest.approx(LATE.get(speaker, 0.0), abs=0.03)
        assert found["fit"] > 0.6


def test_shapes_are_measured_as_step_1_writes_them(
    trained_here: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AlwaysClosing:
        def evidence(self, states: np.ndarray) -> np.ndarray:
            return np.full(len(states), 9.0)

    def evaluated() -> dict[str, Any]:
        done = subcommand_here(
            *("evaluate", "lipsync", "--pass_id", "t0", "--split", "validation"),
            folder=trained_here.workspace.parent,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    answer = evaluated()
    assert set(answer["groups"]) == {"x", "y"}
    assert sum(group["clips"] for group in answer["groups"].values()) == answer["clips"]
    monkeypatch.setattr(samples, "load_bilabials", lambda encoder: AlwaysClosing())
    shut = evaluated()
    # What is left moves below the opening at which lips meet.
    assert shut["measures"]["step1"]["spread"] < 0.5 * answer["measures"]["step1"]["spread"]
    assert shut["measures"]["network"] == answer["measures"]["network"]


def test_passes_of_two_seeds_are_averaged(trained: CommandLine) -> None:
    lone = trained.workspace / "train" / "alone"
    lone.mkdir()
    network = load_network(trained.workspace / "train" / "t0")
    write_network(lone, replace(network, readout=None), {})
    done = subcommand("passes", "combine", "both", "t0", "t1", folder=trained.workspace.parent)
    assert done.returncode == 0, done.stderr
    assert "result: " in done.stdout
    folder = trained.workspace / "train"
    both, one, two = (load_network(folder / name) for name in ("both", "t0", "t1"))
    x = np.random.default_rng(0).normal(size=(60, 768)).astype(np.float32)

    def said_by(network: Predictor) -> np.ndarray:
        normal = (x - network.feature_mean) / network.feature_std
        assert network.readout is not None
        assert network.readout.share == 0.2
        own = network.architecture.run(network.weights, normal)
        return 0.8 * own + 0.2 * network.readout.run(normal)

    said = np.mean([said_by(one), said_by(two)], axis=0)
    std, mean = ((getattr(one, k) + getattr(two, k)) / 2 for k in ("target_std", "target_mean"))
    np.testing.assert_allclose(both.coefficients(x), said * std + mean, atol=1e-4)
    np.testing.assert_allclose(both.basis.mean, (one.basis.mean + two.basis.mean) / 2, atol=1e-9)
    splits = [json.loads((folder / name / "split.json").read_text()) for name in ("both", "t0")]
    assert splits[0] == splits[1]
    for names, problem in (
        (("both", "t0", "t1"), "there is a pass 'both' already"),
        (("new", "t0"), "two or more different passes are needed"),
        (("new", "t0", "t0"), "two or more different passes are needed"),
        (("new", "t0", "talkers"), "'talkers' can't be averaged with 't0'"),
        (("new", "t0", "alone"), "'alone' can't be averaged with 't0'"),
        (("new", "t0", "none"), "pass 'none' has never been trained"),
    ):
        done = combine(trained, *names)
        assert done.returncode == 2
        assert problem in done.stderr
    assert not (folder / "new").exists()


def test_a_pass_starts_from_another(trained_here: CommandLine) -> None:
    folder = trained_here.workspace / "train"
    given = (*TRAIN, *SIZE, *HEARING, "--loss", "lips", "--split_by", "recording")
    trained_here(
        *given,
        *("--pass_id", "tuned", "--init_from", "t0", "--frozen_layers", "1"),
        *("--nepochs", "2", "--lr", "0.001"),
    )
    before, after = load_network(folder / "t0"), load_network(folder / "tuned")
    assert after.architecture == before.architecture
    np.testing.assert_array_equal(after.feature_mean, before.feature_mean)
    np.testing.assert_array_equal(after.weights["in_kernel"], before.weights["in_kernel"])
    assert not np.array_equal(after.weights["conv0_kernel"], before.weights["conv0_kernel"])
    moved = np.abs(after.weights["out_kernel"] - before.weights["out_kernel"]).max()
    assert 0 < moved < 0.1


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("--encoder", "whisper", "--gain", "3"), "can't be augmented by --gain"),
        (("--frozen_layers", "1"), "--frozen_layers keeps layers of another pass"),
        (("--init_from", "none"), "pass 'none' has never been trained"),
        (("--init_from", "t0"), "--init_from t0 hears with encoder 'whisper'"),
        (("--init_from", "t0", "--encoder", "whisper"), "this pass 20"),
        (("--split_file", "none.json"), "split not found"),
        (("--readout", "0.2"), "--readout hears 0.12 s ahead"),
        (("--speaker_code", "1"), "--speaker_code would always tell"),
    ],
)
def test_what_does_not_go_together(
    trained_here: CommandLine, given: tuple[str, ...], problem: str
) -> None:
    done = trained_here(*TRAIN, *SIZE, "--pass_id", "wrong", *given, check=False)
    assert done.returncode == 2
    assert problem in done.stderr
    assert not (trained_here.workspace / "train" / "wrong").exists()
