"""Losses of training, computed with TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._typing import F64
from ..face.layout import MOUTH_CORNERS, opening_weights
from ..mouth.basis import ShapeBasis
from .shape_targets import USUAL_SPREAD

Loss = Callable[[Any, Any, Any, Any], Any]
"""Of predicted and true coefficients (B, L, K) on the network's scale, weights (B, L) and the
weight of each sequence's mean error (B,)."""

COEFFICIENT_BEND = 0.6
"""Errors of coefficients over this, in usual spreads of the opening, count linearly: landmarks that
failed for some frames must not bend a network."""

CURVE_BEND, SPEED_BEND = 0.08, 0.056
"""The same for opening and width, and for their change over `SPEED_FRAMES`."""

SPEED_FRAMES = 3

COEFFICIENTS, OPENING, OPENING_FIT, OPENING_SPEED = 0.25, 3.75, 0.5, 3.75
WIDTH, WIDTH_FIT = 1.25, 0.2
"""Weights of the parts of the lip loss: errors of coefficients, of the opening, one minus its
concordance, errors of its change; errors of the width, one minus its concordance."""

STILL = 3e-4
"""Variance, in squared usual spreads, under which a curve that does not move can't disagree."""


def squared_error(tf: Any) -> Loss:
    """Make the mean squared error."""

    def loss(found: Any, true: Any, weights: Any, mean_weights: Any) -> Any:
        error = tf.reduce_mean(tf.square(found - true), axis=-1)
        return tf.reduce_sum(error * weights) / tf.maximum(tf.reduce_sum(weights), 1.0)

    return loss


def lip_loss(tf: Any, basis: ShapeBasis, target_std: F64) -> Loss:
    """Make the loss of passes for many speakers.

    Robust errors of the coefficients, and errors of opening and width over time with their
    concordance (Lin 1989). Of each sequence's mean error only a share counts, as the closed mouth
    of a speaker who is seen for seconds is badly known.

    Parameters
    ----------
    tf : module
    basis : ShapeBasis
    target_std : ndarray, shape (K,)
        The network's scale of coefficients.
    """
    scale = np.asarray(target_std, np.float64) / USUAL_SPREAD
    opening, width = (
        tf.constant(scale * (basis.components @ row), tf.float32) for row in curve_rows()
    )
    scales = tf.constant(scale, tf.float32)

    def loss(found: Any, true: Any, weights: Any, mean_weights: Any) -> Any:
        count = tf.maximum(tf.reduce_sum(weights), 1.0)
        error = _without_mean(
            tf, (found - true) * scales, weights[..., None], mean_weights[:, None, None]
        )
        total = COEFFICIENTS * tf.reduce_sum(_huber(tf, error, COEFFICIENT_BEND)) / count
        for row, plain, fit in ((opening, OPENING, OPENING_FIT), (width, WIDTH, WIDTH_FIT)):
            a, b = tf.linalg.matvec(found, row), tf.linalg.matvec(true, row)
            curve = _without_mean(tf, a - b, weights, mean_weights[:, None])
            total += plain * tf.reduce_sum(_huber(tf, curve, CURVE_BEND)) / count
            total += fit * tf.reduce_mean(1 - _concordance(tf, a, b, weights))
        gap = tf.linalg.matvec(found - true, opening) * weights
        both = weights[:, SPEED_FRAMES:] * weights[:, :-SPEED_FRAMES]
        change = (gap[:, SPEED_FRAMES:] - gap[:, :-SPEED_FRAMES]) * both
        return total + OPENING_SPEED * tf.reduce_sum(_huber(tf, change, SPEED_BEND)) / count

    return loss


def curve_rows() -> tuple[F64, F64]:
    """Weights of the 40 coordinates that give the opening, and the width less a constant."""
    width = np.zeros((20, 2))
    width[list(MOUTH_CORNERS), 0] = -1, 1
    return opening_weights().ravel(), width.ravel()


def _huber(tf: Any, error: Any, bend: float) -> Any:
    size = tf.abs(error)
    return tf.where(size < bend, tf.square(error) / (2 * bend), size - bend / 2)


def _without_mean(tf: Any, error: Any, weights: Any, mean_weight: Any) -> Any:
    count = tf.maximum(tf.reduce_sum(weights, axis=1, keepdims=True), 1.0)
    mean = tf.reduce_sum(error * weights, axis=1, keepdims=True) / count
    return (error - (1 - mean_weight) * mean) * weights


def _concordance(tf: Any, a: Any, b: Any, weights: Any) -> Any:
    a, b = (_without_mean(tf, curve, weights, 0.0) for curve in (a, b))
    count = tf.maximum(tf.reduce_sum(weights, axis=1), 1.0)
    spread = (tf.reduce_sum(tf.square(a), 1) + tf.reduce_sum(tf.square(b), 1)) / count
    return 2 * tf.reduce_sum(a * b, 1) / count / (spread + STILL)
