"""How well a trained pass predicts clips that it has not seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .._typing import F64
from ..face.layout import mouth_opening
from ..mouth.metrics import measure_clips
from ..mouth.predictor import Predictor
from .corpus import frame_times
from .lags import motion
from .session import Session
from .shape_targets import ShapeTargets

GAIN_LIMITS = (1.0, 1.3)
"""Of the factor on predicted motion."""

MEASURES = ("mse", "r2", "opening_correlation", "width_correlation", "lag_ms")


def range_gain(session: Session, targets: ShapeTargets, network: Predictor) -> float:
    """Find the factor that gives predicted openings the range of true ones.

    The mean over all that could be said, which a network predicts, moves less than speech does.
    Corpora count alike. One that nobody is kept apart of for validation is judged by the networks
    that lags were found with, each on speakers that it was not trained on.
    """
    sums: dict[str, F64] = defaultdict(lambda: np.zeros(2))
    for i in session.split["validation"]:
        predicted, true = _predicted(session, targets, network, i)
        own = [mouth_opening(shapes) for shapes in (predicted, true)]
        sums[session.corpora.get(i, "")] += [motion(opening) for opening in own]
    judged = set(sums)
    corpora = {origin.speaker: origin.corpus for origin in session.prepared.origins.values()}
    for speaker, lag in session.lags(targets).items():
        if corpora[speaker] not in judged:
            sums[corpora[speaker]] += [lag.predicted_motion, lag.true_motion]
    ratios = [np.sqrt(true / predicted) for predicted, true in sums.values() if predicted > 0]
    if not ratios:
        return 1.0
    return float(np.clip(np.exp(np.mean(np.log(np.maximum(ratios, 1e-6)))), *GAIN_LIMITS))


def _predicted(
    session: Session, targets: ShapeTargets, network: Predictor, clip_id: str
) -> tuple[F64, F64]:
    """Predicted and true shapes of a clip."""
    clip = session.prepared.heard(clip_id)
    return session.predicted(network, clip, frame_times(clip)), targets.shapes(clip)


def evaluate(session: Session, targets: ShapeTargets, network: Predictor) -> dict[str, Any]:
    """Measure on clips kept out of training, beside always saying the mean shape."""
    mean = network.basis.decode(network.target_mean)
    result: dict[str, Any] = {}
    for part in ("validation", "test"):
        ids = session.split[part]
        if not ids:
            continue
        pairs = {i: _predicted(session, targets, network, i) for i in ids}
        result[part] = {"clips": len(ids), **_measures(session, pairs, ids)}
        always = [np.broadcast_to(mean, true.shape) for _, true in pairs.values()]
        rates = [session.clips[i].rate for i in ids]
        measures = measure_clips(always, [true for _, true in pairs.values()], rates)
        result[part]["mean_shape"] = {key: measures[key] for key in MEASURES}
        corpora = sorted({session.corpora.get(i, "") for i in ids})
        if len(corpora) > 1:
            result[part]["corpora"] = {
                corpus: _measures(
                    session, pairs, [i for i in ids if session.corpora.get(i, "") == corpus]
                )
                for corpus in corpora
            }
    return result


def _measures(
    session: Session,
    pairs: Mapping[str, tuple[F64, F64]],
    ids: Sequence[str],
) -> dict[str, Any]:
    rates = [session.clips[i].rate for i in ids]
    measures = measure_clips([pairs[i][0] for i in ids], [pairs[i][1] for i in ids], rates)
    return {"network": {key: measures[key] for key in MEASURES}}
