"""Mouth shapes of the caller's own, in place of predicted ones."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import DEFAULT_PASS
from ..errors import OptionError
from ..mouth.foreign import adopt_shapes
from ..mouth.prediction import MouthTrack
from ..storage.workspace import Workspace
from .speech import as_rate
from .stages import load_pass


def adopt_mouth(
    points: NDArray[np.floating],
    rate: Fraction | float,
    *,
    pass_id: str = DEFAULT_PASS,
    workspace: Workspace | str | Path | None = None,
) -> MouthTrack:
    """Take over mouth shapes from elsewhere: other programs, other faces, motion capture.

    The head pose of whole faces is removed; mouths alone are brought to the usual place and size by
    a Procrustes fit of their closed mouth.

    Parameters
    ----------
    points : ndarray, shape (T, 20, 2) or (T, 68, 2)
        Of dlib's 68 points all, or 48 to 67. Any unit; y may point up or down.
    rate : Fraction or float
        Shapes per second.
    pass_id : str
        A pass, in whose proportions the shapes are given.
    workspace : Workspace, str or Path, optional
        Where passes of your own lie.

    Returns
    -------
    MouthTrack
        T shapes, as `predict_mouth` gives them.

    Raises
    ------
    OptionError
        The points are of another form, not finite, or no mouths.
    Audio2VideoError
        There is no such pass.

    Examples
    --------
    >>> import audio2video as a2v
    >>> mouth = a2v.predict_mouth(a2v.demo_speech(), 25)
    >>> again = a2v.adopt_mouth(7 * mouth.shapes + 100, 25)
    >>> bool(abs(again.opening - mouth.opening).max() < 1e-3)
    True
    """
    template = load_pass(pass_id, workspace).reference
    try:
        return adopt_shapes(points, as_rate(rate), template)
    except ValueError as error:
        raise OptionError(f"the array {error}") from error
