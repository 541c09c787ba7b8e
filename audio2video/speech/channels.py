"""Which channels of a recording carry the voice, and how they are mixed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._typing import F32, F64, I16
from .band import voice_band
from .detector import SpeechDetector
from .recording import FULL_SCALE
from .units import SAMPLE_RATE

_MINUTE = 60 * SAMPLE_RATE
_SHORTEST = 2048
"""Samples; less is not worth comparing, nor long enough for the band's filter."""

_DEAD = -40.0
"""dB under the loudest channel in the band of voices: such a channel carries nothing."""

_CANCELLED = 0.35
"""Share of the channels' own power in the mix, under which they cancel each other out."""

_ALIKE = 0.3
"""Correlation from which on channels carry the same sound."""

_WITHOUT_SPEECH = 0.5
"""Share of the best channel's speech, under which a channel carries something else."""


@dataclass(frozen=True)
class ChannelMix:
    """How channels are mixed for listening.

    Parameters
    ----------
    weights : ndarray of float32, shape (channels,)
        The sum of their magnitudes is 1.
    note : str, optional
        What is unusual in it, for the user.
    """

    weights: F32
    note: str | None = None

    def mixed(self, channels: I16) -> I16:
        """Mix samples of shape (n, channels)."""
        if channels.shape[1] == 1 and self.weights[0] == 1:
            return np.asarray(channels[:, 0])
        return np.asarray(np.rint(channels @ self.weights), np.int16)


def choose_mix(channels: I16, usual: F32, detector: Callable[[], SpeechDetector]) -> ChannelMix:
    """Choose the mix in which the voice is heard.

    Channels that carry the same sound are mixed as usual, turned round first if they would cancel
    each other out. Of channels with different sounds, those without speech are left out.

    Parameters
    ----------
    channels : np.ndarray [shape=(n, channels), dtype=int16]
        At 16 kHz; may be a memory map.
    usual : np.ndarray [shape=(channels,)]
        Weights of the ordinary down-mix.
    detector : callable
        Gives the speech detector, where channels have different sounds.

    Returns
    -------
    ChannelMix
    """
    if len(usual) == 1 or len(channels) < _SHORTEST:
        return ChannelMix(usual)
    covariance = _covariance(channels)
    power = np.diag(covariance)
    if power.max() <= 0:
        return ChannelMix(usual)
    live = power > power.max() * 10 ** (_DEAD / 10)
    weights = np.where(live, usual, 0.0)
    if not weights.any():  # such as a voice that is in the subwoofer's channel alone
        weights = live.astype(np.float64)
    weights /= weights.sum()
    used = np.flatnonzero(weights)
    if len(used) == 1:
        return ChannelMix(weights.astype(np.float32))
    deviation = np.sqrt(np.where(live, power, 1.0))
    alike = covariance / np.outer(deviation, deviation)
    main = int(used[np.argmax(power[used])])
    others = used[used != main]
    if (np.abs(alike[main, others]) < _ALIKE).any():
        hears = detector()
        spoken = np.array([hears.presence(channels[:, c]).mean() for c in used])
        kept = used[spoken >= _WITHOUT_SPEECH * spoken.max()]
        if len(kept) < len(used) and spoken.max() > 0:
            weights[np.setdiff1d(used, kept)] = 0.0
            weights /= weights.sum()
            names = " and ".join(str(c + 1) for c in kept)
            note = f"speech is only in channel {names} of the sound: the others are not listened to"
            return ChannelMix(weights.astype(np.float32), note)
    signs = np.where(alike[main] < -_ALIKE, -1.0, 1.0)
    own = float(np.sum(np.square(weights) * power))
    if float(weights @ covariance @ weights) < _CANCELLED * own and (signs[used] < 0).any():
        note = "the channels of the sound cancel each other out: one of them is turned round"
        return ChannelMix((weights * signs).astype(np.float32), note)
    return ChannelMix(weights.astype(np.float32))


def _covariance(channels: I16) -> F64:
    """Measure powers and cross powers in the band of voices."""
    total = np.zeros((channels.shape[1],) * 2)
    for start in range(0, len(channels), _MINUTE):
        part = channels[start : start + _MINUTE].astype(np.float64) / FULL_SCALE
        if len(part) < _SHORTEST:
            continue
        heard = np.stack([voice_band(part[:, c]) for c in range(part.shape[1])])
        total += heard @ heard.T
    return total / len(channels)
