"""Which colours a face can have: its own skin's, and the redder ones of lips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._typing import F32, Mask

SPREAD = (0.3, 0.05, 0.05)
"""Spread of a face's own skin: tone, red over green, blue over green, natural logarithms."""

LIMIT = 3.0
"""Times that spread from which a colour is foreign to the face."""


def is_foreign(colours: F32, skin: NDArray[np.floating]) -> Mask:
    """Tell colours that are neither skin nor lip.

    Lips are less green than skin: redder, and with it bluer. So what is as red as skin may be blue.

    Parameters
    ----------
    colours : ndarray of float32, shape (..., 3)
        From `appearance.log_colour`.
    skin : ndarray, shape (3,)
        That of this face's skin, in the same light.

    Returns
    -------
    ndarray of bool, shape (...)
    """
    tone, red, blue = np.moveaxis(colours - np.asarray(skin, np.float32), -1, 0)
    blue = np.where(red > -SPREAD[1], np.minimum(blue, 0), blue)
    red = np.minimum(red, 0)
    parts = (part / spread for part, spread in zip((tone, red, blue), SPREAD, strict=True))
    return np.asarray(sum(part**2 for part in parts) > LIMIT**2)
