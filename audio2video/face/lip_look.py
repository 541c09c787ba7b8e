"""Telling lips from something smooth that is in front of them, whatever its colour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, Mask
from ..numerics import robust_deviation
from .appearance import log_colour
from .layout import MOUTH, OUTER_LIP
from .occlusion import filled_outline
from .view import View

SURE, SMOOTH = 0.6, 0.45
"""Shares of the strongest contrast within a mouth from which on it surely is one, and below which
something smooth may be in front of it: lips that are closed, or a cup."""

STRONGEST = 0.95
"""Quantile of the frames that tells the strongest contrast."""

APART = 5.0
"""Distance of colours, in spreads of sure mouths, from which on something smooth is no lip. In 20
clips of bare faces it is 3.2 at most, behind drawn cups 6.9 to 11.9."""

LEAST_SPREAD = (0.1, 0.03, 0.03)
"""Of tone, red over green, and blue over green, natural logarithms."""

LEAST_SURE = 8
"""Sure mouths without which nothing is said."""


def lip_look(view: View) -> F32:
    """Measure how a mouth looks.

    Parameters
    ----------
    view : View

    Returns
    -------
    ndarray of float32, shape (4,)
        Contrast: the standard deviation of the tone inside the outer lip, without a slope. And the
        median colour there, relative to the skin's, as of `appearance.log_colour`.
    """
    outline = view.landmarks[MOUTH][OUTER_LIP] - view.origin
    lips = filled_outline(outline, view.picture.shape)
    y, x = np.nonzero(lips)
    if len(x) < 3:
        return np.zeros(4, np.float32)
    colours = log_colour(view.picture[lips])
    plane = np.column_stack([x, y, np.ones(len(x))]).astype(np.float64)
    slope = np.linalg.lstsq(plane, colours[:, 0].astype(np.float64), rcond=None)[0]
    contrast = float((colours[:, 0] - plane @ slope).std())
    colour = np.median(colours, axis=0) - view.skin
    return np.array([contrast, *colour], np.float32)


def no_lips(looks: NDArray[np.floating]) -> Mask:
    """Tell frames in which something smooth, of another colour than the lips, is in front of them.

    Parameters
    ----------
    looks : ndarray, shape (n, 4)
        From `lip_look`, of one speaker.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    contrast, colours = looks[:, 0], looks[:, 1:]
    if len(looks) == 0:
        return np.zeros(0, bool)
    strongest = float(np.quantile(contrast, STRONGEST))
    sure = contrast >= SURE * strongest
    if sure.sum() < LEAST_SURE:
        return np.zeros(len(looks), bool)
    usual = np.median(colours[sure], axis=0)
    spread = np.hypot(robust_deviation(colours[sure] - usual), LEAST_SPREAD)
    apart = np.sqrt((((colours - usual) / spread) ** 2).sum(axis=1))
    return np.asarray((contrast < SMOOTH * strongest) & (apart > APART))
