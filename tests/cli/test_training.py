"""Training of passes through the real command, on a small corpus written as step 0 leaves it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandInside, CommandLine
from corpus_maker import write_corpus
from small_pass import SIZE, TRAIN
from waiting import ended, wait_until

from audio2video.models.network_file import read_network, save_network
from audio2video.storage.files import read_json


@pytest.fixture(scope="module")
def trained(small_pass: Path) -> CommandLine:
    return CommandLine(small_pass)


@pytest.fixture
def corpus(run_py: CommandLine) -> CommandLine:
    write_corpus(run_py.workspace)
    return run_py


@pytest.fixture
def corpus_here(corpus: CommandLine) -> CommandLine:
    return CommandInside(corpus.workspace)


@pytest.fixture
def trained_here(trained: CommandLine, tmp_path: Path) -> CommandLine:
    """A copy of the trained pass, and the command in this process."""
    run_here = CommandInside(tmp_path / "workspace")
    shutil.copytree(trained.workspace, run_here.workspace)
    return run_here


def loss_column(folder: Path, column: int) -> list[float]:
    lines = (folder / "history.csv").read_text().splitlines()[1:]
    return [float(line.split(",")[column]) for line in lines]


def test_training_leaves_a_pass(trained: CommandLine) -> None:
    folder = trained.workspace / "train" / "small"
    names = {path.name for path in folder.iterdir()}
    assert names == {
        *("network.npz", "runner_up.npz", "options.json", "split.json"),
        *("history.csv", "history.png", "evaluation.json", "run.json"),
    }
    assert (folder.parent / "sequences.npz").is_file()
    split = json.loads((folder / "split.json").read_text())
    assert sorted(clip for part in split.values() for clip in part) == [
        f"talk{n}}}}}00" for n in range(6)
    ]
    assert len((folder / "history.csv").read_text().splitlines()) == 13
    run = json.loads((folder / "run.json").read_text())
    assert run["epochs"] == 12
    assert run["seconds"] > 0
    options = json.loads((folder / "options.json").read_text())
    assert options["options"]["dim_hidden"] == 8
    assert len(options["data"]) == 64
    assert options["audio2video"]


def test_it_learns(trained: CommandLine) -> None:
    folder = trained.workspace / "train" / "small"
    validation = loss_column(folder, 3)
    assert min(validation) < 0.5 * validation[0]
    evaluation = json.loads((folder / "evaluation.json").read_text())
    assert evaluation["test"]["network"]["opening_correlation"] > 0.5
    assert evaluation["test"]["mean_shape"]["opening_correlation"] == 0


def test_the_network_is_the_better_of_the_best_and_the_mean(trained: CommandLine) -> None:
    folder = trained.workspace / "train" / "small"
    evaluation = json.loads((folder / "evaluation.json").read_text())
    validation = loss_column(folder, 3)
    assert evaluation["best_epoch"] == 1 + int(np.argmin(validation))
    chosen = evaluation["chosen"]
    ten = sorted(1 + np.argsort(validation)[:10])
    assert chosen in (
        f"epoch {evaluation['best_epoch']}",
        f"mean of epochs {', '.join(map(str, ten))}",
    )


def test_finished_pass_is_not_trained_again(trained_here: CommandLine) -> None:
    network = trained_here.workspace / "train" / "small" / "network.npz"
    stamp = network.stat().st_mtime_ns
    assert "up to date" in trained_here(*TRAIN, *SIZE).stdout
    assert network.stat().st_mtime_ns == stamp


def test_another_configuration_needs_its_own_name(trained_here: CommandLine) -> None:
    done = trained_here(*TRAIN, *SIZE, "--lr", "0.1", check=False)
    assert done.returncode == 2
    assert "begun with other options (lr 0.01 -> 0.1)" in done.stderr
    assert "--pass_id" in done.stderr


@pytest.mark.parametrize(
    "more",
    [
        pytest.param((), id="plain"),
        pytest.param(
            (
                *("--network", "bilstm", "--noise_snr", "5"),
                *("--gain", "3", "--tempo", "0.1", "--time_shift", "10"),
            ),
            id="varied",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_killed_training_goes_on_to_the_same_network(
    trained: CommandLine, corpus: CommandLine, tmp_path: Path, more: tuple[str, ...]
) -> None:
    undisturbed = trained
    if more:
        undisturbed = CommandLine(tmp_path / "undisturbed")
        shutil.copytree(corpus.workspace, undisturbed.workspace)
        undisturbed(*TRAIN, *SIZE, *more)
    # Checkpoints inside an epoch as well: the run is killed between any two batches.
    options = (*TRAIN, *SIZE, *more, "--b_savef", "1")
    folder = corpus.workspace / "train" / "small"
    process = subprocess.Popen(
        corpus.command(*options, "--nepochs", "500"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(
        lambda: (folder / "history.csv").is_file() or process.poll() is not None,
        "the first epoch is trained",
    )
    assert process.poll() is None, "training ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    assert not (folder / "network.npz").exists()
    # It was begun with more epochs, so that the kill can't come too late; the state is the same.
    begun = json.loads((folder / "options.json").read_text())
    begun["options"]["nepochs"] = 12
    (folder / "options.json").write_text(json.dumps(begun))
    corpus(*options)
    whole = undisturbed.workspace / "train" / "small"
    for name in ("network.npz", "history.csv", "evaluation.json", "split.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name


def test_another_network_on_fewer_minutes_with_a_graph(run_here: CommandLine) -> None:
    write_corpus(run_here.workspace, recordings=6, fragments=2, seconds=1.0)
    run_here(
        *(*TRAIN, *SIZE, "--nepochs", "2", "--network", "conv", "--step_delay", "7"),
        *("--train_minutes", "0.07", "--showGraph", "True"),
    )
    folder = run_here.workspace / "train" / "small"
    assert list((folder / "graph").glob("events.out.*"))
    # Only an LSTM is delayed.
    network = read_network(folder / "network.npz")
    assert (network.kind, network.delay) == ("conv", 0)
    split = json.loads((folder / "split.json").read_text())
    # The limit is on the training clips alone, and no recording is split.
    assert [len(split[part]) for part in ("training", "validation", "test")] == [4, 2, 2]
    heard = [{clip.split("}}")[0] for clip in part} for part in split.values()]
    assert len(set.union(*heard)) == sum(len(part) for part in heard)


def test_too_few_recordings(run_here: CommandLine) -> None:
    write_corpus(run_here.workspace, recordings=1, fragments=5, seconds=1.0)
    done = run_here(*TRAIN, *SIZE, check=False)
    assert done.returncode == 2
    assert "1 prepared recording(s) are too few to train on" in done.stderr


def test_noise_needs_sound(corpus_here: CommandLine) -> None:
    shutil.rmtree(corpus_here.workspace / "raw" / "wav")
    done = corpus_here(*TRAIN, *SIZE, "--noise_snr", "5", check=False)
    assert done.returncode == 2
    assert "the corpus has no sound for this recording" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pass_of_published_features_cannot_hear(
    trained: CommandLine, run_here: CommandLine, small_target: Path, small_speech: Path
) -> None:
    network = read_network(trained.workspace / "train" / "small" / "network.npz")
    folder = run_here.workspace / "train" / "small"
    folder.mkdir(parents=True)
    save_network(replace(network, features="published"), folder / "network.npz")
    done = run_here(
        *("--steps", "1", "--pass_id", "small", "--audio", small_speech, "--video", small_target),
        check=False,
    )
    assert done.returncode == 2
    assert "trained on published features" in done.stderr


def test_a_network_of_no_such_kind(corpus_here: CommandLine) -> None:
    done = corpus_here(*TRAIN, "--network", "oracle", check=False)
    assert done.returncode == 2
    assert "'oracle' is not known; use one of lstm, bilstm, conv" in done.stderr


@pytest.mark.slow
def test_a_pass_trained_anew_and_killed_is_not_taken_for_finished(
    trained: CommandLine, tmp_path: Path
) -> None:
    run_py = CommandLine(tmp_path / "workspace")
    shutil.copytree(trained.workspace, run_py.workspace)
    folder = run_py.workspace / "train" / "small"
    old = (folder / "network.npz").read_bytes()
    # Not one checkpoint comes of its epochs before it is killed.
    anew = (*TRAIN, *SIZE, "--nepochs", "100000", "--e_savef", "100000", "--force", "True")
    process = subprocess.Popen(
        run_py.command(*anew),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def begun_anew() -> bool:
        begun = json.loads((folder / "options.json").read_text())
        return bool(begun["options"]["nepochs"] == 100000)

    wait_until(lambda: begun_anew() or process.poll() is not None, "the pass begins anew")
    assert process.poll() is None, "training ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    assert (folder / "network.npz").read_bytes() == old, "it stays until there is another"
    done = run_py(*TRAIN, *SIZE, check=False)
    assert done.returncode == 2
    assert "begun with other options (nepochs 100000 -> 12)" in done.stderr
    begun = json.loads((folder / "options.json").read_text())
    begun["options"]["nepochs"] = 12
    (folder / "options.json").write_text(json.dumps(begun))
    assert "12 epochs" in run_py(*TRAIN, *SIZE).stdout
    assert (folder / "network.npz").read_bytes() == old, "the same options, the same network"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("options.json", b"[1"),
        ("options.json", None),
        ("evaluation.json", b"[1"),
        ("evaluation.json", None),
        ("checkpoint.npz", b"PK"),
    ],
)
def test_damaged_files_of_a_pass(
    trained_here: CommandLine, name: str, content: bytes | None
) -> None:
    path = trained_here.workspace / "train" / "small" / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    done = trained_here(*TRAIN, *SIZE, check=False)
    assert done.returncode == 2
    assert f"{name}: " in done.stderr
    assert "damaged; --force True trains the pass again" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_options_that_are_no_options(trained_here: CommandLine) -> None:
    (trained_here.workspace / "train" / "small" / "options.json").write_text('{"options": "none"}')
    done = trained_here(*TRAIN, *SIZE, check=False)
    assert done.returncode == 2
    assert "this pass was begun with other options" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_sequences_that_lack_clips_are_made_again(corpus: CommandLine) -> None:
    corpus(*TRAIN, *SIZE, "--nepochs", "1")
    path = corpus.workspace / "train" / "sequences.npz"
    whole = dict(np.load(path))
    np.savez(path, key=whole["key"])
    corpus(*TRAIN, *SIZE, "--nepochs", "1", "--pass_id", "another")
    assert np.load(path).files == list(whole)


def test_statistics_of_another_corpus(corpus_here: CommandLine) -> None:
    # The shipped ones stand in for those that are not there.
    (corpus_here.workspace / "reference" / "shapes.npz").unlink()
    done = corpus_here(*TRAIN, *SIZE, check=False)
    assert done.returncode == 2
    assert "shapes.npz does not know the speaker 'someone' of talk0}}00; run step 0" in done.stderr
    assert "Traceback" not in done.stderr


def test_statistics_whose_parts_do_not_fit(corpus_here: CommandLine) -> None:
    path = corpus_here.workspace / "reference" / "shapes.npz"
    arrays = dict(np.load(path))
    np.savez(path, **{**arrays, "centres": np.zeros((2, 2))})
    done = corpus_here(*TRAIN, *SIZE, check=False)
    assert done.returncode == 2
    assert "shapes.npz: has shape (2, 2), (1, 2) needed; run step 0" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_training_stops_when_it_gets_no_better(corpus: CommandLine) -> None:
    """A rate so high that it soon gets worse; stopped and begun again it ends at the same epoch."""
    options = (*TRAIN, *SIZE, "--nepochs", "60", "--lr", "0.9", "--dr", "1", "--patience", "3")
    done = corpus(*options)
    (line,) = [one for one in done.stderr.splitlines() if "--patience" in one]
    folder = corpus.workspace / "train" / "small"
    rows = (folder / "history.csv").read_text().splitlines()[1:]
    best = read_json(folder / "evaluation.json")["best_epoch"]
    assert len(rows) == best + 3 < 60
    assert f"training ended after epoch {best + 3}: none of the last 3 was better than" in line
    again = corpus(*options)
    assert "--patience" not in again.stderr
    assert "lipsync: up to date" in again.stdout


@pytest.mark.slow
def test_a_pass_of_before_there_was_an_option_is_known_again(corpus: CommandLine) -> None:
    corpus(*TRAIN, *SIZE, "--nepochs", "1")
    path = corpus.workspace / "train" / "small" / "options.json"
    begun = read_json(path)
    assert begun["options"].pop("patience") is None
    path.write_text(json.dumps(begun))
    assert "lipsync: up to date" in corpus(*TRAIN, *SIZE, "--nepochs", "1").stdout
