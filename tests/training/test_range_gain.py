"""The factor on predicted motion: of clips kept apart, or of the networks that found lags."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from audio2video.face.layout import LOWER_INNER_LIP
from audio2video.training import assessment
from audio2video.training.lags import SpeakerLag
from audio2video.training.sequences import Origin

CORPORA = {"one": "x", "two": "y"}


def mouths(deviation: float) -> np.ndarray:
    """Shapes whose opening has this deviation."""
    shapes = np.zeros((200, 20, 2))
    shapes[:, list(LOWER_INNER_LIP), 1] = deviation * np.resize([-1.0, 1.0], 200)[:, None]
    return shapes


def session(validation: dict[str, str], lags: dict[str, SpeakerLag]) -> Any:
    origins = {speaker: Origin(corpus, speaker) for speaker, corpus in CORPORA.items()}
    return SimpleNamespace(
        split={"validation": sorted(validation)},
        corpora=validation,
        prepared=SimpleNamespace(origins=origins),
        lags=lambda targets: lags,
    )


def lag(ratio: float) -> SpeakerLag:
    """Found by a network whose openings deviate so many times less than true ones."""
    return SpeakerLag(0.0, 0.9, 0.9, 0.5, 1.0, ratio**2)


@pytest.mark.parametrize(
    ("validation", "lags", "gain"),
    [
        ({"a": "x", "b": "y"}, {}, 1.1),  # both corpora are kept apart of, and no lags are known
        ({"a": "x", "b": "y"}, {"one": lag(9.0), "two": lag(9.0)}, 1.1),
        # Of 'y' nobody is kept apart: the networks that found lags tell.
        ({"a": "x"}, {"one": lag(9.0), "two": lag(1.21)}, 1.1 * np.sqrt(1.1)),
        ({"a": "x"}, {"one": lag(1.0)}, 1.1),  # nor do they know anybody
        ({}, {}, 1.0),
        ({}, {"two": lag(5.0)}, 1.3),  # at most
    ],
)
def test_corpora_count_alike_whoever_judges_them(
    monkeypatch: pytest.MonkeyPatch,
    validation: dict[str, str],
    lags: dict[str, SpeakerLag],
    gain: float,
) -> None:
    monkeypatch.setattr(assessment, "_predicted", lambda *given: (mouths(0.10), mouths(0.11)))
    found = assessment.range_gain(session(validation, lags), None, None)  # type: ignore[arg-type]
    assert found == pytest.approx(gain)
