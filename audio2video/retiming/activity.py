"""How the target's head moves, and when the speech asks for motion."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..face.layout import inter_ocular_distance

HEAD = slice(27, 48)
"""Landmarks of nose and eyes: they move with the head, whatever jaw and brows do."""

LIVELY_QUANTILE = 0.9
"""A motion that this share of the target's usable frames stays under is lively."""

ALPHA_U = 2.0
"""Cost of target motion in silence."""

ALPHA_S = 2.0
"""Reward of target motion where speech sets in."""

ALPHA_V = 0.5
"""Reward of target motion in the rest of the speech."""

LEAD_SECONDS = 0.1
"""Heads set off this long before the voice is heard."""

ONSET_SECONDS = 0.2
"""How long speech counts as setting in."""


def head_velocity(
    landmarks: NDArray[np.floating], starts: NDArray[np.bool_], usable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Move of the head in the picture since the frame before.

    Parameters
    ----------
    landmarks : ndarray, shape (T, 68, 2)
        Pixel (x, y).
    starts, usable : ndarray of bool, shape (T,)
        Where an unbroken stretch starts; where the face can be worked with.

    Returns
    -------
    ndarray of float64, shape (T, 2)
        In inter-ocular distances; zero where there is no frame to compare with.
    """
    velocity = np.zeros((len(landmarks), 2))
    if not usable.any():
        return velocity
    size = float(np.median(inter_ocular_distance(landmarks[usable].astype(np.float64))))
    velocity[1:] = np.diff(landmarks[:, HEAD].mean(axis=1, dtype=np.float64), axis=0) / size
    velocity[starts | ~usable] = 0.0
    return velocity


def normalised_motion(
    motion: NDArray[np.floating], usable: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Motion on a scale where 1 is lively for this person, cut off there."""
    if not usable.any():
        return np.zeros(len(motion), np.float32)
    scale = max(float(np.quantile(motion[usable], LIVELY_QUANTILE)), 1e-6)
    return np.asarray(np.clip(motion / scale, 0, 1), np.float32)


def speech_onsets(speech: NDArray[np.floating], rate: float) -> NDArray[np.bool_]:
    """Frames in which speech is about to set in, or has just done so.

    Parameters
    ----------
    speech : ndarray, shape (N,)
        Speech activity, 0 to 1.
    rate : float
        Frames per second.
    """
    active = speech > 0.5
    before = round(LEAD_SECONDS * rate)
    after = max(1, round(ONSET_SECONDS * rate))
    onset = np.zeros(len(speech), bool)
    for first in np.flatnonzero(active & ~np.r_[False, active[:-1]]):
        # A voice that breaks off sooner sets in no longer than it lasts.
        rest = active[first : first + after]
        lasts = len(rest) if rest.all() else int(rest.argmin())
        onset[max(0, first - before) : first + lasts] = True
    return onset


def speech_gain(speech: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    """Cost of lively motion under each output frame; negative where motion is wanted.

    Parameters
    ----------
    speech : ndarray, shape (N,)
        Speech activity, 0 to 1.
    rate : float
        Frames per second.
    """
    rest = np.where(speech > 0.5, -ALPHA_V, ALPHA_U)
    return np.where(speech_onsets(speech, rate), -ALPHA_S, rest)
