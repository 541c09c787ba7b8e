"""Whether lips are seen at all: a mask, a microphone or a cup has not the colours of a face."""

from __future__ import annotations

import cv2
import numpy as np

from .._typing import Mask
from .appearance import log_colour
from .layout import INNER_LIP, MOUTH, OUTER_LIP
from .view import View, skin_colour

LEAST_RED = 0.06
"""Logarithm of red over green from which on skin has its own colour: less is a picture in black
and white, or coloured light, of which nothing is known."""


LIP_RED = 0.45
"""Share of the skin's own that lips have at least; what is white, gray, black or blue has less."""


def lip_ring(view: View) -> Mask:
    """Mark the lips, without the opening between them, bool (h, w)."""
    mouth = view.landmarks[MOUTH] - view.origin
    plane = np.zeros(view.picture.shape[:2], np.uint8)
    for part, value in ((OUTER_LIP, 1), (INNER_LIP, 0)):
        cv2.fillPoly(plane, [np.round(mouth[part] * 16).astype(np.int32)], value, shift=4)
    return np.asarray(plane > 0)


def foreign_lips(view: View, hidden: Mask) -> float:
    """Measure how much of the lips is not red.

    Lips are redder than skin in any light and make-up. The mouth opening is left out, where teeth
    and dark are seen.

    Parameters
    ----------
    view : View
    hidden : ndarray of bool, shape (h, w)
        Where something known is in front, which is left out.

    Returns
    -------
    float
        0 to 1; 0 where the face is not in the colours of skin.
    """
    lips, skin = lip_ring(view) & ~hidden, skin_colour(view)
    if not lips.any() or skin[1] < LEAST_RED:
        return 0.0
    return float((log_colour(view.picture[lips])[:, 1] < LIP_RED * skin[1]).mean())
