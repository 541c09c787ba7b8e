"""Passes side by side in one picture."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ...errors import OptionError
from ...storage.files import replacing
from ...storage.workspace import Workspace
from .plots import plot_passes
from .table import Pass, find_passes

MAX_NAME = 120
"""Bytes of a plot's name."""


def compare_passes(workspace: Workspace, ids: Sequence[str]) -> tuple[list[Pass], Path]:
    """Draw the histories and measures of passes into one PNG.

    Parameters
    ----------
    workspace : Workspace
    ids : sequence of str
        Two passes or more.

    Returns
    -------
    list of Pass
    Path
        The PNG, in ``output/passes/``.

    Raises
    ------
    OptionError
        Fewer than two different passes are named.
    MissingFileError
        There is no such pass.
    """
    distinct = list(dict.fromkeys(ids))
    if len(distinct) < 2:
        raise OptionError("nothing to compare", hint="name two passes or more")
    passes = find_passes(workspace, distinct)
    name = "-".join(distinct)
    if len(name.encode()) > MAX_NAME:
        name = f"{len(distinct)}-passes-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    path = workspace.comparison(name)
    with replacing(path) as temporary:
        plot_passes(
            [one.pass_id for one in passes],
            [one.history for one in passes],
            {
                f"{part}: {label}": [one.measure(part, measure) for one in passes]
                for measure, label in (
                    ("opening_correlation", "opening correlation"),
                    ("r2", "R²"),
                    ("mse", "error"),
                )
                for part in ("validation", "test")
            },
            temporary,
        )
    return passes, path
