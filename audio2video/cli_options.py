"""Options of a run on the command line, and putting them together with those in files."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from .errors import OptionError
from .options import (
    DEFAULT_ID,
    Options,
    brought_id,
    check_id,
    option_default,
    option_types,
)
from .options_file import read_options_file
from .workspace import Workspace

Command = Callable[..., Any]


def with_options(names: Collection[str] | None = None) -> Callable[[Command], Command]:
    """Add command-line options for fields of `Options`: all of them, or those named."""

    def decorate(command: Command) -> Command:
        for option in reversed(fields(Options)):
            if names is None or option.name in names:
                command = _with_option(command, option)
        return command

    return decorate


def _with_option(command: Command, option: Field[Any]) -> Command:
    kind, may_be_open = option_types()[option.name]
    default = option_default(option)
    help_text = option.metadata["help"]
    if option.metadata["unit"]:
        help_text += f" [{option.metadata['unit']}]"
    if default is not None and option.name != "nthreads":
        help_text += f" (default: {default})"
    elif not may_be_open:
        help_text += " (default: one for each core)"
    value_type: Any = kind
    if kind is Path:
        value_type = click.Path(path_type=Path)
    elif option.metadata["choices"]:
        value_type = click.Choice(option.metadata["choices"])
    decorate = click.option(
        f"--{option.name}",
        option.name,
        type=value_type,
        default=None,
        metavar="True|False" if kind is bool else None,
        help=help_text,
    )
    return decorate(command)


def gather_options(
    workspace: Workspace, given: dict[str, Any], config: Path | None, argspath: Path | None
) -> Options:
    """Put together options from defaults, files and the command line.

    Parameters
    ----------
    workspace : Workspace
    given : dict
        Values of the command line; None where nothing was given.
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
