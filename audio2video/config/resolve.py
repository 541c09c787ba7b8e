"""Putting the options of a run together: defaults, files, and what was given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..storage.ids import DEFAULT_ID, brought_id, check_id
from ..storage.workspace import Workspace
from .options import Options
from .toml import read_options_file


def gather_options(
    workspace: Workspace,
    given: Mapping[str, Any],
    config: Path | None = None,
    argspath: Path | None = None,
) -> Options:
    """Put together options from defaults, files and what was given, the strongest last.

    Parameters
    ----------
    workspace : Workspace
    given : mapping
        Values by option name; None where nothing was given.
    config, argspath : Path, optional
        Files that were named.

    Returns
    -------
    Options

    Raises
    ------
    Audio2VideoError
        A file or value can't be used.
    """
    values: dict[str, Any] = {}
    for path in (config, argspath):
        if path is not None:
            values.update(read_options_file(path))
    line = {name: value for name, value in given.items() if value is not None}
    both = {**values, **line}
    tar_id = brought_id(both.get("tar_id", DEFAULT_ID), both.get("video"))
    own = workspace.target_options(check_id("tar_id", tar_id))
    if own.is_file():
        of_target = read_options_file(own)
        for name in ("inp_id", "tar_id", "audio", "video"):
            if name in of_target:
                raise OptionError(f"a target's own options can't hold '{name}'", path=own)
        values.update(of_target)
    return Options(**{**values, **line})
