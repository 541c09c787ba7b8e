"""Table of all passes of a workspace, finished or not."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import BadFileError, MissingFileError
from ...models.pass_files import load_network
from ...storage.files import read_json
from ...storage.limits import MAX_HISTORY_BYTES, read_limited
from ...storage.workspace import Workspace, shipped

PARTS = ("validation", "test")
MEASURES = {"opening_correlation": "corr", "r2": "R2", "mse": "mse"}
"""What the table shows of the evaluation, and its headings."""


@dataclass(frozen=True)
class Pass:
    """A trained configuration, as its folder has it.

    Parameters
    ----------
    pass_id : str
    folder : Path
    state : str
        'finished', 'unfinished', or what is wrong with its files.
    options : dict
        What it consists of.
    history : list of dict
        Figures of each epoch: 'epoch', 'learning_rate', 'training', 'validation'.
    evaluation : dict
        Empty while it is unfinished.
    seconds : float, optional
        Time spent on training.
    numbers : int, optional
        Weights of the network.
    """

    pass_id: str
    folder: Path
    state: str
    options: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)
    evaluation: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    numbers: int | None = None

    @property
    def epochs(self) -> int:
        """Epochs done, as far as the history has been written."""
        return len(self.history)

    def measure(self, part: str, name: str) -> float | None:
        """Measure of the network on 'validation' or 'test'; None if there is none."""
        try:
            return float(self.evaluation[part]["network"][name])
        except (KeyError, TypeError, ValueError):
            return None

    def as_dict(self) -> dict[str, Any]:
        """Everything but the history as JSON values."""
        return {
            "pass_id": self.pass_id,
            "folder": str(self.folder),
            "state": self.state,
            "epochs": self.epochs,
            "options": self.options,
            "evaluation": self.evaluation,
            "seconds": self.seconds,
            "numbers": self.numbers,
        }


def read_passes(workspace: Workspace) -> list[Pass]:
    """Read all passes of a workspace and the shipped ones, by name.

    A pass of the workspace hides a shipped one of its name.
    """
    folders: dict[str, Path] = {}
    for parent in (shipped() / "passes", workspace.root / "train"):
        if parent.is_dir():
            folders.update({f.name: f for f in parent.iterdir() if _is_pass(f)})
    return [_read(folder) for _, folder in sorted(folders.items())]


def find_passes(workspace: Workspace, ids: Sequence[str]) -> list[Pass]:
    """Read passes by name, in the order given.

    Raises
    ------
    MissingFileError
        There is no such pass.
    """
    there = {one.pass_id: one for one in read_passes(workspace)}
    for pass_id in ids:
        if pass_id not in there:
            raise MissingFileError(
                f"no pass '{pass_id}'",
                path=workspace.root / "train",
                hint=f"there are: {', '.join(there) or 'none'}",
            )
    return [there[pass_id] for pass_id in ids]


def _is_pass(folder: Path) -> bool:
    return (
        folder.is_dir()
        and not folder.name.startswith(".")
        and any((folder / name).is_file() for name in ("options.json", "network.npz"))
    )


def _read(folder: Path) -> Pass:
    try:
        options = _json(folder / "options.json").get("options")
        evaluation = _json(folder / "evaluation.json")
        seconds = _json(folder / "run.json").get("seconds")
        history = _history(folder / "history.csv")
    except BadFileError as error:
        return Pass(folder.name, folder, _damage(error))
    known: dict[str, Any] = {
        "options": options if isinstance(options, dict) else {},
        "history": history,
        "seconds": float(seconds) if isinstance(seconds, int | float) else None,
    }
    # What is left of an earlier training under another configuration is not this one's.
    path = folder / "network.npz"
    if (folder / "checkpoint.npz").is_file() or not path.is_file():
        return Pass(folder.name, folder, "unfinished", **known)
    try:
        network = load_network(folder)
    except BadFileError as error:
        return Pass(folder.name, folder, _damage(error), evaluation=evaluation, **known)
    members = (network.weights, *network.others)
    numbers = sum(array.size for weights in members for array in weights.values())
    return Pass(folder.name, folder, "finished", evaluation=evaluation, numbers=numbers, **known)


def _damage(error: BadFileError) -> str:
    name = "" if error.path is None else error.path.name
    return f"{name}: {error.problem}"


def _json(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _history(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    try:
        text = read_limited(path, MAX_HISTORY_BYTES).decode("utf-8")
        lines = csv.DictReader(text.splitlines(), strict=True)
        rows = [{k: float(v) for k, v in row.items()} for row in lines]
        if any(not {"epoch", "training", "validation"} <= row.keys() for row in rows):
            raise ValueError("a column is missing")
    except (ValueError, TypeError, csv.Error) as error:
        raise BadFileError("not a training history", path=path) from error
    return rows


def differing_options(passes: Sequence[Pass]) -> list[str]:
    """Names of the options in which passes differ, in their own order."""
    names = dict.fromkeys(name for one in passes for name in one.options)
    # An older pass lacks newer options: that is no difference to be shown.
    return [
        name
        for name in names
        if len({repr(one.options[name]) for one in passes if name in one.options}) > 1
    ]


def pass_rows(passes: Sequence[Pass]) -> list[dict[str, Any]]:
    """Tabulate passes as rows of plain values; None where a value is unknown."""
    options = differing_options(passes)
    rows = []
    for one in passes:
        row: dict[str, Any] = {"pass": one.pass_id}
        row.update({name: one.options.get(name) for name in options})
        row["epochs"] = f"{one.epochs}/{one.options.get('nepochs', '?')}" if one.history else None
        for part in PARTS:
            for name, heading in MEASURES.items():
                row[f"{part} {heading}"] = one.measure(part, name)
        row.update({"seconds": one.seconds, "numbers": one.numbers, "state": one.state})
        rows.append(row)
    return rows


def pass_table(passes: Sequence[Pass]) -> list[tuple[str, ...]]:
    """Lay out passes as a table of text, the first row being the heading."""
    rows = pass_rows(passes)
    if not rows:
        return []
    return [tuple(rows[0]), *(tuple(_text(k, v) for k, v in row.items()) for row in rows)]


def _text(heading: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        if heading == "seconds":
            return f"{value:.0f}"
        return f"{value:.2e}" if heading.endswith("mse") else f"{value:.4g}"
    return str(value)


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows of `pass_rows` as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
