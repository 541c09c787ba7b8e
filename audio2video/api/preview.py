"""The beginning of a recording, for a quick look at a result."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

from ..errors import OptionError
from ..media.audio import probe_audio, write_wav
from ..media.sound import read_channels
from ..storage.files import replacing
from ..storage.ids import id_from_path

MAX_PREVIEW = 600.0
"""Seconds; more is no preview."""


def write_beginning(audio: Path, seconds: float, folder: Path) -> Path:
    """Write the first seconds of a sound as a WAV file, with its own rate and channels.

    Parameters
    ----------
    audio : Path
    seconds : float
    folder : Path

    Returns
    -------
    Path
        The file; its name tells the source and the length.

    Raises
    ------
    OptionError
        `seconds` is out of bounds.
    Audio2VideoError
        The sound can't be read.
    """
    if not (math.isfinite(seconds) and 0 < seconds <= MAX_PREVIEW):
        raise OptionError(
            f"a preview of {seconds:g} s is out of bounds", hint=f"use up to {MAX_PREVIEW:g}"
        )
    rate = probe_audio(audio).rate
    samples = read_channels(audio, rate)[0][: max(1, round(seconds * rate))]
    digest = hashlib.sha256(samples.tobytes()).hexdigest()[:8]
    product = folder / f"{id_from_path('demo', audio)[:40]}-{seconds:g}s-{digest}.wav"
    with replacing(product) as temporary:
        write_wav(temporary, samples, rate)
    return product
