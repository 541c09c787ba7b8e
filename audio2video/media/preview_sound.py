"""A file's sound as a small MP3 in memory, for a page that plays it beside pictures."""

from __future__ import annotations

import io
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from .formats import reading
from .samples import audio_frame, mono_weights, resample
from .source import AudioSource

RATE = 24_000
BIT_RATES = (64_000, 48_000, 32_000, 24_000, 16_000)
"""Bits per second, the best first; speech is well understood at the last."""

_BLOCK = 1152 * 16  # samples: whole frames of MP3


def preview_sound(path: Path, seconds: float, most: int) -> bytes | None:
    """Code the sound of a file as mono MP3, as well as its size allows.

    Parameters
    ----------
    path : Path
        Any file with sound.
    seconds : float
        How long it is.
    most : int
        Bytes that it may take.

    Returns
    -------
    bytes or None
        None if it would take more at any bit rate.

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, or it has no sound that can be decoded.
    """
    bits = next((rate for rate in BIT_RATES if rate * seconds / 8 <= 0.95 * most), None)
    if bits is None:
        return None
    sink = io.BytesIO()
    with closing(AudioSource(path)) as source, av.open(sink, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono")
        stream.codec_context.bit_rate = bits
        weights = mono_weights(source.layout)
        mono = ((weights @ block)[np.newaxis] for block in source.blocks())
        sent, rest = 0, np.empty((1, 0), np.float32)
        with reading(source.path):
            for piece in resample(mono, "mono", source.rate, "mono", RATE):
                rest = np.concatenate([rest, piece], axis=1)
                while rest.shape[1] >= _BLOCK:
                    sent = _send(container, stream, rest[:, :_BLOCK], sent)
                    rest = rest[:, _BLOCK:]
        if rest.shape[1]:
            _send(container, stream, rest, sent)
        container.mux(stream.encode(None))
    return sink.getvalue()


def _send(
    container: av.container.OutputContainer,
    stream: av.AudioStream,
    block: np.ndarray[tuple[int, int], np.dtype[np.float32]],
    sent: int,
) -> int:
    frame = audio_frame(np.clip(block, -1, 1), "mono", RATE)
    frame.pts, frame.time_base = sent, Fraction(1, RATE)
    container.mux(stream.encode(frame))
    return sent + int(block.shape[1])
