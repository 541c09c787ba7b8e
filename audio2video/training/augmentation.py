"""Variations of training clips: the same words louder, faster, or a little early or late."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..mouth.resampling import at_times
from ..speech.features import FEATURE_RATE, STATIC_FEATURES, with_differences, with_gain
from .sequences import TrainingClip


@dataclass(frozen=True)
class Variation:
    """Bounds of the random variation of a clip, drawn again in every epoch.

    Parameters
    ----------
    gain : float
        dB up or down.
    tempo : float
        Share by which speech is faster or slower.
    shift : float
        Seconds by which sound is shifted against the mouth.
    """

    gain: float = 0.0
    tempo: float = 0.0
    shift: float = 0.0

    def of(self, clip: TrainingClip, rng: np.random.Generator) -> TrainingClip:
        """Vary a clip.

        Parameters
        ----------
        clip : TrainingClip
        rng : numpy.random.Generator
            The same numbers are drawn whatever the bounds are.

        Returns
        -------
        TrainingClip
        """
        gain, tempo, shift = rng.uniform(-1, 1, 3) * (self.gain, self.tempo, self.shift)
        if tempo or shift:
            clip = resampled(clip, 1.0 + tempo, shift)
        if gain:
            clip = TrainingClip(
                with_gain(np.asarray(clip.features), gain), clip.targets, clip.first
            )
        return clip


def resampled(clip: TrainingClip, speed: float, shift: float) -> TrainingClip:
    """Play a clip faster or slower, and its sound earlier or later.

    Features are interpolated in time, which changes tempo and leaves pitch alone; their differences
    follow from the interpolated ones, as they would for speech of that tempo.

    Parameters
    ----------
    clip : TrainingClip
    speed : float
        Over 1 is faster.
    shift : float
        Seconds by which sound comes earlier against the mouth.

    Returns
    -------
    TrainingClip
    """
    rate = Fraction(FEATURE_RATE)
    frames = max(1, round(len(clip.features) / speed))
    times = np.arange(frames) * speed / FEATURE_RATE
    static = at_times(clip.features[:, :STATIC_FEATURES], rate, times + shift)
    # Targets lie on whole feature frames: the first that is inside the clip's own.
    first = int(np.ceil(clip.first / speed))
    last = min(frames - 1, int(np.floor((clip.first + len(clip.targets) - 1) / speed)))
    at = times[first : last + 1] - clip.first / FEATURE_RATE
    targets = at_times(clip.targets, rate, at).astype(np.float32)
    return TrainingClip(with_differences(static), targets, first)
