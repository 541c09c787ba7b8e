"""The command that runs numbered steps: ``audio2video run``, and ``python run.py``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ..config.resolve import resolve_config, steps_in_file
from ..pipeline.step import STEPS, VIDEO_STEPS
from ..storage.workspace import Workspace
from .options import FilePath, GroupedCommand, in_workspace, quietly, verbosely, with_options
from .terminal import CONTEXT, Terminal


class StepNumbers(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """Steps: 3, 2-4, '1,3', '1 2 3' or all."""

    name = "step"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Turn text into step numbers."""
        if isinstance(value, tuple):
            return value
        if str(value).strip() == "all":
            return STEPS
        steps: list[int] = []
        for part in re.split(r"\s*,\s*|\s+", str(value).strip()):
            match = re.fullmatch(r"([0-4])(?:-([0-4]))?", part)
            if match is None:
                self.fail(f"no such step: {part!r}; steps are 0, 1, 2, 3 and 4", param, ctx)
            first, last = int(match[1]), int(match[2] or match[1])
            if last < first:
                self.fail(f"{part!r} runs backwards", param, ctx)
            steps += range(first, last + 1)
        return tuple(steps)


class RunCommand(GroupedCommand):
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


@click.command("run", cls=RunCommand, context_settings=CONTEXT)
@click.option(
    "--steps",
    type=StepNumbers(),
    multiple=True,
    metavar="N...",
    help="steps to run: 0 dataset, 1 lipsync, 2 texture, 3 retiming, 4 composite; "
    "'1 2 3 4', '1-4' or 'all' (default: 1-4)",
)
@with_options()
@in_workspace()
@click.option(
    "--config",
    type=FilePath(),
    help="TOML file with any of these options, and steps",
)
@click.option(
    "--argspath",
    type=FilePath(),
    help="TOML file with the options of a pass; takes precedence over --config",
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

    Without options it runs steps 1 to 4 on the embedded demo. Results of speech I on target T are
    written to output/I-T/.

    Options may also stand in a file. The command line takes precedence, then
    target/<tar_id>.toml, --argspath and --config.
    """
    from ..pipeline.run import run

    place = Workspace(workspace)
    resolved = resolve_config(place, given, config, argspath)
    chosen = [step for group in steps for step in group]
    if not chosen and config is not None:
        chosen = [step for part in steps_in_file(config) for step in _read_steps(part)]
    with Terminal(place, quiet=quiet, verbose=verbose) as terminal:
        reports = run(place, chosen or VIDEO_STEPS, resolved, terminal.progress)
        for report in reports:
            terminal.table(report.table)
        terminal.keep_speaker(given, resolved)
        terminal.finish(reports)


def _read_steps(text: str) -> tuple[int, ...]:
    return StepNumbers().convert(text, None, None)
