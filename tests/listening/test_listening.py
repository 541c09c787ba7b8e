"""What a listener does: prosody, the published rule, gestures, wishes."""

from __future__ import annotations

import numpy as np
import pytest
from dyadic import spoken
from hypothesis import given
from hypothesis import strategies as st

from audio2video.listening.backchannel import WAIT_SECONDS, backchannel_times, pause_times
from audio2video.listening.gestures import Habits, blink_starts, find_nods, habits_of, smiling
from audio2video.listening.motion import (
    EYES,
    NAMES,
    OPENING,
    PITCH,
    SMILE,
    FaceMotion,
    openness,
    resampled,
)
from audio2video.listening.prosody import Prosody, prosody_features, prosody_of
from audio2video.listening.wish import ASPECTS, aspects_of, freed, nod_pitch, ruled_wish

RATE = 25.0
HABITS = Habits(0.3, 5.0, 0.4, 0.0)


def still(frames: int) -> FaceMotion:
    values = np.zeros((frames, len(NAMES)))
    values[:, EYES] = 1.0
    return FaceMotion(values, np.ones(frames, bool), RATE)


@pytest.mark.parametrize("hertz", [75.0, 118.0, 210.0, 390.0])
def test_the_pitch_of_a_voice_is_found(hertz: float) -> None:
    t = np.arange(8000) / 16000
    voice = 0.1 * sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, 6))
    found = prosody_of(voice.astype(np.float32), np.ones(26, bool))
    inner = found.pitch[5:-5]
    assert np.isfinite(inner).all()
    assert np.abs(55 * 2 ** (inner / 12) / hertz - 1).max() < 0.01


def test_noise_and_silence_have_no_pitch(rng: np.random.Generator) -> None:
    noise = rng.normal(0, 0.1, 8000).astype(np.float32)
    assert prosody_of(noise, np.ones(26, bool)).voiced.mean() < 0.05
    assert not prosody_of(np.zeros(8000, np.float32), np.ones(26, bool)).voiced.any()


def test_short_silences_are_part_of_speech(rng: np.random.Generator) -> None:
    sound = rng.normal(0, 0.1, 16000).astype(np.float32)
    sound[4000:5600] = 0  # 100 ms
    sound[9600:14400] = 0  # 300 ms
    found = prosody_of(sound, np.ones(51, bool)).speech
    assert found[20:55].all()
    assert not found[64:86].any()


def test_features_are_at_the_rate_of_the_video() -> None:
    found = prosody_features(spoken(None), RATE, 120)
    assert found.shape == (120, 5)
    assert found[10, 0] == pytest.approx(1.0)
    assert found[90, 0] == pytest.approx(0.0)
    assert found[90, 4] == pytest.approx(-0.6, abs=0.03)  # silent for 0.6 s
    assert found[60, 4] == pytest.approx(2.0)


def test_a_low_region_after_speech_is_answered_700_ms_later() -> None:
    (time,) = backchannel_times(spoken((150, 180)))
    assert time == pytest.approx((150 + 11 - 1) / 100 + WAIT_SECONDS, abs=0.011)


@pytest.mark.parametrize("low", [None, (150, 158), (20, 50)])
def test_what_is_high_short_or_early_is_not_answered(low: tuple[int, int] | None) -> None:
    assert len(backchannel_times(spoken(low))) == 0


def test_answers_are_apart() -> None:
    prosody = spoken((150, 180), count=500, pause=450)
    prosody.pitch[200:230] = 10.0  # 0.5 s later: within 0.8 s
    prosody.pitch[260:290] = 10.0
    assert len(backchannel_times(prosody)) == 2


def test_nobody_answers_silence() -> None:
    silence = Prosody(np.full(100, -60.0), np.full(100, np.nan), np.zeros(100, bool))
    assert len(backchannel_times(silence)) == 0
    assert len(pause_times(silence, 0.3)) == 0


def test_pauses_are_where_speech_stops() -> None:
    assert pause_times(spoken(None), 0.5).tolist() == [3.0]
    assert pause_times(spoken(None), 1.5).tolist() == []


@given(st.floats(2.0, 12.0), st.integers(20, 60))
def test_a_nod_is_found_where_it_was_made(degrees: float, first: int) -> None:
    motion = still(100)
    times = (np.arange(100) - first) / 15
    motion.values[:, PITCH] = degrees * nod_pitch(times)
    (nod,) = find_nods(motion)
    assert abs(nod.first - first) <= 3
    assert abs(nod.last - first - 15) <= 3
    assert nod.degrees == pytest.approx(degrees, rel=0.15)


def test_a_head_that_stays_down_does_not_nod() -> None:
    motion = still(100)
    motion.values[40:, PITCH] = 8.0
    assert find_nods(motion) == []
    motion = still(100)
    motion.values[:, PITCH] = 6 * nod_pitch((np.arange(100) - 40) / 15)
    motion.seen[45] = False
    assert find_nods(motion) == []


def test_blinks_and_smiles_are_counted() -> None:
    motion = still(100)
    motion.values[[10, 11, 50, 51, 52], EYES] = 0.2
    motion.values[60:80, SMILE] = 0.1
    motion.values[20:24, SMILE] = 0.1  # too short
    motion.values[70:, OPENING] = 0.2  # and an open one is no closed smile
    assert blink_starts(motion).tolist() == [10, 50]
    found = smiling(motion, 0.05)
    assert found.nonzero()[0].tolist() == list(range(60, 70)) or not found.any()
    habits = habits_of(motion, 0.05)
    assert habits.blinks == pytest.approx(0.5)
    assert (habits.nods, habits.nod_degrees) == (0.0, 0.0)


def test_a_motion_at_another_rate_is_the_same_motion() -> None:
    motion = still(50)
    motion.values[:, PITCH] = np.arange(50) / RATE
    twice = resampled(motion, 2 * RATE, 90)
    assert len(twice) == 90
    np.testing.assert_allclose(twice.values[:, PITCH], np.arange(90) / 50)
    np.testing.assert_allclose(aspects_of(twice)[5:50, 1], aspects_of(motion)[5, 1])


def test_a_mouth_is_open_by_degrees() -> None:
    found = openness(np.array([0.0, 0.02, 0.07, 0.12, 0.22, 0.9]), 0.02, 0.12)
    np.testing.assert_allclose(found, [0, 0, 0.5, 1, 2, 3])


def test_nods_are_wished_for_where_the_rule_says_so() -> None:
    prosody, frames = spoken((150, 180), pause=390), 100
    asked = [
        ruled_wish(prosody, HABITS, RATE, frames, 1.0, np.random.default_rng(seed)).nods
        for seed in range(40)
    ]
    times = np.concatenate(asked)
    assert 20 < len(times) <= 40  # four of five, by chance
    assert np.abs(times - 2.3).max() < 0.4
    none = ruled_wish(prosody, HABITS, RATE, frames, 0.0, np.random.default_rng(0))
    assert len(none.nods) == 0
    assert np.ptp(none.aspects[:, ASPECTS.index("pitch")]) == 0


def test_who_never_nods_is_not_asked_to() -> None:
    habits = Habits(0.0, 0.0, 0.4, 0.0)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        assert len(ruled_wish(spoken((150, 180)), habits, RATE, 100, 2.0, rng).nods) == 0


def test_blinks_come_as_often_as_the_persons_own() -> None:
    rng = np.random.default_rng(3)
    long = ruled_wish(spoken(None), HABITS, RATE, 25 * 400, 1.0, rng)
    assert len(long.blinks) / 400 == pytest.approx(HABITS.blinks, rel=0.2)


def test_the_same_seed_wishes_the_same() -> None:
    made = [
        ruled_wish(spoken((150, 180)), HABITS, RATE, 100, 1.0, np.random.default_rng([0, take]))
        for take in (1, 1, 2)
    ]
    np.testing.assert_array_equal(made[0].aspects, made[1].aspects)
    assert not np.array_equal(made[0].aspects, made[2].aspects)


def test_nothing_is_asked_of_one_who_speaks() -> None:
    wish = ruled_wish(spoken((150, 180)), HABITS, RATE, 100, 3.0, np.random.default_rng(1))
    talking = np.zeros(100, bool)
    talking[50:90] = True
    free = freed(wish, talking, RATE)
    assert not free.weights[45:95].any()
    np.testing.assert_array_equal(free.weights[:40], wish.weights[:40])
    assert not any(1.7 < time < 3.8 for time in free.nods)
