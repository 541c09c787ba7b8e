"""Options of a run on the command line, and help that shows them in groups."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import click

from ..config import GROUPS, Config, Option, options_of
from ..config.option import at_home
from ..errors import OptionError
from ..storage.parsing import DOWNLOAD, NO_FILE, is_address

Command = Callable[..., Any]

_OWN = "Command"
"""Heading of the options that a command itself declares."""


class OptionValue(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """Text of the command line, read as files and tables are."""

    def __init__(self, option: Option) -> None:
        self.name = option.kind.__name__
        self._option = option

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a value; a wrong one is refused by name."""
        if not isinstance(value, str):
            return value
        try:
            return self._option.parse(value)
        except OptionError as error:
            problem = error.problem.removeprefix(self._option.flag).removeprefix(":").strip()
            self.fail(problem + (f"; {error.hint}" if error.hint else ""), param, ctx)


class FilePath(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A file or folder, with ``~`` for the user's own, where the shell has left it."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Make a path of a text; an address is refused."""
        if not isinstance(value, str):
            return value
        if is_address(value):
            self.fail(f"{NO_FILE} ({value}); {DOWNLOAD}", param, ctx)
        return at_home(value)


class GroupedOption(click.Option):
    """An option that help shows under a heading."""

    def __init__(self, *args: Any, group: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help shows its options under headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, the command's own first."""
        sections: dict[str, list[tuple[str, str]]] = {name: [] for name in (_OWN, *GROUPS)}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None:
                sections[getattr(param, "group", _OWN)].append(record)
        for name, records in sections.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


def with_options(flags: Collection[str] | None = None) -> Callable[[Command], Command]:
    """Add command-line options of a `Config`: all of them, or those named."""

    def decorate(command: Command) -> Command:
        for option in reversed(options_of(Config).values()):
            if flags is None or option.flag in flags:
                command = _with_option(command, option)
        return command

    return decorate


def _with_option(command: Command, option: Option) -> Command:
    help_text = option.help
    if option.unit:
        help_text += f" [{option.unit}]"
    if option.default is not None and option.flag != "nthreads":
        help_text += f" (default: {option.default})"
    metavar = {bool: "True|False", Path: "PATH"}.get(option.kind, option.kind.__name__.upper())
    if option.kind is float and option.synonyms:
        metavar = "FLOAT|True|False"
    if option.choices:
        metavar = "|".join(option.choices)
    decorate = click.option(
        f"--{option.flag}",
        option.flag,
        cls=GroupedOption,
        group=option.group,
        type=OptionValue(option),
        default=None,
        metavar=metavar,
        help=help_text,
    )
    return decorate(command)


def in_workspace(default: Path | None = Path()) -> Callable[[Command], Command]:
    """Add the option for the folder that a command works in; None leaves it to the group's."""
    return click.option(
        "--workspace",
        type=FilePath(),
        default=default,
        help="folder to work in (default: the current folder)",
    )


verbosely = click.option("--verbose", is_flag=True, help="print what is being done")
"""Adds the option that makes a command say more."""


def quietly(left: str = "errors") -> Callable[[Command], Command]:
    """Add the option ``--quiet``."""
    return click.option("--quiet", is_flag=True, help=f"print {left} only")


def making_video(name: str) -> Callable[[Command], Command]:
    """Add what commands that make one video have in common; `name` is what it is called else."""
    common = (
        click.option(
            "-o",
            "--output",
            type=FilePath(),
            help=f"video to write (default: {name} in the current folder)",
        ),
        click.option("--overwrite", is_flag=True, help="replace files that are there"),
        click.option("--config", type=FilePath(), help="TOML file with any options"),
        click.option(
            "--workspace",
            type=FilePath(),
            help="keep intermediate products in this folder (default: the user's cache folder)",
        ),
        quietly(),
        verbosely,
    )

    def decorate(command: Command) -> Command:
        for one in reversed(common):
            command = one(command)
        return command

    return decorate
