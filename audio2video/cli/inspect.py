"""The command that writes the window on a run as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from ..storage.workspace import Workspace
from .options import FilePath, quietly
from .terminal import CONTEXT, Terminal


@click.command("inspect", context_settings=CONTEXT)
@click.argument("run", type=FilePath())
@click.option(
    "--html",
    type=FilePath(),
    help="page to write, at most 20 MB (default: inspect.html in the run's folder)",
)
@click.option(
    "--workspace",
    type=FilePath(),
    help="folder that RUN is looked for in (default: the current folder, then the user's cache "
    "folder)",
)
@quietly("errors")
def inspect_command(run: Path, html: Path | None, workspace: Path | None, quiet: bool) -> None:
    """Write the window on a finished RUN: every step in time, in one HTML file.

    RUN is the folder of a result, its video or a copy of that, or its name
    <inp_id>-<tar_id>. The page opens from disk, needs no other file and no network: waveform and
    features, mouth shapes, candidates and textures, retiming, composite, report, training,
    measures.
    """
    from ..api.inspect import inspect_run

    place = Workspace(Path() if workspace is None else workspace)
    with Terminal(place, quiet=quiet, verbose=False) as terminal:
        made = inspect_run(run, html, workspace=workspace, progress=terminal.progress)
    if not quiet:
        click.echo(f"{made.frames} frames, {made.pictures} of them with pictures")
        click.echo(f"result: {made.path}: {made.bytes / 1e6:.1f} MB; open it in a browser")
