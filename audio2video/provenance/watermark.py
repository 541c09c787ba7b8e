"""Looking for a watermark in a file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import BadFileError
from ..media.video import VideoReader
from ..watermark.detection import Finding, search
from ..watermark.residual import Average
from .watermark_keys import key_name

FOUND, NOT_FOUND = "found", "not found"
COPIED, TRACES = "copied", "traces"
NO_KEY, NO_VIDEO = "no key", "no video"

SECONDS = 5
"""A mark is looked for in pieces of this length."""

PIECES = 12
"""So many pieces of a longer video, spread over it, are looked at, until one shows a mark."""

FRAMES = 75
"""Frames of a piece that are looked at."""


def look_for_watermark(path: Path, keys: list[bytes]) -> dict[str, Any]:
    """Look for the mark of any of the keys.

    Parameters
    ----------
    path : Path
        Any file.
    keys : list of bytes

    Returns
    -------
    dict
        As JSON values: 'state'; where one was found also 'version', 'payload', 'chance' of a false
        alarm, 'key' (its name), 'scale' and 'mirrored'. A copied one is that of another picture, as
        far as the two can be told apart. Traces are of a mark that is too weak to be read, or of
        one that was learned from other results, without the key: they have no version and no
        payload.
    """
    if not keys:
        return {"state": NO_KEY}
    try:
        best = _search_pieces(path, keys)
    except BadFileError:
        return {"state": NO_VIDEO}
    if best is None:
        return {"state": NOT_FOUND}
    found: dict[str, Any] = {
        "state": TRACES,
        "chance": best.chance,
        "key": key_name(keys[best.key]),
        "scale": round(best.scale, 3),
        "mirrored": best.mirrored,
    }
    if best.payload is None:
        return found
    said = {"version": best.payload.version, "payload": str(best.payload)}
    return {**found, **said, "state": FOUND if best.found else COPIED}


def _search_pieces(path: Path, keys: list[bytes]) -> Finding | None:
    """Give the finding of the first piece that shows its own mark, or else what tells most."""
    others = []
    with VideoReader(path) as reader:
        pieces = spread_pieces(reader.info.frames, reader.info.rate)
        for piece in pieces:
            average = Average()
            for frame in reader.read(piece):
                average.add(frame.y)
            finding = search(average.seen(), keys, pieces=len(pieces))
            if finding.found:
                return finding
            if finding.traces:
                others.append(finding)
    # One that was read, if only as that of another picture, tells more than traces.
    return min(others, key=lambda one: (one.payload is None, one.chance), default=None)


def spread_pieces(frames: int, rate: Fraction) -> list[range]:
    """Choose the frames of the pieces of a video that are looked at."""
    length = min(frames, max(1, round(SECONDS * rate)))
    count = min(PIECES, max(1, frames // length))
    last = frames - length
    starts = [last * k // max(1, count - 1) for k in range(count)] if count > 1 else [last // 2]
    step = max(1, length // FRAMES)
    return [range(start, start + length, step) for start in starts]
