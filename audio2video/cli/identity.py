"""The command that takes identity out of landmarks."""

from __future__ import annotations

from pathlib import Path

import click

from ..storage.ids import is_usable
from ..storage.workspace import Workspace
from .options import FilePath, in_workspace, quietly
from .terminal import CONTEXT, Terminal


@click.command("identity", context_settings=CONTEXT)
@click.argument("files", type=FilePath(), nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o",
    "--output",
    type=FilePath(),
    help="folder to write to (default: output/identity/<name of the first speaker>)",
)
@in_workspace()
@quietly()
def identity_command(
    files: tuple[Path, ...], output: Path | None, workspace: Path, quiet: bool
) -> None:
    """Take who somebody is out of landmarks: what is left is how the face moves.

    FILE is a landmarks.npz of 'audio2video landmarks', each of whose people is a speaker, or a .npy
    of one speaker's points, (T, 68, 2). Frames are aligned with the mean shape, the closed mouth of
    each speaker is found, and differences to it are put onto the mean of all closed mouths. Writes
    identity.npz, and identity.png with each stage.
    """
    from ..api.identity import read_speakers, remove_identity, save_identity

    place = Workspace(workspace)
    with Terminal(place, quiet=quiet, verbose=False) as terminal:
        speakers = read_speakers(files)
        found = remove_identity(speakers)
        first = speakers[0].name
        folder = output or place.identity(first if is_usable(first) else "speakers")
        save_identity(speakers, found, folder)
        rows: list[tuple[str, ...]] = [("speaker", "frames", "odd width", "closed")]
        for speaker, one in zip(speakers, found.speakers, strict=True):
            counts = (len(one.raw), int((~one.usual).sum()), len(one.closed))
            rows.append((speaker.name, *map(str, counts)))
        terminal.table(rows)
        rows = [("rms distance", "face", "lips")]
        for what, measure in (
            ("between speakers", found.spread_between),
            ("within a speaker", found.spread_within),
        ):
            for stage in ("aligned", "removed"):
                cells = (measure(stage, part) for part in (slice(0, 68), slice(48, 68)))
                rows.append((f"{what}, {stage}", *(f"{cell:.4f}" for cell in cells)))
        terminal.table(rows)
    if not quiet:
        click.echo(f"result: {folder}")
