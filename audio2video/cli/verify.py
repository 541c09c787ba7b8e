"""The command that reads the marks of a file, or of all files in a folder."""

from __future__ import annotations

import json
import mimetypes
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from ..errors import Audio2VideoError, MissingFileError
from ..storage.limits import read_limited
from .options import FilePath
from .terminal import CONTEXT
from .verdicts import STATES, told

EXIT_INTACT, EXIT_UNMARKED, EXIT_UNREADABLE, EXIT_ALTERED = 0, 1, 2, 3
MAX_ANCHOR_BYTES = 16 << 20


@click.command("verify", context_settings=CONTEXT)
@click.argument("file", type=FilePath(), metavar="FILE|FOLDER")
@click.option("--json", "as_json", is_flag=True, help="print JSON; of a folder, an object a line")
@click.option(
    "--trust",
    type=FilePath(),
    help="certificates (PEM) of those whom you trust, to be told whether one of them signed it",
)
def verify_command(file: Path, as_json: bool, trust: Path | None) -> None:
    """Read the marks of any file: whether it is synthetic, who says so, whether it was changed.

    Exits with 0 if it is marked and intact, 1 if it is not marked, 3 if it is marked but was
    altered, and 2 if it can't be read. Of a folder, all videos, sounds and pictures in it are
    looked at; it exits with the highest of their codes.
    """
    anchors = None if trust is None else read_limited(trust, MAX_ANCHOR_BYTES)
    sys.exit((_verify_folder if file.is_dir() else _verify_file)(file, anchors, as_json=as_json))


def _verify_file(
    path: Path, anchors: bytes | None, *, as_json: bool, indent: int | None = 2
) -> int:
    from ..provenance.verification import verify

    verdict = verify(path, anchors)
    if as_json:
        click.echo(json.dumps(verdict.as_dict(), indent=indent, sort_keys=True))
    else:
        # At once: a reader that has seen enough (`| head -1`) must not change the exit code.
        click.echo("\n".join(told(verdict)))
    return _exit_code(verdict.state)


def _verify_folder(folder: Path, anchors: bytes | None, *, as_json: bool) -> int:
    codes: list[int] = []
    states: Counter[str] = Counter()
    for path in _media_in(folder):
        try:
            codes.append(_verify_file(path, anchors, as_json=as_json, indent=None))
        except Audio2VideoError as error:
            click.echo(f"error: {error}", err=True)
            codes.append(EXIT_UNREADABLE)
        states[_STATE_OF[codes[-1]]] += 1
    if not codes:
        raise MissingFileError(
            "no videos, sounds or pictures in the folder", path=folder, hint="name a file"
        )
    if not as_json:
        counts = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
        click.echo(f"{len(codes)} files: {counts}")
    return max(codes)


def _media_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        kind = (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if kind in ("video", "audio", "image") and path.is_file() and not hidden:
            yield path


def _exit_code(state: str) -> int:
    return {"unmarked": EXIT_UNMARKED, "altered": EXIT_ALTERED}.get(state, EXIT_INTACT)


_STATE_OF = {_exit_code(state): words for state, words in STATES.items()}
_STATE_OF[EXIT_UNREADABLE] = "can't be read"
