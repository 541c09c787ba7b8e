"""Float samples: to and from the codec library, resampled, mixed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler

from .._typing import F32

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
"""Layouts that AAC has, by the number of channels; any other becomes stereo."""

# How loud a loudspeaker sounds in the mono mix (ITU-R BS.775 down-mix), before normalisation.
_MONO_WEIGHTS = {"FL": 0.5**0.5, "FR": 0.5**0.5, "FC": 1.0, "LFE": 0.0, "LFE2": 0.0}
_SURROUND_WEIGHT = 0.5


def arrays(frames: list[AudioFrame]) -> Iterator[F32]:
    """Yield the samples of interleaved float frames [shape=(channels, n)]."""
    # Interleaved throughout: PyAV reads past the planes of a planar frame of eight channels.
    for frame in frames:
        if frame.samples:
            samples = np.asarray(frame.to_ndarray(), np.float32)
            yield np.ascontiguousarray(samples.reshape(frame.samples, -1).T)


def resample(
    blocks: Iterator[F32], layout: str, rate: int, to_layout: str, to_rate: int
) -> Iterator[F32]:
    """Change layout and sample rate of consecutive blocks [shape=(channels, n)]."""
    resampler = AudioResampler("flt", to_layout, to_rate)
    for block in blocks:
        yield from arrays(resampler.resample(audio_frame(block, layout, rate)))
    yield from arrays(resampler.resample(None))


def audio_frame(block: F32, layout: str, rate: int) -> AudioFrame:
    """Wrap samples [shape=(channels, n)] for the codec library."""
    interleaved = np.ascontiguousarray(block.T).reshape(1, -1)
    frame = AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
    frame.sample_rate = rate
    return frame


def mono_weights(layout: AudioLayout) -> F32:
    """Return how much of each channel goes into the mono mix [shape=(channels,)]; the sum is 1."""
    names = [channel.name for channel in layout.channels]
    if len(names) <= 1:
        return np.ones(1, np.float32)
    weights = np.array([_MONO_WEIGHTS.get(name, _SURROUND_WEIGHT) for name in names])
    return np.asarray(weights / weights.sum(), np.float32)
