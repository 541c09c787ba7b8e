"""Looking for a watermark in the sound of a file."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .._typing import F32
from ..errors import BadFileError
from ..media.audio import probe_audio
from ..media.formats import reading
from ..media.samples import mono_weights, resample
from ..media.source import AudioSource
from ..watermark.sound_detection import RATE, SoundFinding, search_sound
from ..watermark.sound_pattern import VERSION, number_words
from .watermark import FOUND, NO_KEY, NOT_FOUND
from .watermark_keys import key_name

NO_SOUND = "no sound"

SECONDS = 10
"""A mark is looked for in pieces of this length, or in all of a shorter sound."""

PIECES = 8
"""So many pieces of a longer sound, spread over it, are searched, until one shows a mark."""


def look_for_sound_watermark(path: Path, keys: list[bytes]) -> dict[str, Any]:
    """Look for the mark of any of the keys in a file's sound.

    Parameters
    ----------
    path : Path
        Any file.
    keys : list of bytes

    Returns
    -------
    dict
        As JSON values: 'state'; where one was found also 'version', 'payload', 'chance' of a false
        alarm, 'key' (its name), 'speed' and 'pitch' against the sound that was marked.
    """
    if not keys:
        return {"state": NO_KEY}
    try:
        best = _search_pieces(path, keys)
    except BadFileError:
        return {"state": NO_SOUND}
    if best is None:
        return {"state": NOT_FOUND}
    return {
        "state": FOUND,
        "version": VERSION,
        "payload": number_words(best.number),
        "chance": best.chance,
        "key": key_name(keys[best.key]),
        "speed": round(best.speed, 2),
        "pitch": round(best.pitch, 2),
    }


def _search_pieces(path: Path, keys: list[bytes]) -> SoundFinding | None:
    """Give the first piece's finding that is no chance."""
    ranges = spread_seconds(probe_audio(path).duration)
    for samples in _pieces(path, ranges):
        finding = search_sound(samples, keys, pieces=len(ranges))
        if finding.found:
            return finding
    return None


def spread_seconds(duration: Fraction) -> list[tuple[int, int]]:
    """Choose the samples, from and to, of the pieces of a sound that are searched."""
    samples, length = round(duration * RATE), SECONDS * RATE
    if samples <= length:
        return [(0, samples)]
    count = min(PIECES, math.ceil(samples / length))
    starts = [(samples - length) * k // (count - 1) for k in range(count)]
    return [(start, start + length) for start in starts]


def _pieces(path: Path, ranges: list[tuple[int, int]]) -> Iterator[F32]:
    """Decode a sound once, and yield its pieces [shape=(n,)]."""
    with closing(AudioSource(path)) as source, reading(source.path):
        weights = mono_weights(source.layout)
        mono = ((weights @ block)[np.newaxis] for block in source.blocks())
        blocks = resample(mono, "mono", source.rate, "mono", RATE)
        kept, place = np.empty(0, np.float32), 0  # of the first sample kept
        for start, stop in ranges:
            for block in itertools.chain([np.empty((1, 0), np.float32)], blocks):
                kept = np.concatenate([kept, block[0]])
                passed = min(max(start - place, 0), len(kept))
                kept, place = kept[passed:], place + passed
                if place + len(kept) >= stop:
                    break
            yield kept[: stop - start]
