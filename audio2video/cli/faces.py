"""The command that lists the people in a video."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..config.resolve import resolve_config
from ..errors import OptionError
from ..storage.workspace import Workspace
from .options import FilePath, GroupedCommand, quietly, with_options
from .terminal import CONTEXT, Terminal

if TYPE_CHECKING:
    from ..api.faces import FoundFace

STRETCHES = 4
"""Times at which a person is seen, listed at most."""


@click.command("faces", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("video", type=FilePath())
@click.option(
    "-o",
    "--output",
    type=FilePath(),
    help="picture strip to write (default: <video>-faces.png in the current folder)",
)
@click.option("--json", "as_json", is_flag=True, help="print one JSON list instead of a table")
@click.option(
    "--workspace",
    type=FilePath(),
    help="folder with the target's own options (default: the user's cache folder)",
)
@with_options(("face", "face_at", "landmark_model"))
@quietly("the list and errors")
def faces_command(
    video: Path,
    output: Path | None,
    as_json: bool,
    workspace: Path | None,
    quiet: bool,
    **given: Any,
) -> None:
    """List the people in VIDEO: number, usable seconds, when and where they are seen.

    One of them speaks: the first, or the one that --face NUMBER or --face_at X,Y,SECONDS chooses.
    A picture strip shows who is who.
    """
    from ..api.faces import find_faces
    from ..api.workspaces import cache_workspace

    place = cache_workspace() if workspace is None else Workspace(workspace)
    config = resolve_config(place, {**given, "video": video})
    strip = Path(f"{video.stem}-faces.png") if output is None else output
    if strip.suffix.lower() != ".png":
        raise OptionError(f"--output {strip}: the strip is a PNG file", hint="end it in .png")
    with Terminal(place, quiet=quiet, verbose=False) as terminal:
        found = find_faces(video, strip=strip, config=config, progress=terminal.progress)
        if as_json:
            click.echo(json.dumps([face.as_dict() for face in found], indent=2, sort_keys=True))
            return
        for row in _rows(found):
            click.echo(row)
        click.echo(f"result: {strip}")


def _rows(found: Sequence[FoundFace]) -> list[str]:
    rows = [("face", "usable", "at", "seen")]
    for face in found:
        times = [f"{begin:.1f}-{end:.1f} s" for begin, end in face.stretches]
        more = len(times) - STRETCHES
        seen = ", ".join(times[:STRETCHES]) + (f" and {more} times more" if more > 0 else "")
        name = f"{face.number} (speaks)" if face.speaks else str(face.number)
        rows.append((name, f"{face.seconds:.1f} s", face.place, seen))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
