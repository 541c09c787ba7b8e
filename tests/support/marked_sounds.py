"""Speech to be marked, and what it is marked with."""

from __future__ import annotations

from functools import cache

import numpy as np
from conftest import ROOT

from audio2video._typing import F32
from audio2video.media.audio import read_audio
from audio2video.watermark.sound_embedding import SoundEmbedder

KEY, OTHER = b"a" * 32, b"b" * 32
NUMBER = 0x5A3C0
RATE = 16_000


@cache
def speech() -> F32:
    """Five seconds of the demo speech, 16 kHz."""
    return read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", RATE)[: 5 * RATE]


def marked(samples: F32, rate: int = RATE, key: bytes = KEY) -> F32:
    """Mark mono samples."""
    embedder = SoundEmbedder(key, NUMBER, rate, 1)
    return np.concatenate([embedder.mark(samples[None]), embedder.finish()], axis=1)[0]
