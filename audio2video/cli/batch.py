"""The command that makes many results."""

from __future__ import annotations

from pathlib import Path

import click

from ..storage.workspace import Workspace
from .options import FilePath, in_workspace, quietly, verbosely
from .terminal import CONTEXT, Terminal

EXIT_SOME_FAILED = 1


@click.command("batch", context_settings=CONTEXT)
@click.argument("file", type=FilePath())
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=None,
    help="rows at once, each with its share of the cores (default: one for each core, up to 8)",
)
@in_workspace()
@quietly()
@verbosely
def batch_command(file: Path, jobs: int | None, workspace: Path, quiet: bool, verbose: bool) -> int:
    """Make the results of all rows of a table.

    FILE is CSV. Its first line names the columns: audio, video, and any options of 'run'. Paths are
    relative to its folder; an empty cell leaves an option at its default. A row that fails does not
    stop the others; what is up to date is passed over, so a batch that was stopped goes on when it
    is run again. What became of each row is written to output/<name of FILE>.json.
    """
    from ..batch.run import batch_table, run_batch

    with Terminal(Workspace(workspace), quiet=quiet, verbose=verbose) as terminal:
        batch = run_batch(Workspace(workspace), file, jobs, terminal.progress)
        terminal.table(batch_table(batch))
    if not quiet:
        click.echo(f"result: {batch.path}")
    return EXIT_SOME_FAILED if batch.failed else 0
