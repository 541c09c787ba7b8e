"""Lags between sound and picture, found by networks that have not seen the speaker."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from audio2video.training.lags import (
    RATE,
    SpeakerLag,
    corrections,
    cross_fitted,
    folds,
    pooled_lag,
)


def curve(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.asarray(gaussian_filter1d(rng.normal(size=count), 2.0))


@pytest.mark.parametrize("lag", [-7, 0, 3, 9])
def test_a_planted_lag_is_found(rng: np.random.Generator, lag: int) -> None:
    pairs = []
    for _ in range(12):
        whole = curve(rng, 100)
        heard = whole + 0.3 * rng.normal(size=100) * whole.std()
        # What is predicted from sound comes `lag` later than what is seen.
        pairs.append((heard[20 - lag : 80 - lag], whole[20:80]))
    found = pooled_lag(pairs)
    assert found.seconds == pytest.approx(lag / RATE, abs=0.004)
    assert found.clear
    assert found.fits
    assert found.fit > 0.85
    assert (found.fit_at_0 < found.fit - 0.1) == (lag != 0)


def test_what_does_not_go_together_is_not_clear(rng: np.random.Generator) -> None:
    found = pooled_lag([(curve(rng, 60), curve(rng, 60)) for _ in range(12)])
    assert not found.clear
    assert not found.fits


def test_clips_that_are_too_short_or_still_say_nothing() -> None:
    for clip in (np.zeros(3), np.zeros(80)):
        found = pooled_lag([(clip, clip)])
        assert not found.clear
        assert found.fit == 0


def test_a_lag_beyond_reach_is_not_acted_on() -> None:
    assert SpeakerLag(0.1, 0.6, 0.2, 0.3, 1.0, 1.0).clear
    assert not SpeakerLag(0.25, 0.6, 0.2, 0.3, 1.0, 1.0).clear
    assert not SpeakerLag(0.1, 0.4, 0.2, 0.3, 1.0, 1.0).clear
    assert not SpeakerLag(0.1, 0.6, 0.55, 0.1, 1.0, 1.0).clear
    figures = SpeakerLag(0.1234567, 0.6, 0.2, 0.3, 1.0, 1.0).as_dict()
    assert SpeakerLag(**figures).seconds == pytest.approx(0.12346)


def test_what_all_lags_have_in_common_stays() -> None:
    found = {"a": 0.07, "b": -0.03, "c": 0.02, "unclear": 0.15}
    lags = {
        name: SpeakerLag(lag, 0.3 if name == "unclear" else 0.8, 0.2, 0.3, 1.0, 1.0)
        for name, lag in found.items()
    }
    assert corrections(lags) == pytest.approx({"a": 0.05, "b": -0.05, "c": 0.0})
    assert corrections({"unclear": lags["unclear"]}) == {}


def test_speakers_alone_in_a_corpus_are_in_no_fold() -> None:
    found = folds({"a": "x", "b": "x", "c": "x", "alone": "y"})
    assert found == {"a": 0, "b": 1, "c": 0}


def test_nobody_is_judged_by_a_network_that_knows_them(rng: np.random.Generator) -> None:
    speakers = {"a": "x", "b": "x", "c": "x", "alone": "y"}
    clips = {speaker: [f"{speaker}{n}" for n in range(2)] for speaker in speakers}
    trained: list[set[str]] = []

    def train_on(ids):  # type: ignore[no-untyped-def]
        known = {i[:-1] for i in ids}
        trained.append(known)

        def openings(clip_id):  # type: ignore[no-untyped-def]
            assert clip_id[:-1] not in known
            whole = curve(rng, 60)
            return whole, whole

        return openings

    found = cross_fitted(speakers, clips, train_on)
    assert set(found) == {"a", "b", "c"}
    assert all(abs(lag.seconds) < 1e-6 and lag.clear for lag in found.values())
    assert trained == [{"b", "alone"}, {"a", "c", "alone"}]
