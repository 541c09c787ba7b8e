"""The sound of a file as samples on disk: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..media.sound import extract_sound
from ..storage.files import remove, sweep, temporary_beside

HEADER = 44
"""Bytes before the samples of a WAV file that holds nothing else."""


@contextmanager
def samples_of(audio: Path, product: Path) -> Iterator[NDArray[np.int16]]:
    """Decode the sound of a file, for as long as the ``with`` block lasts.

    Parameters
    ----------
    audio : Path
    product : Path
        What is made of it; the samples lie beside that under a temporary name.

    Yields
    ------
    ndarray of int16, shape (n,)
        Mono at 16 kHz, memory-mapped.

    Raises
    ------
    Audio2VideoError
        It can't be decoded, or there is no room for it.
    """
    place = product.with_suffix(".wav")
    temporary = temporary_beside(place)
    sweep(place)
    try:
        extract_sound(audio, temporary)
        yield np.memmap(temporary, np.dtype("<i2"), "r", offset=HEADER)
    finally:
        remove(temporary)
