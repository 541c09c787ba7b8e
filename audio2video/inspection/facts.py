"""What is told of a run in tables: its report, the training of its pass, measures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import Config, options_of
from ..errors import BadFileError
from ..storage.files import read_json
from ..storage.workspace import Workspace
from ..training.passes.table import Pass, read_passes
from .curves import thinned
from .run import Run

EPOCHS = 2000
"""Points of a training curve at most."""

MAX_ROWS = 400
"""Rows of a table of measures at most."""

TIMELINE = "timeline"
"""Fact of step 4 that the window shows frame by frame."""

NOT_OF_ONE_VIDEO = ("Training (step 1)", "Dataset (step 0)")
"""Groups of options that a run with a finished pass does not use."""


def report_of(run: Run) -> dict[str, Any]:
    """Give the report of a run as tables; folders of this machine are left out.

    Returns
    -------
    dict
        JSON values: ``options`` (flag, value, default, help, group), ``inputs``, ``steps``,
        ``warnings``, ``notices``, ``memory``, ``version``.
    """
    report = run.report
    return {
        "version": _text(report.get("audio2video")),
        "options": _options(run.config),
        "inputs": _inputs(report.get("inputs")),
        "steps": _steps(report.get("steps")),
        "warnings": _lines(report.get("warnings"), run),
        "notices": _lines(report.get("notices"), run),
        "memory": report.get("peak_memory_mib"),
    }


def _options(config: Config) -> list[dict[str, Any]]:
    told, values = [], config.flags()
    defaults = Config().flags()
    for flag, one in options_of(Config).items():
        if one.group in NOT_OF_ONE_VIDEO or flag in ("nthreads", "force"):
            continue
        value = values[flag]
        if one.kind is Path and value is not None:
            value = Path(value).name
        told.append(
            {
                "flag": flag,
                "value": value,
                "default": values[flag] == defaults[flag],
                "help": one.help,
                "unit": one.unit,
            }
        )
    return told


def _inputs(said: Any) -> list[dict[str, str]]:
    if not isinstance(said, dict):
        return []
    return [
        {"name": name, "file": _text(one.get("file")), "sha256": _text(one.get("sha256"))}
        for name, one in said.items()
        if isinstance(one, dict)
    ]


def _steps(said: Any) -> list[dict[str, Any]]:
    if not isinstance(said, dict):
        return []
    return [
        {"name": name, "facts": rows_of({k: v for k, v in facts.items() if k != TIMELINE})}
        for name, facts in said.items()
        if isinstance(facts, dict)
    ]


def _lines(said: Any, run: Run) -> list[str]:
    root = run.workspace.root
    lines = [_text(line) for line in said] if isinstance(said, list) else []
    for above in {str(root.absolute()), str(root.resolve()), str(root)} - {".", "/"}:
        lines = [line.replace(f"{above}{os.sep}", "") for line in lines]
    return lines


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def rows_of(values: Mapping[str, Any], above: str = "") -> list[list[Any]]:
    """Give nested values as rows of a name and a value, names of groups before them."""
    rows: list[list[Any]] = []
    for name, value in values.items():
        label = f"{above} · {name}" if above else name
        if isinstance(value, dict):
            rows += rows_of(value, label)
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            numbered = {str(k): one for k, one in enumerate(value, start=1)}
            rows += rows_of(numbered, label)
        elif isinstance(value, list):
            rows.append([label, ", ".join(_text(one) for one in value)])
        else:
            rows.append([label, value if isinstance(value, (int, float, str)) else _text(value)])
    return rows[:MAX_ROWS]


def training_of(workspace: Workspace, pass_id: str, *, changed: bool) -> dict[str, Any]:
    """Give the histories of passes, that of the run first.

    Parameters
    ----------
    workspace : Workspace
    pass_id : str
        Of the run.
    changed : bool
        Whether the pass was trained anew since.
    """
    passes = sorted(read_passes(workspace), key=lambda one: one.pass_id != pass_id)
    return {
        "pass_id": pass_id,
        "changed": changed,
        "passes": [_pass(one) for one in passes if one.history or one.pass_id == pass_id],
    }


def _pass(one: Pass) -> dict[str, Any]:
    rows = thinned(one.history, EPOCHS)
    return {
        "pass_id": one.pass_id,
        "state": one.state,
        "epochs": [row["epoch"] for row in rows],
        "training": [row["training"] for row in rows],
        "validation": [row["validation"] for row in rows],
        "best": one.evaluation.get("best_epoch"),
        "loss": one.options.get("loss"),
        "seconds": one.seconds,
        "weights": one.numbers,
        "evaluation": rows_of(one.evaluation),
        "options": rows_of(one.options),
    }


def evaluations_of(run: Run) -> list[dict[str, Any]]:
    """Give the measures of this result, its pass and its target that ``evaluate`` has written."""
    pass_id, tar_id = run.config.inputs.pass_id, run.config.inputs.tar_id
    found = _evaluation(run.folder / "evaluation", "This result")
    folder = run.workspace.root / "output" / "evaluation"
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        measured = _evaluation(path, path.name)
        if measured and pass_id == measured[0]["pass_id"]:
            found += measured
        elif path.name == f"{tar_id}-reenact":
            found += [{**one, "title": "This target, rebuilt from itself"} for one in measured]
    return [{"title": one["title"], "rows": one["rows"]} for one in found]


def _evaluation(folder: Path, title: str) -> list[dict[str, Any]]:
    rows = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            content = read_json(path)
        except BadFileError:
            continue
        pass_id = content.get("pass_id")
        shown = {
            name: value
            for name, value in content.items()
            if name not in ("folder", "result", "network", "skipped", "options", "inp_id", "tar_id")
        }
        rows.append({"title": title, "rows": rows_of(shown), "pass_id": pass_id})
    return rows
