"""The lips of a result against the target's own, where the speech is the target's own sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..face.smoothing import unbroken_stretches
from ..face.track import FaceTrack
from ..media.audio import read_audio
from ..mouth.metrics import measure_clip, summarise
from ..mouth.shapes import relative_shapes
from ..speech.units import SAMPLE_RATE
from .output_inputs import Result
from .output_timing import PIECE, sound_offset
from .samples import activity_from
from .videos import MIN_SECONDS

SAME = 0.9
"""Correlation of two sounds that are one recording, perhaps coded twice."""

MAX_OFFSET = 0.1
"""Seconds by which they may be apart."""


def is_own_sound(target: Path, heard: NDArray[np.float32]) -> bool:
    """Tell whether a result speaks with the target's own sound, from its beginning on.

    Parameters
    ----------
    target : Path
        The target video.
    heard : ndarray of float32, shape (n,)
        Sound of the result, at 16 kHz.
    """
    try:
        own = read_audio(target)
    except BadFileError:  # it has none
        return False
    length = min(len(own), len(heard), PIECE)
    offset, correlation = sound_offset(own[:length], heard[:length])
    near = offset is not None and abs(offset) <= MAX_OFFSET * SAMPLE_RATE
    return near and correlation >= SAME


def compare_with_own(
    result: Result, track: FaceTrack, heard: NDArray[np.float32]
) -> dict[str, Any] | None:
    """Compare the lips of a result with those of the target at the same time.

    Parameters
    ----------
    result : Result
        It speaks with the target's own sound; see `is_own_sound`.
    track : FaceTrack
        Of the result.
    heard : ndarray of float32, shape (n,)
        Sound of the result, at 16 kHz.

    Returns
    -------
    dict or None
        What `audio2video.mouth.metrics.summarise` gives for the longest stretch in which both faces
        are seen; None if that is shorter than a second.
    """
    true, rate = result.target.track, result.info.rate
    length = min(len(track), len(true))
    usable = track.usable[:length] & true.usable[:length]
    stretches = unbroken_stretches(usable, (track.starts[:length] | true.starts[:length]) & usable)
    best = max(stretches, key=lambda run: run.stop - run.start, default=slice(0, 0))
    if best.stop - best.start < MIN_SECONDS * rate:
        return None
    closed = result.target.reference
    times = np.arange(best.start, best.stop) / float(rate)
    measures = measure_clip(
        relative_shapes(track.mouth[best], closed),
        relative_shapes(true.mouth[best], closed),
        rate,
        activity_from(heard, times),
    )
    return summarise([measures])
