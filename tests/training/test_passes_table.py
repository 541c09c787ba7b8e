"""The table of all passes, and plots of some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audio2video.errors import MissingFileError, OptionError
from audio2video.models.network_file import save_network
from audio2video.mouth.architecture import Architecture
from audio2video.mouth.basis import ShapeBasis
from audio2video.mouth.predictor import Predictor
from audio2video.storage.workspace import Workspace
from audio2video.training.passes import table
from audio2video.training.passes.compare import compare_passes
from audio2video.training.passes.table import (
    differing_options,
    find_passes,
    pass_rows,
    pass_table,
    read_passes,
    write_rows,
)


def write_pass(
    folder: Path, options: dict[str, Any], corr: float = 0.5, *, finished: bool = True
) -> None:
    folder.mkdir(parents=True)
    (folder / "options.json").write_text(json.dumps({"options": options}))
    rows = ["epoch,learning_rate,training,validation"]
    rows += [f"{n},0.001,{0.5 / n},{0.6 / n}" for n in (1, 2, 3)]
    (folder / "history.csv").write_text("\n".join(rows) + "\n")
    if not finished:
        (folder / "checkpoint.npz").touch()
        return
    measures = {"opening_correlation": corr, "r2": corr / 2, "mse": 1e-4}
    (folder / "evaluation.json").write_text(
        json.dumps({p: {"network": measures} for p in ("validation", "test")})
    )
    (folder / "run.json").write_text(json.dumps({"seconds": 61.4}))
    form = Architecture("lstm", 3, 2, 4, 1)
    weights = {name: np.zeros(shape, np.float32) for name, shape in form.shapes().items()}
    three, two = np.zeros(3, np.float32), np.zeros(2, np.float32)
    basis = ShapeBasis(np.zeros(40), np.eye(2, 40), np.ones(2))
    network = Predictor(
        *(form, weights, three, three, two, two, 5, basis),
        *(np.zeros((20, 2)), "audio2video"),
    )
    save_network(network, folder / "network.npz")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(table, "shipped", lambda: tmp_path / "shipped")
    train = tmp_path / "work" / "train"
    write_pass(train / "b", {"lr": 0.01, "nlayers": 1, "nepochs": 3}, 0.7)
    write_pass(train / "c", {"lr": 0.02, "nlayers": 1, "nepochs": 300}, finished=False)
    write_pass(tmp_path / "shipped/passes" / "a", {"lr": 0.01, "nepochs": 3}, 0.9)
    (train / "not a pass").mkdir()
    (train / ".hidden").mkdir()
    (train / ".hidden" / "options.json").write_text("{}")
    return Workspace(tmp_path / "work")


def test_all_passes(workspace: Workspace) -> None:
    passes = read_passes(workspace)
    assert [(one.pass_id, one.state, one.epochs) for one in passes] == [
        ("a", "finished", 3),
        ("b", "finished", 3),
        ("c", "unfinished", 3),
    ]
    assert passes[1].measure("test", "opening_correlation") == 0.7
    assert passes[1].seconds == 61.4
    assert passes[1].numbers == 3 * 16 + 4 * 16 + 16 + 4 * 2 + 2
    assert passes[2].measure("test", "mse") is None
    json.dumps([one.as_dict() for one in passes])


def test_only_options_that_differ_are_columns(workspace: Workspace) -> None:
    passes = read_passes(workspace)
    # 'nlayers' is missing in one pass, which is no difference.
    assert differing_options(passes) == ["lr", "nepochs"]
    heading, *rows = pass_table(passes)
    assert heading[:4] == ("pass", "lr", "nepochs", "epochs")
    assert heading[-3:] == ("seconds", "numbers", "state")
    assert rows[1][:5] == ("b", "0.01", "3", "3/3", "0.7")
    assert rows[1][-3:] == ("61", "138", "finished")
    assert rows[1][heading.index("test mse")] == "1.00e-04"
    assert rows[2][3:6] == ("3/300", "-", "-")
    assert rows[2][-1] == "unfinished"
    assert differing_options(passes[:2]) == []
    assert pass_table([]) == []


def test_the_workspaces_own_pass_comes_first(workspace: Workspace) -> None:
    write_pass(workspace.root / "train" / "a", {"lr": 0.5}, 0.1)
    (one,) = find_passes(workspace, ["a"])
    assert one.folder == workspace.root / "train" / "a"
    assert one.measure("validation", "r2") == 0.05


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("options.json", "{", "options.json: can't be read as JSON"),
        ("history.csv", "epoch,training\n1,x\n", "history.csv: not a training history"),
        ("history.csv", "epoch,training\n1,0.5\n", "history.csv: not a training history"),
        ("network.npz", "x", "network.npz: not a trained network or damaged"),
        ("evaluation.json", "[]", "evaluation.json: not a JSON object"),
    ],
)
def test_damaged_passes_are_listed(
    workspace: Workspace, name: str, content: str, says: str
) -> None:
    (workspace.root / "train" / "b" / name).write_text(content)
    _, *rows = pass_table(read_passes(workspace))
    assert rows[1][0] == "b"
    assert rows[1][-1] == says
    assert rows[2][-1] == "unfinished"


def test_a_pass_trained_anew_is_unfinished(workspace: Workspace) -> None:
    (workspace.root / "train" / "b" / "checkpoint.npz").touch()
    (one,) = find_passes(workspace, ["b"])
    assert one.state == "unfinished"
    assert one.measure("test", "mse") is None


def test_no_such_pass(workspace: Workspace) -> None:
    with pytest.raises(MissingFileError, match=r"no pass 'z'; there are: a, b, c"):
        find_passes(workspace, ["b", "z"])


def test_rows_as_csv(workspace: Workspace, tmp_path: Path) -> None:
    write_rows(pass_rows(read_passes(workspace)), tmp_path / "t.csv")
    lines = (tmp_path / "t.csv").read_text().splitlines()
    assert lines[0].startswith("pass,lr,nepochs,epochs,validation corr")
    assert lines[2].startswith("b,0.01,3,3/3,0.7,0.35,0.0001")
    assert len(lines) == 4


def test_compare_draws_a_picture(workspace: Workspace) -> None:
    passes, path = compare_passes(workspace, ["c", "a", "c"])
    assert [one.pass_id for one in passes] == ["c", "a"]
    assert path == workspace.root / "output" / "passes" / "c-a.png"
    assert path.read_bytes()[:4] == b"\x89PNG"


def test_many_passes_get_a_short_name(workspace: Workspace) -> None:
    ids = [f"pass number {n:03d}" for n in range(12)]
    for pass_id in ids:
        write_pass(workspace.root / "train" / pass_id, {"lr": 0.5})
    _, path = compare_passes(workspace, ids)
    assert path.name.startswith("12-passes-")
    assert path.is_file()


def test_one_pass_is_nothing_to_compare(workspace: Workspace) -> None:
    with pytest.raises(OptionError, match="nothing to compare; name two passes or more"):
        compare_passes(workspace, ["a", "a"])
