"""How well predicted mouth shapes follow the true ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..face.layout import mouth_opening


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Pearson correlation of two series; 0 if one of them is constant, as it then tells nothing.

    Parameters
    ----------
    a, b : ndarray, shape (T,)

    Returns
    -------
    float
    """
    a = np.asarray(a, np.float64) - np.mean(a)
    b = np.asarray(b, np.float64) - np.mean(b)
    scale = np.sqrt((a * a).sum() * (b * b).sum())
    return float((a * b).sum() / scale) if scale > 1e-12 * len(a) else 0.0


def shape_errors(
    predicted: Sequence[NDArray[np.floating]], true: Sequence[NDArray[np.floating]]
) -> dict[str, float]:
    """Compare predictions with the truth, clip by clip.

    Parameters
    ----------
    predicted, true : list of ndarray, shape (T, 20, 2)
        Relative mouth shapes of each clip.

    Returns
    -------
    dict
        ``opening_correlation``: of the inner-lip opening, mean over clips; ``mse``: mean squared
        error of a coordinate, in closed-mouth widths squared; ``r2``: share of the variance inside
        clips that is explained.
    """
    openings = [
        correlation(mouth_opening(p), mouth_opening(t))
        for p, t in zip(predicted, true, strict=True)
    ]
    errors = np.concatenate([(p - t).ravel() for p, t in zip(predicted, true, strict=True)])
    within = [
        (p - p.mean(axis=0)) - (t - t.mean(axis=0)) for p, t in zip(predicted, true, strict=True)
    ]
    residual = sum(float((w**2).sum()) for w in within)
    variance = sum(float(((t - t.mean(axis=0)) ** 2).sum()) for t in true)
    return {
        "opening_correlation": float(np.mean(openings)),
        "mse": float(np.mean(errors**2)),
        "r2": 1.0 - residual / variance if variance > 0 else 0.0,
    }
