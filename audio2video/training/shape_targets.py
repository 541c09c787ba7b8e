"""What a network learns to say of a clip: coefficients of its speaker's mouth shapes."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from .._typing import F64
from ..face.layout import mouth_opening
from ..mouth.basis import COEFFICIENTS, ShapeBasis, basis_of_moments
from ..mouth.resampling import at_times
from .corpus import Clip, ShapeStatistics, true_shapes
from .sequences import TrainingClip

USUAL_SPREAD = 0.08
"""Standard deviation of the opening in speech, in closed-mouth widths, that all speakers are
brought to where they share one range."""

LEAST_SPREAD = 0.025
"""A speaker who hardly moves the lips is not enlarged by more than the usual spread over this."""


@dataclass(frozen=True)
class ShapeTargets:
    """Shapes and coefficients of a corpus's clips.

    Parameters
    ----------
    statistics : ShapeStatistics
    basis : ShapeBasis
        Of the coefficients.
    ranges : mapping of str to float
        Factor on the motion of each speaker; 1 for those not named.
    lags : mapping of str to float
        Seconds by which the sound of each speaker's clips is late; 0 for those not named.
    """

    statistics: ShapeStatistics
    basis: ShapeBasis
    ranges: Mapping[str, float] = field(default_factory=dict)
    lags: Mapping[str, float] = field(default_factory=dict)

    def shapes(self, clip: Clip) -> F64:
        """Mouth shapes of a clip relative to its speaker's closed mouth, shape (T, 20, 2).

        Raises
        ------
        BadFileError
            The statistics are of another corpus.
        """
        return true_shapes(clip, self.statistics) * self.ranges.get(clip.speaker, 1.0)

    def training_clip(self, clip: Clip, rate: int) -> TrainingClip:
        """Bring a clip's coefficients to the times of its features.

        Parameters
        ----------
        clip : Clip
            Its features are those that the network hears with.
        rate : int
            Feature frames per second.
        """
        coefficients = self.basis.encode(self.shapes(clip))
        start = clip.start + self.lags.get(clip.speaker, 0.0)
        # Targets lie on whole feature frames inside the time that the face was seen.
        end = start + float((len(clip.mouth) - 1) / clip.rate)
        first = max(math.ceil(start * rate - 1e-6), 0)
        last = min(len(clip.features) - 1, math.floor(end * rate + 1e-6))
        times = np.arange(first, last + 1) / rate - start
        targets = at_times(coefficients, clip.rate, times)
        return TrainingClip(clip.features, targets.astype(np.float32), first)

    def key(self) -> str:
        """Hash of all that the targets depend on, besides the clips."""
        digest = hashlib.sha256(np.ascontiguousarray(self.basis.components).tobytes())
        digest.update(self.basis.mean.tobytes())
        digest.update(repr((sorted(self.ranges.items()), sorted(self.lags.items()))).encode())
        return digest.hexdigest()


def speaker_ranges(clips: Iterable[Clip], statistics: ShapeStatistics) -> dict[str, float]:
    """Find for each speaker the factor that brings the opening to the usual spread.

    Parameters
    ----------
    clips : iterable of Clip
    statistics : ShapeStatistics

    Returns
    -------
    dict of str to float
        Of the deviation within clips: between them, posture moves the mouth.
    """
    variances: dict[str, list[float]] = defaultdict(list)
    for clip in clips:
        opening = mouth_opening(true_shapes(clip, statistics))
        variances[clip.speaker].append(float(opening.var()))
    return {
        speaker: USUAL_SPREAD / max(float(np.sqrt(np.mean(own))), LEAST_SPREAD)
        for speaker, own in variances.items()
    }


def balanced_basis(
    clips: Iterable[Clip], targets: ShapeTargets, corpora: Mapping[str, str]
) -> ShapeBasis:
    """Fit a shape basis to which each corpus contributes alike, by motion within its clips.

    Parameters
    ----------
    clips : iterable of Clip
    targets : ShapeTargets
        For the shapes; its basis is not used.
    corpora : mapping of str to str
        Of each clip.

    Returns
    -------
    ShapeBasis
    """
    within: dict[str, F64] = defaultdict(lambda: np.zeros((40, 40)))
    sums: dict[str, F64] = defaultdict(lambda: np.zeros(40))
    counts: dict[str, int] = defaultdict(int)
    for clip in clips:
        corpus = corpora.get(clip.clip_id, "")
        flat = targets.shapes(clip).reshape(-1, 40)
        moved = flat - flat.mean(axis=0)
        within[corpus] += moved.T @ moved
        sums[corpus] += flat.sum(axis=0)
        counts[corpus] += len(flat)
    names = sorted(counts)
    covariance = np.mean([within[name] / counts[name] for name in names], axis=0)
    mean = np.mean([sums[name] / counts[name] for name in names], axis=0)
    return basis_of_moments(mean, covariance, COEFFICIENTS)
