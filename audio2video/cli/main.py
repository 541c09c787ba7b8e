"""The command line: with the ``cli_*`` files beside it the only place that prints or exits."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn

import click
from platformdirs import user_cache_path

from .. import __version__
from ..config.resolve import gather_options
from ..errors import Audio2VideoError, CancelledError
from ..runtime.resource_errors import as_shortage
from ..runtime.signals import stoppable
from ..storage.workspace import Workspace
from .batch import batch_command
from .cache import cache_group
from .evaluate import evaluate_group
from .options import in_workspace, quietly, verbosely, with_options
from .passes import passes_group, sweep_command
from .terminal import CONTEXT, Terminal
from .verify import verify_command

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

_STOPPED = "{}; what is finished is kept"


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
@with_options()
@in_workspace()
@click.option(
    "--config", type=click.Path(path_type=Path), help="TOML file with any of these options"
)
@click.option(
    "--argspath",
    type=click.Path(path_type=Path),
    help="TOML file with the options of a pass; stronger than --config",
)
@quietly()
@verbosely
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
    from ..pipeline.run import run

    options = gather_options(Workspace(workspace), given, config, argspath)
    with Terminal(Workspace(workspace), quiet=quiet, verbose=verbose) as terminal:
        chosen = [step for group in steps for step in group]
        reports = run(Workspace(workspace), chosen, options, terminal.progress)
        for report in reports:
            terminal.table(report.table)
        terminal.finish(reports)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="audio2video")
def main_group() -> None:
    """Make the video of a person saying given speech ("Synthesizing Obama", SIGGRAPH 2017)."""


for _command in (
    *(run_command, batch_command, evaluate_group, passes_group, sweep_command),
    *(cache_group, verify_command),
):
    main_group.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command ``audio2video``."""
    _run(main_group, args)


def main_run(args: Sequence[str] | None = None) -> NoReturn:
    """Run ``python run.py``."""
    _run(run_command, args)


def _run(command: click.Command, args: Sequence[str] | None) -> NoReturn:
    """Run a command; whatever the user can put right becomes one line and exit code 2."""
    # Its own place is in the user's configuration, which is none of this program's business.
    os.environ.setdefault(
        "MPLCONFIGDIR", str(user_cache_path("audio2video", appauthor=False) / "matplotlib")
    )
    with ExitStack() as stack:
        request = stack.enter_context(stoppable())
        try:
            code, error = _outcome(command, args)
        except (KeyboardInterrupt, click.Abort, CancelledError):
            code, error = EXIT_INTERRUPTED, _STOPPED.format("interrupted")
        except Exception:
            if not request.number:
                raise
            code, error = request.code, ""
        stack.close()
        if request.number and error is not None:
            # Whatever the request was turned into on its way, as by a module being imported.
            code = request.code
            how = "interrupted" if code == EXIT_INTERRUPTED else "terminated"
            error = _STOPPED.format(how)
        if error is not None:
            with suppress(OSError):  # nobody listens, or the disk that the words go to is full
                click.echo(f"error: {error}", err=True)
    sys.exit(code)


def _outcome(command: click.Command, args: Sequence[str] | None) -> tuple[int, str | None]:
    """Run a command; gives its exit code, and in one line why it failed."""
    try:
        code = command.main(args=args, standalone_mode=False)
    except (CancelledError, click.Abort):
        raise
    except Audio2VideoError as error:
        return EXIT_BAD_INPUT, str(as_shortage(error) or error)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return EXIT_BAD_INPUT, None
    except click.ClickException as error:
        return EXIT_BAD_INPUT, " ".join(error.format_message().split())
    except Exception as error:
        shortage = as_shortage(error)
        if shortage is None:
            raise
        return EXIT_BAD_INPUT, str(shortage)
    return code if isinstance(code, int) else 0, None
