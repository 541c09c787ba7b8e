"""Whether lips are seen at all: a mask, a microphone or a cup has not the colours of a face."""

from __future__ import annotations

from .._typing import Mask
from .appearance import log_colour
from .layout import INNER_LIP, MOUTH, OUTER_LIP
from .occlusion import filled_outline
from .view import View

LEAST_RED = 0.06
"""Logarithm of red over green from which on skin has its own colour: less is a picture in black
and white, or coloured light, of which nothing is known."""

LIP_RED = 0.45
"""Share of the skin's own that lips have at least; what is white, gray, black or blue has less."""


def lip_ring(view: View) -> Mask:
    """Mark the lips, without the opening between them, bool (h, w)."""
    mouth, shape = view.landmarks[MOUTH] - view.origin, view.picture.shape
    return filled_outline(mouth[OUTER_LIP], shape) & ~filled_outline(mouth[INNER_LIP], shape)


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
    lips, skin = lip_ring(view) & ~hidden, view.skin
    if not lips.any() or skin[1] < LEAST_RED:
        return 0.0
    return float((log_colour(view.picture[lips])[:, 1] < LIP_RED * skin[1]).mean())
