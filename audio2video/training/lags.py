"""How late the sound of each speaker's clips is, found by networks that have not seen the speaker.

Clips of a second are too short to see by loudness alone whether sound and picture are in step. A
network trained on half of the speakers hears well enough to tell for the other half.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..numerics import peak_offset

RATE = 50
"""Hz at which openings are compared."""

REACH, AWAY = 20, 6
"""Lags that are tried, in steps of 1 / `RATE` s, and how far from the peak another one counts."""

MAX_LAG, LEAST_MARGIN, LEAST_FIT = 0.2, 0.15, 0.45
"""A lag counts if it is within so many seconds, and if the correlation there is at least so large
and exceeds that at all lags further than `AWAY` by the margin."""

POOR_FIT = 0.3
"""Speakers whose mouths fit worse than this at any lag are reported."""

LEAST_STATES = 15


@dataclass(frozen=True)
class SpeakerLag:
    """Lag of a speaker's clips.

    Parameters
    ----------
    seconds : float
        Positive: the sound is late.
    fit, fit_at_0 : float
        Correlation of predicted and true openings at that lag and without one.
    margin : float
        How much higher it is than at lags far from it.
    predicted_motion, true_motion : float
        Squared deviation of the openings within clips, summed over time; see `motion`.
    """

    seconds: float
    fit: float
    fit_at_0: float
    margin: float
    predicted_motion: float
    true_motion: float

    @property
    def clear(self) -> bool:
        """Whether there is enough evidence to act on."""
        near = abs(self.seconds) <= MAX_LAG
        return near and self.margin >= LEAST_MARGIN and self.fit >= LEAST_FIT

    @property
    def fits(self) -> bool:
        """Whether the speaker's mouths go with the sound at all."""
        return self.fit >= POOR_FIT

    def as_dict(self) -> dict[str, float]:
        """Give the figures, as they are stored."""
        return {name: round(value, 5) for name, value in asdict(self).items()}


def motion(opening: NDArray[np.floating]) -> float:
    """Squared deviation of an opening from its mean, summed over time."""
    return len(opening) * float(opening.var())


def pooled_lag(openings: Iterable[tuple[F64, F64]]) -> SpeakerLag:
    """Find the lag at which predicted openings fit the true ones best over all clips together.

    Parameters
    ----------
    openings : iterable of (ndarray, ndarray)
        For each clip the predicted and the true opening at `RATE`, both of shape (N,).
    """
    lags = range(-REACH, REACH + 1)
    products, scales = np.zeros(len(lags)), np.full(len(lags), 1e-9)
    predicted_motion = true_motion = 0.0
    for predicted, true in openings:
        predicted_motion += motion(predicted)
        true_motion += motion(true)
        for k, lag in enumerate(lags):
            a = predicted[max(lag, 0) : max(len(predicted) + min(lag, 0), 0)]
            b = true[max(-lag, 0) : max(len(true) + min(-lag, 0), 0)]
            if len(a) < LEAST_STATES:
                continue
            a, b = a - a.mean(), b - b.mean()
            products[k] += (a * b).sum()
            scales[k] += np.sqrt((a * a).sum() * (b * b).sum())
    fit = products / scales
    peak = int(fit.argmax())
    place = float(peak - REACH)
    if 0 < peak < len(fit) - 1:
        place += peak_offset(*(float(value) for value in fit[peak - 1 : peak + 2]))
    away = np.abs(np.arange(len(fit)) - peak) > AWAY
    return SpeakerLag(
        place / RATE,
        float(fit[peak]),
        float(fit[REACH]),
        float(fit[peak] - fit[away].max()),
        predicted_motion,
        true_motion,
    )


def corrections(found: Mapping[str, SpeakerLag]) -> dict[str, float]:
    """Tell by how much the sound of each speaker's clips is later than that of all together.

    What clear lags have in common is not corrected: it can't be told from the lateness of the
    networks that found them, which on people they don't know is 5 to 10 ms.

    Parameters
    ----------
    found : mapping of str to SpeakerLag

    Returns
    -------
    dict of str to float
        Seconds, of speakers whose lag is clear; their mean is 0.
    """
    clear = {speaker: lag.seconds for speaker, lag in found.items() if lag.clear}
    common = float(np.mean(list(clear.values()))) if clear else 0.0
    return {speaker: seconds - common for speaker, seconds in clear.items()}


def folds(speakers: Mapping[str, str]) -> dict[str, int]:
    """Put every other speaker of each corpus in another fold.

    Parameters
    ----------
    speakers : mapping of str to str
        The corpus of each speaker. One who is alone in a corpus is in none.
    """
    corpora: dict[str, list[str]] = defaultdict(list)
    for speaker, corpus in speakers.items():
        corpora[corpus].append(speaker)
    return {
        speaker: k % 2
        for of in corpora.values()
        if len(of) > 1
        for k, speaker in enumerate(sorted(of))
    }


def cross_fitted(
    speakers: Mapping[str, str],
    clips: Mapping[str, Sequence[str]],
    train_on: Callable[[list[str]], Callable[[str], tuple[F64, F64]]],
) -> dict[str, SpeakerLag]:
    """Find the lags of all speakers, each with a network that was trained without the speaker.

    Parameters
    ----------
    speakers : mapping of str to str
        The corpus of each speaker.
    clips : mapping of str to sequence of str
        Training clips of each speaker.
    train_on : callable
        Trains on clips; gives a function from a clip to its predicted and true opening at `RATE`.

    Returns
    -------
    dict of str to SpeakerLag
        Of all speakers that are in a fold.
    """
    fold = folds(speakers)
    found: dict[str, SpeakerLag] = {}
    for out in (0, 1):
        kept = [i for speaker in speakers if fold.get(speaker) != out for i in clips[speaker]]
        left = sorted(speaker for speaker in speakers if fold.get(speaker) == out)
        if not left or not kept:
            continue
        openings = train_on(kept)
        for speaker in left:
            found[speaker] = pooled_lag(openings(i) for i in clips[speaker])
    return found
