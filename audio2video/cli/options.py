"""Options of a run on the command line."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

import click

from ..config.options import Options, option_default, option_types

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


def in_workspace(default: Path | None = Path()) -> Callable[[Command], Command]:
    """Add the option for the folder that a command works in; None leaves it to the group's."""
    return click.option(
        "--workspace",
        type=click.Path(path_type=Path),
        default=default,
        help="folder to work in (default: the current folder)",
    )


verbosely = click.option("--verbose", is_flag=True, help="print what is being done")
"""Adds the option that makes a command say more."""


def quietly(left: str = "errors") -> Callable[[Command], Command]:
    """Add the option that silences a command, but for what is left."""
    return click.option("--quiet", is_flag=True, help=f"print {left} only")
