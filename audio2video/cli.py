"""The command line: with the ``cli_*`` files beside it the only place that prints or exits."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import click

from . import __version__
from .cli_evaluate import evaluate_group
from .cli_passes import passes_group, sweep_command
from .errors import Audio2VideoError, CancelledError, OptionError
from .options import (
    DEFAULT_ID,
    Options,
    brought_id,
    check_id,
    option_default,
    option_types,
)
from .options_file import read_options_file
from .terminal import CONTEXT, Terminal
from .workspace import Workspace

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class StepNumbers(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """One step (3) or a range of them (2-4)."""

    name = "step"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Turn '3', '2-4' or '1,3' into step numbers."""
        if isinstance(value, tuple):
            return value
        steps: list[int] = []
        for part in str(value).split(","):
            match = re.fullmatch(r"([0-4])(?:-([0-4]))?", part.strip())
            if match is None:
                self.fail(f"no such step: {part.strip()!r}; steps are 0, 1, 2, 3 and 4", param, ctx)
            first, last = int(match[1]), int(match[2] or match[1])
            if last < first:
                self.fail(f"{part!r} runs backwards", param, ctx)
            steps += range(first, last + 1)
        return tuple(steps)


class RunCommand(click.Command):
    """A command whose ``--steps`` takes all the numbers that follow it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Write ``--steps 1 2 3`` as ``--steps 1 --steps 2 --steps 3``."""
        spread: list[str] = []
        after_steps = False
        for arg in args:
            if arg.startswith("--"):
                after_steps = arg == "--steps"
                spread.append(arg)
            elif after_steps and spread[-1] != "--steps" and re.match(r"-?\d", arg):
                spread += ["--steps", arg]
            else:
                spread.append(arg)
        return super().parse_args(ctx, spread)


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add a command-line option for every field of `Options`."""
    types = option_types()
    for option in reversed(fields(Options)):
        kind, may_be_open = types[option.name]
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
        command = click.option(
            f"--{option.name}",
            option.name,
            type=value_type,
            default=None,
            metavar="True|False" if kind is bool else None,
            help=help_text,
        )(command)
    return command


@click.command(
    "run",
    cls=RunCommand,
    context_settings=CONTEXT,
)
@click.option(
    "--steps",
    type=StepNumbers(),
    multiple=True,
    required=True,
    metavar="N...",
    help="steps to run: 0 dataset, 1 lipsync, 2 texture, 3 retiming, 4 composite; "
    "'1 2 3 4', '1-4' or repeated",
)
@_with_options
@click.option(
    "--workspace",
    type=click.Path(path_type=Path),
    default=Path(),
    help="folder to work in; its layout is made on first use (default: the current folder)",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="TOML file with any of these options"
)
@click.option(
    "--argspath",
    type=click.Path(path_type=Path),
    help="TOML file with the options of a pass; stronger than --config",
)
@click.option("--quiet", is_flag=True, help="print errors only")
@click.option("--verbose", is_flag=True, help="print what is being done")
def run_command(
    steps: Sequence[tuple[int, ...]],
    workspace: Path,
    config: Path | None,
    argspath: Path | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Make the video of a person saying given speech.

    With nothing but --steps 1 2 3 4 it runs the embedded demo. Results of speech I on target T lie
    in output/I-T/.

    An option may also stand in a file; the command line is strongest, then target/<tar_id>.toml,
    --argspath and --config.
    """
    from .pipeline import run

    options = gather_options(Workspace(workspace), given, config, argspath)
    with Terminal(Workspace(workspace), quiet=quiet, verbose=verbose) as terminal:
        chosen = [step for group in steps for step in group]
        reports = run(Workspace(workspace), chosen, options, terminal.progress)
        for report in reports:
            terminal.table(report.table)
        terminal.finish(reports)


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="audio2video")
def main_group() -> None:
    """Make the video of a person saying given speech ("Synthesizing Obama", SIGGRAPH 2017)."""


for _command in (run_command, evaluate_group, passes_group, sweep_command):
    main_group.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command ``audio2video``."""
    _run(main_group, args)


def main_run(args: Sequence[str] | None = None) -> NoReturn:
    """Run ``python run.py``."""
    _run(run_command, args)


def _run(command: click.Command, args: Sequence[str] | None) -> NoReturn:
    """Run a command; whatever the user can put right becomes one line and exit code 2."""
    try:
        code = command.main(args=args, standalone_mode=False)
    except CancelledError:
        _fail("stopped; what is finished is kept", EXIT_INTERRUPTED)
    except Audio2VideoError as error:
        _fail(str(error), EXIT_BAD_INPUT)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(EXIT_BAD_INPUT)
    except click.ClickException as error:
        _fail(" ".join(error.format_message().split()), EXIT_BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        _fail("interrupted; what is finished is kept", EXIT_INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(code)
