"""Errors in the space of shape coefficients: against plain NumPy, and through the real command."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from inside import run_inside

from audio2video.cli.main import main
from audio2video.evaluation.coefficient_table import COLUMNS, Errors, measure_coefficients
from audio2video.models.pass_files import load_network, load_runner_up
from audio2video.mouth.basis import fit_basis
from audio2video.mouth.resampling import at_times
from audio2video.storage.files import read_json
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import frame_times, read_clip, read_statistics, true_shapes


@pytest.fixture
def workspace(small_pass: Path, tmp_path: Path) -> Workspace:
    copy = tmp_path / "workspace"
    shutil.copytree(small_pass, copy)
    return Workspace(copy)


def test_errors_are_those_of_plain_numpy(rng: np.random.Generator) -> None:
    true, predicted = rng.normal(size=(2, 50, 20, 2)) * [[[[0.2, 0.05]]]]
    basis = fit_basis(rng.normal(size=(90, 20, 2)) * np.linspace(1, 0.1, 20)[:, None])
    errors = Errors(basis)
    errors.add(true[:20], {"best": predicted[:20]})
    errors.add(true[20:], {"best": predicted[20:]})
    assert errors.frames == 50
    assert errors.mean("averaged", 8) is None
    for count in (1, 8, 20):
        coefficients = [basis.encode(shapes)[:, :count] for shapes in (true, predicted)]
        expected = np.mean((coefficients[0] - coefficients[1]) ** 2)
        assert errors.mean("best", count) == pytest.approx(expected)
        kept = basis.encode(true)
        kept[:, count:] = 0
        left = ((basis.decode(kept) - true) ** 2).sum(axis=(1, 2)).mean() / count
        assert errors.mean("floor", count) == pytest.approx(left)
        # Together they are the error of the shape that is predicted with so many coefficients.
        shown = basis.encode(predicted)
        shown[:, count:] = 0
        whole = ((basis.decode(shown) - true) ** 2).mean()
        assert (expected + left) * count / 40 == pytest.approx(whole)


def test_the_command(workspace: Workspace) -> None:
    words = ["evaluate", "lipsync", "--table", "--pass_id", "small"]
    done = run_inside(main, [*words, "--workspace", str(workspace.root)], workspace.root)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["split", "coefficients", "clips", *COLUMNS]
    cells = [line.split() for line in lines[1:5]]
    assert [line[:2] for line in cells] == [
        *(["validation", "8"], ["validation", "20"]),
        *(["test", "8"], ["test", "20"]),
    ]
    assert all("-" not in line for line in cells)
    folder = workspace.evaluation("small-coefficients")
    assert {path.name for path in folder.iterdir()} == {
        *("coefficients.json", "coefficients.csv", "coefficients.png"),
    }
    kept = json.loads((folder / "coefficients.json").read_text())
    with (folder / "coefficients.csv").open() as file:
        rows = list(csv.DictReader(file))
    for row, told, printed in zip(rows, kept["rows"], cells, strict=True):
        for name, shown in zip(COLUMNS, printed[3:], strict=True):
            assert float(row[name]) == told[name]
            assert float(shown) == pytest.approx(told[name], rel=1e-3)
        assert told["floor"] < told["best"] < told["mean_shape"]


def test_both_networks_are_measured_as_they_predict(workspace: Workspace) -> None:
    table = measure_coefficients(workspace, "small")
    folder = workspace.training_pass("small")
    chosen = read_json(folder / "evaluation.json")["chosen"]
    own, other = ("averaged", "best") if chosen.startswith("mean") else ("best", "averaged")
    assert f"{own}: {chosen}, which predicts" in table.notes
    runner_up = load_runner_up(folder)
    assert runner_up is not None
    statistics = read_statistics(workspace)
    for name, network in ((own, load_network(folder)), (other, runner_up)):
        apart = []
        for clip_id in read_json(folder / "split.json")["validation"]:
            clip = read_clip(workspace, clip_id)
            shapes = network.basis.decode(network.coefficients(clip.features))
            shapes = at_times(shapes, 100, frame_times(clip))
            difference = network.basis.encode(shapes) - network.basis.encode(
                true_shapes(clip, statistics)
            )
            apart.append(difference)
        row = table.rows[1]
        assert (row["split"], row["coefficients"]) == ("validation", 20)
        assert row[name] == pytest.approx(np.mean(np.concatenate(apart) ** 2))
        assert row["frames"] == len(np.concatenate(apart))


def test_a_network_that_was_not_kept_is_left_open(workspace: Workspace) -> None:
    folder = workspace.training_pass("small")
    (folder / "runner_up.npz").unlink()
    table = measure_coefficients(workspace, "small")
    chosen = read_json(folder / "evaluation.json")["chosen"]
    other = "best" if chosen.startswith("mean") else "averaged"
    assert all(row[other] is None for row in table.rows)
    assert f"{other}: not kept with this pass; a training from now on keeps it" in table.text()
    (folder / "evaluation.json").unlink()
    table = measure_coefficients(workspace, "small")
    assert all(row["averaged"] is None and row["best"] is not None for row in table.rows)
    assert "the pass does not say that it is one epoch" in table.text()


def test_a_network_of_another_training_is_not_taken(workspace: Workspace) -> None:
    folder = workspace.training_pass("small")
    note = read_json(folder / "run.json")
    assert load_runner_up(folder) is not None
    (folder / "run.json").write_text(json.dumps({**note, "runner_up_sha256": "0"}))
    assert load_runner_up(folder) is None


def test_a_pass_without_test_clips(workspace: Workspace) -> None:
    path = workspace.training_pass("small") / "split.json"
    path.write_text(json.dumps({**read_json(path), "test": []}))
    table = measure_coefficients(workspace, "small")
    assert {row["split"] for row in table.rows} == {"validation"}
    assert "the pass has no test clips" in table.notes


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--pass_id", "small", "--split", "test"), "--table measures the validation and test"),
        (("--pass_id", "small", "--snr", "5"), "leave out --split, --clips, --snr"),
        (("--pass_id", "none"), "pass 'none' has never been trained"),
        (("--pass_id", "grid_s1"), "of the pass's 90 test clips are not in this workspace"),
    ],
)
def test_bad_input(workspace: Workspace, args: tuple[str, ...], says: str) -> None:
    words = ["evaluate", "lipsync", "--table", *args, "--workspace", str(workspace.root)]
    done = run_inside(main, words, ROOT)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert says in line
