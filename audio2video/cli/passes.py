"""The commands that list, compare and make passes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ..errors import Audio2VideoError
from ..storage.ids import check_id
from ..storage.workspace import Workspace
from .options import FilePath, in_workspace, quietly, verbosely
from .terminal import CONTEXT, Terminal


@click.group("passes", context_settings=CONTEXT, invoke_without_command=True)
@in_workspace()
@click.option("--json", "as_json", is_flag=True, help="print one JSON list instead of a table")
@click.pass_context
def passes_group(context: click.Context, workspace: Path, as_json: bool) -> None:
    """List all passes: options that differ, epochs, errors, time, size."""
    context.obj = workspace
    if context.invoked_subcommand is not None:
        return
    from ..training.passes.table import pass_table, read_passes

    passes = read_passes(Workspace(workspace))
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in passes], indent=2, sort_keys=True))
        return
    with Terminal(Workspace(workspace), quiet=False, verbose=False) as terminal:
        terminal.table(pass_table(passes))


@passes_group.command("compare", context_settings=CONTEXT)
@click.argument("ids", nargs=-1, required=True, metavar="PASS...")
@in_workspace(None)
@click.pass_context
def compare_command(context: click.Context, ids: tuple[str, ...], workspace: Path | None) -> None:
    """Draw the histories and measures of passes side by side."""
    from ..training.passes.compare import compare_passes
    from ..training.passes.table import pass_table

    for pass_id in ids:
        check_id("pass_id", pass_id)
    place = Workspace(context.obj if workspace is None else workspace)
    passes, path = compare_passes(place, ids)
    with Terminal(place, quiet=False, verbose=False) as terminal:
        terminal.table(pass_table(passes))
    click.echo(f"result: {path}")


@passes_group.command("combine", context_settings=CONTEXT)
@click.argument("new", metavar="NEW_PASS")
@click.argument("ids", nargs=-1, required=True, metavar="PASS...")
@in_workspace(None)
@click.pass_context
def combine_command(
    context: click.Context, new: str, ids: tuple[str, ...], workspace: Path | None
) -> None:
    """Make one pass of several that differ in --seed: it predicts the mean of them."""
    from ..training.passes.combine import combine_passes

    for pass_id in (new, *ids):
        check_id("pass_id", pass_id)
    place = Workspace(context.obj if workspace is None else workspace)
    click.echo(f"result: {combine_passes(place, new, ids)}")


@click.command("sweep", context_settings=CONTEXT)
@click.argument("file", type=FilePath())
@click.option(
    "--nthreads",
    type=click.IntRange(1, 1024),
    default=None,
    help="passes trained at once (default: one for each core)",
)
@in_workspace()
@quietly()
@verbosely
def sweep_command(
    file: Path, nthreads: int | None, workspace: Path, quiet: bool, verbose: bool
) -> None:
    """Train a grid of passes.

    FILE is TOML: an option whose value is a list is an axis of the grid, any other holds for all
    passes, 'name' begins their names. What is trained already is skipped; a sweep that was stopped
    goes on when it is run again. A table and a plot go to output/sweeps/.
    """
    from ..training.passes.sweep import run_sweep
    from ..training.passes.table import pass_table

    with Terminal(Workspace(workspace), quiet=quiet, verbose=verbose) as terminal:
        processes = nthreads or max(1, os.cpu_count() or 1)
        sweep = run_sweep(Workspace(workspace), file, processes, terminal.progress)
        terminal.table(pass_table(sweep.passes))
    if sweep.plot is not None and not quiet:
        click.echo(f"result: {sweep.table}, {sweep.plot}")
    if sweep.failed:
        first, why = next(iter(sweep.failed.items()))
        raise Audio2VideoError(
            f"{len(sweep.failed)} pass(es) of '{sweep.name}' failed (the first, {first}: {why})",
            hint="the others are kept; run it again to go on",
        )
