"""What a listener is to do at each moment: a motion to be looked for in the footage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._typing import F64, Mask
from .backchannel import backchannel_times, pause_times
from .gestures import Habits
from .motion import BROW, EYES, PITCH, POSE, ROLL, SMILE, YAW, FaceMotion, X, Y
from .prosody import Prosody

ASPECTS = ("yaw", "pitch", "roll", "x", "y", "brows", "eyes", "smile")
"""Speeds of the first five and values of the others, on the scale of `SCALES`."""

SCALES = np.array([12.0, 12.0, 12.0, 0.25, 0.25, 0.05, 0.35, 0.1])
"""What counts as one: degrees per second, inter-ocular distances per second, and values."""

CALM, SHOWN = 2.5, 60.0
"""Weights of a wish for nothing special, and of one for a gesture."""

EYES_OPEN = 5.0
"""Weight of open eyes: blinks come when they are asked for, as far as the footage lets them."""

NOD_SECONDS = 0.6
"""From before the way down to after the way up."""

NOD_DEGREES = (2.5, 7.0)
"""Bounds of how far down a listener's nod is asked to go."""

BLINK_SECONDS = 0.28
SMILE_SECONDS = 1.6

AFTER_PAUSE = 0.25
"""Seconds after the speaker has stopped at which a nod may answer the pause."""

LONG_PAUSE = 0.35
"""Seconds of a pause that may be answered."""

CHANCE_RULE, CHANCE_PAUSE = 0.8, 0.35
"""Chances of a nod at a moment of the rule, and at the beginning of a pause."""

APART = 1.2
"""Seconds between the beginnings of two nods, at least."""

BLINK_APART = 0.9

TALK_AROUND = 0.3
"""Seconds around what a listener says in which nothing is asked for."""


@dataclass(frozen=True)
class Wish:
    """A motion that is wished for in each of N frames.

    Parameters
    ----------
    aspects : ndarray of float64, shape (N, 8)
        Columns as in `ASPECTS`.
    weights : ndarray of float64, shape (N, 8)
        How much each matters.
    nods, blinks, smiles : ndarray of float64
        Seconds at which they begin, for reports.
    """

    aspects: F64
    weights: F64
    nods: F64
    blinks: F64
    smiles: F64

    def __len__(self) -> int:
        return len(self.aspects)


def aspects_of(motion: FaceMotion) -> F64:
    """Describe a motion as a wish does, shape (T, 8)."""
    values = motion.values
    speeds = np.zeros((len(values), 5))
    if len(values) > 1:
        speeds = np.gradient(values[:, POSE], axis=0) * motion.rate
    columns = [speeds, values[:, BROW : EYES + 1], values[:, SMILE : SMILE + 1]]
    return np.asarray(np.hstack(columns) / SCALES, np.float64)


def calm_aspects() -> F64:
    """Give what is wished for when nothing else is: a still head and open eyes; shape (8,)."""
    calm = np.zeros(len(ASPECTS))
    calm[ASPECTS.index("eyes")] = 1 / SCALES[ASPECTS.index("eyes")]
    return calm


def ruled_wish(
    prosody: Prosody,
    habits: Habits,
    rate: float,
    frames: int,
    liveliness: float,
    rng: np.random.Generator,
) -> Wish:
    """Wish for nods where a published rule asks for signs of listening, and for the person's own.

    Nods answer the moments of `backchannel_times`, and some pauses; blinks and smiles come as often
    as in the footage.

    Parameters
    ----------
    prosody : Prosody
        Of the speaker.
    habits : Habits
        Of the listener.
    rate : float
        Frames per second.
    frames : int
    liveliness : float
        Factor on how often and how far the head nods; 0 for never.
    rng : numpy.random.Generator

    Returns
    -------
    Wish
    """
    seconds = frames / rate
    nods = _nod_times(prosody, liveliness, rng) if habits.nod_degrees > 0 else np.zeros(0)
    nods = nods[nods + NOD_SECONDS < seconds]
    blinks = _by_rate(habits.blinks, BLINK_APART, seconds, rng)
    often = habits.smiles / SMILE_SECONDS
    smiles = _by_rate(min(often, 0.2) * liveliness, 2 * SMILE_SECONDS, seconds, rng)
    aspects = np.tile(calm_aspects(), (frames, 1))
    weights = np.full((frames, len(ASPECTS)), CALM)
    weights[:, ASPECTS.index("eyes")] = EYES_OPEN
    # Brows and smiles of a face at rest are the person's own: whatever is there will do.
    weights[:, [ASPECTS.index("brows"), ASPECTS.index("smile")]] = 0.3
    low, high = NOD_DEGREES
    for time in nods:
        usual = np.clip(habits.nod_degrees, low, high) * rng.uniform(0.7, 1.2)
        _put_nod(aspects, weights, time, float(usual) * min(liveliness, 1.5) ** 0.5, rate)
    for time in blinks:
        _put_blink(aspects, weights, time, rate)
    for time in smiles:
        first, last = round(time * rate), round((time + SMILE_SECONDS) * rate)
        aspects[first:last, ASPECTS.index("smile")] = 1.0
        weights[first:last, ASPECTS.index("smile")] = SHOWN
    return Wish(aspects, weights, nods, blinks, smiles)


def _nod_times(prosody: Prosody, liveliness: float, rng: np.random.Generator) -> F64:
    """Choose when to nod."""
    ruled, pauses = backchannel_times(prosody), pause_times(prosody, LONG_PAUSE) + AFTER_PAUSE
    moments = [(time, CHANCE_RULE) for time in ruled] + [(time, CHANCE_PAUSE) for time in pauses]
    chosen: list[float] = []
    for time, chance in sorted(moments):
        # Drawn for each, chosen or not: a livelier listener nods at the same moments, and at more.
        draw, shift = rng.random(), rng.normal(0, 0.08)
        far = not chosen or time - chosen[-1] >= APART
        if draw < chance * liveliness and far:
            chosen.append(max(0.0, time + shift))
    return np.array(chosen, np.float64)


def _by_rate(rate: float, apart: float, seconds: float, rng: np.random.Generator) -> F64:
    """Draw moments that come so often, and no closer than `apart`."""
    if rate <= 0:
        return np.zeros(0)
    times: list[float] = []
    time = 0.0
    mean = max(1 / rate - apart, 0.05)
    while True:
        time += apart + rng.exponential(mean)
        if time >= seconds - BLINK_SECONDS:
            return np.array(times, np.float64)
        times.append(time)


def nod_pitch(shares: F64) -> F64:
    """Give how far down the head is within a nod, 0 to 1; down faster than up."""
    down = 0.4
    phase = np.where(shares < down, shares / down, (1 - shares) / (1 - down))
    inside = (shares > 0) & (shares < 1)
    return np.asarray(np.where(inside, 0.5 - 0.5 * np.cos(np.pi * phase), 0.0), np.float64)


def _put_nod(aspects: F64, weights: F64, time: float, degrees: float, rate: float) -> None:
    first, last = round(time * rate), min(round((time + NOD_SECONDS) * rate), len(aspects))
    frames = np.arange(first - 1, last + 1)
    down = nod_pitch((frames / rate - time) / NOD_SECONDS) * degrees
    speed = np.gradient(down) * rate if len(down) > 1 else np.zeros(len(down))
    pitch = ASPECTS.index("pitch")
    aspects[first:last, pitch] = speed[1 : 1 + last - first] / SCALES[pitch]
    weights[first:last, pitch] = SHOWN
    # A head that nods moves in the picture as well: nothing else is asked of that.
    for name in ("y", "x"):
        weights[first:last, ASPECTS.index(name)] = 0.1


def _put_blink(aspects: F64, weights: F64, time: float, rate: float) -> None:
    first, last = round(time * rate), min(round((time + BLINK_SECONDS) * rate), len(aspects))
    eyes = ASPECTS.index("eyes")
    aspects[first:last, eyes] = 0.5 / SCALES[eyes]
    weights[first:last, eyes] = SHOWN


COLUMNS = (YAW, PITCH, ROLL, X, Y, BROW, EYES, SMILE)
"""Columns of a motion that the aspects are of."""


def freed(wish: Wish, talking: Mask, rate: float) -> Wish:
    """Ask for nothing where the listener speaks, and shortly before and after.

    Parameters
    ----------
    wish : Wish
        Of N frames.
    talking : ndarray of bool, shape (N,)
    rate : float
        Frames per second.
    """
    reach = round(TALK_AROUND * rate)
    wide = np.convolve(talking, np.ones(2 * reach + 1))[reach : reach + len(talking)] > 0.5
    weights = np.where(wide[:, None], 0.0, wish.weights)
    nods, blinks, smiles = (
        times[~wide[np.minimum((times * rate).astype(int), len(wide) - 1)]]
        for times in (wish.nods, wish.blinks, wish.smiles)
    )
    return Wish(wish.aspects, weights, nods, blinks, smiles)
