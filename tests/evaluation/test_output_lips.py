"""Lips of a result: lag, gain, silences, against closed forms."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.evaluation.output_lips import (
    LIMIT,
    Silence,
    compare_openings,
    find_silences,
    lag_behind_voice,
    lip_motion,
    measure_silence,
    speaking_range,
)
from audio2video.face.layout import LOWER_INNER_LIP
from audio2video.mouth.rest import EASE, LINGER, MIN_SILENCE, READY
from audio2video.mouth.sync import NATURAL_LAG

RATES = st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(50), Fraction(24)])


def talk(seconds: NDArray[np.floating]) -> NDArray[np.float64]:
    """An opening over time without any period, slow enough for 24 frames a second."""
    return np.asarray(
        0.4
        + 0.15 * np.sin(2 * np.pi * 2.1 * seconds)
        + 0.1 * np.sin(2 * np.pi * 1.3 * seconds + 1)
        + 0.1 * np.sin(2 * np.pi * 0.47 * seconds + 2)
    )


def mouths_of(opening: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mouths one unit wide that open so far."""
    mouths = np.zeros((len(opening), 20, 2))
    mouths[:, 6, 0] = 1.0
    mouths[:, LOWER_INNER_LIP, 1] = np.asarray(opening)[:, None]
    return mouths


def test_range_reaches_from_closed_to_wide_open() -> None:
    mouths = mouths_of(0.02 + np.linspace(0, 0.5, 101))
    reference = mouths_of(np.array([0.02]))[0]
    assert speaking_range(mouths, reference) == pytest.approx(0.98 * 0.5)


def test_a_mouth_that_stays_shut_has_no_range() -> None:
    mouths = mouths_of(np.linspace(0, 0.05, 101))
    assert speaking_range(mouths, mouths[0]) is None


@settings(max_examples=60)
@given(late=st.floats(-0.12, 0.12), gain=st.floats(0.3, 2), rate=RATES)
def test_a_lag_is_found_to_a_fraction_of_a_frame(late: float, gain: float, rate: Fraction) -> None:
    seconds = np.arange(round(8 * rate)) / float(rate)
    seen = 0.05 + gain * talk(seconds - late)
    found = compare_openings(talk(seconds), seen, [slice(0, len(seconds))], rate)
    assert found["lag_ms"] == pytest.approx(1000 * late, abs=2.5)
    assert found["correlation_at_lag"] > 0.99
    assert found["correlation"] <= found["correlation_at_lag"] + 0.005


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.4])
def test_gain_and_difference(gain: float) -> None:
    wanted = talk(np.arange(200) / 25)
    found = compare_openings(wanted, 0.1 + gain * wanted, [slice(0, 200)], Fraction(25))
    assert found["gain"] == pytest.approx(gain)
    assert found["correlation"] == pytest.approx(1)
    assert found["lag_ms"] == pytest.approx(0, abs=0.01)
    expected = np.sqrt(np.mean((0.1 + (gain - 1) * wanted) ** 2))
    assert found["rms_difference"] == pytest.approx(expected)


def test_only_what_is_seen_counts() -> None:
    wanted = talk(np.arange(300) / 25)
    seen = wanted.copy()
    seen[:20] = np.nan
    seen[60:62] = np.nan
    stretches = [slice(20, 60), slice(62, 300)]
    found = compare_openings(wanted, seen, stretches, Fraction(25))
    assert found["correlation"] == pytest.approx(1)
    assert found["lag_ms"] == pytest.approx(0, abs=0.01)
    assert found["rms_difference"] == 0


def test_nothing_seen_or_nothing_moving_gives_no_numbers() -> None:
    wanted = talk(np.arange(50) / 25)
    assert set(compare_openings(wanted, wanted, [], Fraction(25)).values()) == {None}
    still = compare_openings(wanted, np.full(50, 0.25), [slice(0, 50)], Fraction(25))
    assert still["lag_ms"] is still["correlation"] is still["gain"] is None
    assert still["rms_difference"] == pytest.approx(np.sqrt(np.mean((wanted - 0.25) ** 2)))


@settings(max_examples=25)
@given(late=st.floats(-0.3, 0.3), seed=st.integers(0, 1000), rate=RATES)
def test_lips_that_come_after_the_voice(late: float, seed: int, rate: Fraction) -> None:
    rng = np.random.default_rng(seed)
    temporal_window = np.arange(-100, 4100) / 100
    opening = np.convolve(rng.standard_normal(len(temporal_window) + 24), np.hanning(25), "valid")
    frames = np.arange(round(40 * rate)) / float(rate)
    mouths = mouths_of(np.interp(frames - late, temporal_window, opening))
    energy = 3 * np.interp(np.arange(4001) / 100, temporal_window, opening)
    half = len(frames) // 2
    for stretches in ([slice(0, len(frames))], [slice(0, half), slice(half, len(frames))]):
        found = lag_behind_voice(mouths, stretches, rate, energy)
        assert found["clear"]
        assert found["lag_ms"] == pytest.approx(1000 * (late + NATURAL_LAG), abs=8)
        assert found["correlation"] > 0.9
        assert found["margin"] > 0.3


def test_no_voice_or_no_lips_are_no_evidence() -> None:
    mouths = mouths_of(talk(np.arange(100) / 25))
    nothing = {"lag_ms": None, "correlation": None, "margin": None, "clear": False}
    whole = [slice(0, 100)]
    assert lag_behind_voice(mouths, whole, Fraction(25), np.full(401, 2.0)) == nothing
    energy = talk(np.arange(401) / 100)
    assert lag_behind_voice(mouths[:1].repeat(100, 0), whole, Fraction(25), energy) == nothing
    assert lag_behind_voice(mouths, [], Fraction(25), energy) == nothing


def test_silences_without_their_ends() -> None:
    speech = np.ones(200)
    speech[:30] = speech[50:100] = speech[120:132] = speech[170:] = 0.2
    # At 25 frames a second the mouth takes 18 frames to rest and 20 to leave it, and 0.5 s are more
    # than twelve.
    assert np.ceil((LINGER + EASE) * 25) == 18
    assert np.ceil((READY + EASE) * 25) == 20
    assert 12 < MIN_SILENCE * 25 < 13
    assert find_silences(speech, 25.0) == [
        Silence(0, 30, slice(0, 10)),
        Silence(50, 100, slice(68, 80)),
        Silence(170, 200, slice(188, 200)),
    ]


def test_all_silent_and_never_silent() -> None:
    assert find_silences(np.zeros(40), 25.0) == [Silence(0, 40, slice(0, 40))]
    assert find_silences(np.ones(40), 25.0) == []
    speech = np.ones(40)
    speech[10:25] = 0
    (short,) = find_silences(speech, 25.0)
    assert short.still == slice(28, 28)


def test_motion_is_the_mean_way_of_the_points() -> None:
    mouths = np.zeros((4, 20, 2))
    mouths[1, :10] = (0.3, 0.4)  # half of the points go 0.5
    mouths[2] = mouths[1] + (0, 2)
    mouths[3] = mouths[2]
    starts = np.array([True, False, False, False])
    np.testing.assert_allclose(lip_motion(mouths, starts), [np.nan, 0.25, 2, 0])
    starts[2] = True
    np.testing.assert_allclose(lip_motion(mouths, starts), [np.nan, 0.25, np.nan, 0])


def test_opening_in_silence() -> None:
    speech = np.ones(100)
    speech[6:56] = 0
    silences = find_silences(speech, 25.0)
    seen = np.full(100, 0.5)
    seen[24:36] = 0.04
    seen[30] = 0.07
    predicted = np.where(speech > 0, 0.6, 0.02)
    motion = np.where(speech > 0, 0.02, 0.001)
    motion[24] = 9.0  # still easing
    motion[[0, 28]] = np.nan
    found = measure_silence(silences, predicted, seen, motion, 25.0)
    assert found["seconds"] == pytest.approx(12 / 25)
    assert found["opening_max"] == pytest.approx(0.07)
    assert found["opening_mean"] == pytest.approx((11 * 0.04 + 0.07) / 12)
    assert found["predicted_opening_max"] == 0.02
    assert found["predicted_opening_mean"] == pytest.approx(0.02)
    assert found["lip_motion"] == pytest.approx(25 * 0.001)
    assert found["lip_motion_in_speech"] == pytest.approx(25 * 0.02)
    assert found["within_limit"] is True
    (row,) = found["silences"]
    assert (row["start"], row["end"]) == (0.24, 2.24)
    assert row["opening_max"] == found["opening_max"]
    seen[30] = LIMIT
    assert measure_silence(silences, predicted, seen, motion, 25.0)["within_limit"] is False


def test_no_silence_gives_no_numbers() -> None:
    nowhere = np.full(30, np.nan)
    found = measure_silence([], nowhere, nowhere, nowhere, 25.0)
    assert found["silences"] == []
    assert found["seconds"] == 0
    for name in ("opening_max", "opening_mean", "lip_motion", "within_limit"):
        assert found[name] is None
    unseen = measure_silence(
        find_silences(np.zeros(30), 25.0), np.zeros(30), nowhere, nowhere, 25.0
    )
    assert unseen["opening_max"] is None
    assert unseen["predicted_opening_max"] == 0
