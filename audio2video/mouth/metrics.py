"""How well predicted mouth shapes follow the true ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..face.layout import MOUTH_CORNERS, mouth_opening
from ..numerics import peak_offset
from ..speech.units import FEATURE_RATE
from .closures import ClosureCounts, count_closures
from .liveliness import MotionSums, pause_motion, speech_spread
from .resampling import at_times

MAX_LAG = 30
"""Feature frames (10 ms) up to which a prediction may lag behind the truth or run ahead of it."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class ClipMeasures:
    """How well a prediction follows one clip.

    Parameters
    ----------
    seconds : float
    values : int
        Coordinates compared.
    squared_error : float
        Their sum of squared errors, in closed-mouth widths squared.
    residual, variance : float
        Sums of squares left, and there to be explained, with the clip's own mean shape removed.
    opening_correlation, width_correlation : float
        Of the inner-lip opening and of the distance between the mouth corners.
    lag : float or None
        Seconds by which the predicted opening comes late; None if it or the truth never moves.
    opening_correlation_at_lag : float
        Of the opening with this lag taken out: what is right but for a recording's own offset
        between sound and picture.
    closures : ClosureCounts
    spread : MotionSums
        Deviations of the opening from its mean in speech, predicted and true.
    pauses : MotionSums
        Speeds of the opening in pauses of more than half a second, predicted and true.
    """

    seconds: float
    values: int
    squared_error: float
    residual: float
    variance: float
    opening_correlation: float
    width_correlation: float
    lag: float | None
    opening_correlation_at_lag: float
    closures: ClosureCounts
    spread: MotionSums
    pauses: MotionSums

    @property
    def mse(self) -> float:
        """Mean squared error of a coordinate, in closed-mouth widths squared."""
        return self.squared_error / self.values

    @property
    def r2(self) -> float:
        """Share of the variance inside the clip that is explained; 0 if there is none."""
        return 1.0 - self.residual / self.variance if self.variance > 0 else 0.0


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Pearson correlation of two series; 0 if one of them is constant.

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


def width_change(shapes: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much wider than closed a mouth is, from relative shapes (T, 20, 2); shape (T,)."""
    left, right = MOUTH_CORNERS
    return np.asarray(shapes[..., right, 0] - shapes[..., left, 0], np.float64)


def opening_at_100hz(shapes: NDArray[np.floating], rate: Fraction) -> NDArray[np.float64]:
    """Inner-lip opening of relative shapes (T, 20, 2), interpolated to 100 Hz from frame 0 on."""
    return at_100hz(mouth_opening(shapes), rate)


def at_100hz(curve: NDArray[np.floating], rate: Fraction) -> NDArray[np.float64]:
    """Interpolate a curve (T,) at a video's rate to 100 Hz, from frame 0 on."""
    steps = int((len(curve) - 1) * FEATURE_RATE / rate) + 1
    return at_times(curve, rate, np.arange(steps) / FEATURE_RATE)


def find_lag(
    predicted: NDArray[np.floating], true: NDArray[np.floating]
) -> tuple[float | None, float]:
    """Find by how much a series at 100 Hz comes late, and how well it fits then.

    Parameters
    ----------
    predicted, true : ndarray, shape (N,)

    Returns
    -------
    lag : float or None
        Seconds at which their correlation, over what they share when shifted, peaks; between the
        steps of 10 ms by the parabola through the peak and its neighbours. Negative if the
        prediction is early, None if one of them is constant.
    correlation : float
        At the peak; 0 if one of them is constant.
    """
    reach = min(MAX_LAG, len(true) // 2)
    if correlation(true, true) == 0 or correlation(predicted, predicted) == 0:
        return None, 0.0
    lags = range(-reach, reach + 1)
    found = np.array(
        [
            correlation(
                predicted[max(lag, 0) : len(predicted) + min(lag, 0)],
                true[max(-lag, 0) : len(true) + min(-lag, 0)],
            )
            for lag in lags
        ]
    )
    peak = int(found.argmax())
    offset = 0.0
    if 0 < peak < len(found) - 1:
        offset = peak_offset(*found[peak - 1 : peak + 2])
    return float((peak - reach + offset) / FEATURE_RATE), float(found[peak])


def measure_clip(
    predicted: NDArray[np.floating],
    true: NDArray[np.floating],
    rate: Fraction,
    speech: NDArray[np.floating] | None = None,
) -> ClipMeasures:
    """Compare a prediction with the truth.

    Parameters
    ----------
    predicted, true : ndarray, shape (T, 20, 2)
        Relative mouth shapes.
    rate : Fraction
        Frames per second.
    speech : ndarray, optional
        Speech activity, 0 to 1, at 100 Hz from frame 0 on: where closures count. It may go on
        longer than the shapes.

    Returns
    -------
    ClipMeasures

    Raises
    ------
    ValueError
        Prediction and truth differ in length.
    """
    if np.shape(predicted) != np.shape(true):
        raise ValueError(f"shapes {np.shape(predicted)} and {np.shape(true)} differ")
    p, t = np.asarray(predicted, np.float64), np.asarray(true, np.float64)
    moved, truly = _motion(p), _motion(t)
    openings = opening_at_100hz(p, rate), opening_at_100hz(t, rate)
    if speech is not None:
        speech = speech[: len(openings[0])]
    return ClipMeasures(
        len(t) / float(rate),
        t.size,
        float(((p - t) ** 2).sum()),
        float(((moved - truly) ** 2).sum()),
        float((truly**2).sum()),
        correlation(mouth_opening(p), mouth_opening(t)),
        correlation(width_change(p), width_change(t)),
        *find_lag(*openings),
        count_closures(*openings, speech),
        speech_spread(*openings, speech),
        pause_motion(*openings, speech),
    )


def _motion(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take the mean shape out; of a mouth that stands still, nothing at all is left."""
    away = shapes - shapes[:1]  # the mean of equal numbers may differ from them in the last bit
    return np.asarray(away - away.mean(axis=0))


def summarise(clips: Sequence[ClipMeasures]) -> dict[str, Any]:
    """Put the measures of clips together.

    Parameters
    ----------
    clips : sequence of ClipMeasures
        At least one.

    Returns
    -------
    dict
        JSON values. ``mse`` and ``r2`` are over all frames of all clips, ``lag_ms`` is the median
        over clips (None if nothing ever moves), correlations are means over clips, their quantiles
        beside them; ``closures`` holds counts, recall, precision and false ones a second of speech;
        ``spread`` is the predicted over the true deviation of the opening in speech; ``pauses``
        holds rms speeds of the opening in pauses, in closed-mouth widths a second.
    """
    variance = sum(clip.variance for clip in clips)
    lags = [clip.lag for clip in clips if clip.lag is not None]
    result: dict[str, Any] = {
        "clips": len(clips),
        "seconds": round(sum(clip.seconds for clip in clips), 3),
        "mse": sum(clip.squared_error for clip in clips) / sum(clip.values for clip in clips),
        "r2": 1.0 - sum(clip.residual for clip in clips) / variance if variance > 0 else 0.0,
        "lag_ms": 1000 * float(np.median(lags)) if lags else None,
        "closures": sum((clip.closures for clip in clips), ClosureCounts()).as_dict(),
        "spread": sum((clip.spread for clip in clips), MotionSums()).ratio,
        "pauses": sum((clip.pauses for clip in clips), MotionSums()).speeds(),
    }
    for name in ("opening_correlation", "width_correlation", "opening_correlation_at_lag"):
        values = [getattr(clip, name) for clip in clips]
        result[name] = float(np.mean(values))
        result[f"{name}_quantiles"] = {
            f"{q:g}": float(x)
            for q, x in zip(QUANTILES, np.quantile(values, QUANTILES), strict=True)
        }
    return result


def measure_clips(
    predicted: Sequence[NDArray[np.floating]],
    true: Sequence[NDArray[np.floating]],
    rates: Sequence[Fraction],
    speech: Sequence[NDArray[np.floating] | None] | None = None,
) -> dict[str, Any]:
    """Compare predictions with the truth, clip by clip: `measure_clip` and `summarise`.

    Parameters
    ----------
    predicted, true : list of ndarray, shape (T, 20, 2)
        Relative mouth shapes of each clip.
    rates : list of Fraction
        Frames per second of each.
    speech : list, optional
        Speech activity of each, see `measure_clip`.

    Returns
    -------
    dict
        See `summarise`.
    """
    heard = [None] * len(true) if speech is None else speech
    return summarise(
        [
            measure_clip(p, t, rate, s)
            for p, t, rate, s in zip(predicted, true, rates, heard, strict=True)
        ]
    )
