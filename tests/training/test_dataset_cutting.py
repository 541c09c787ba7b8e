"""Frames in, fragments out, and every frame accounted for."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.face.head import generic_head
from audio2video.face.pose import HeadPose
from audio2video.face.track import FaceTrack
from audio2video.training.dataset.cutting import (
    GOOD,
    NO_FACE,
    SEVERAL,
    SILENT,
    TOO_SHORT,
    TURNED,
    Thrown,
    cut_fragments,
    cut_spans,
    label_frames,
)

RATE = Fraction(25)


def track_of(frames: int, yaw: np.ndarray | None = None) -> FaceTrack:
    pose = np.zeros((frames, 6))
    pose[:, 3] = 50
    if yaw is not None:
        pose[:, 0] = np.radians(yaw)
    usable = np.ones(frames, bool)
    return FaceTrack(
        usable,
        np.zeros(frames, bool),
        np.zeros((frames, 68, 2), np.float32),
        HeadPose.from_array(pose),
        np.zeros((frames, 20, 2), np.float32),
        np.zeros(frames, bool),
        np.zeros(frames, np.float32),
        generic_head(),
    )


def labels_of(frames: int = 200, **changes: np.ndarray) -> np.ndarray:
    given = {
        "seen": np.ones(frames, bool),
        "other_faces": np.zeros(frames, np.int16),
        "activity": np.ones(frames, np.float32),
        **{k: v for k, v in changes.items() if k != "yaw"},
    }
    return label_frames(track_of(frames, changes.get("yaw")), **given, rate=RATE)


def test_a_good_frame_is_good() -> None:
    assert (labels_of() == GOOD).all()


def test_a_second_face_spoils_the_frames_around_the_look() -> None:
    other_faces = np.zeros(200, np.int16)
    other_faces[100] = 1
    spoilt = np.flatnonzero(labels_of(other_faces=other_faces) == SEVERAL)
    assert (spoilt[0], spoilt[-1]) == (91, 109)
    assert len(spoilt) == 19


def test_a_turned_head_and_a_missing_one() -> None:
    yaw, seen = np.zeros(200), np.ones(200, bool)
    yaw[20:40], seen[30:60] = -31.0, False
    labels = labels_of(yaw=yaw, seen=seen)
    assert (labels[20:30] == TURNED).all()
    assert (labels[30:60] == NO_FACE).all(), "where there is no face it is not turned either"
    assert (labels[60:] == GOOD).all()


def test_long_silence_is_cut_out_but_for_its_ends() -> None:
    activity = np.ones(400, np.float32)
    activity[100:130] = 0  # 1.2 s
    activity[200:300] = 0  # 4 s
    silent = np.flatnonzero(labels_of(400, activity=activity) == SILENT)
    assert (silent[0], silent[-1]) == (212, 287)
    assert len(silent) == 76


def test_silence_at_the_ends_goes_up_to_the_ends() -> None:
    activity = np.zeros(400, np.float32)
    activity[100:300] = 1
    labels = labels_of(400, activity=activity)
    assert (labels[:88] == SILENT).all()
    assert (labels[88:312] == GOOD).all()
    assert (labels[312:] == SILENT).all()


@st.composite
def recordings(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, Fraction]:
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rate = draw(st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(50)]))
    frames = draw(st.integers(1, 3000))
    labels = np.full(frames, GOOD, np.int8)
    for _ in range(draw(st.integers(0, 6))):
        start = rng.integers(frames)
        labels[start : start + rng.integers(1, 200)] = rng.integers(1, 5)
    borders = rng.random(frames) < draw(st.sampled_from([0, 0.002, 0.05]))
    activity = (rng.random(frames // 20 + 1) < 0.7).repeat(20)[:frames].astype(np.float32)
    return labels, borders, activity, rate


@settings(max_examples=80)
@given(recording=recordings())
def test_fragments_keep_to_the_rules(
    recording: tuple[np.ndarray, np.ndarray, np.ndarray, Fraction],
) -> None:
    labels, borders, activity, rate = recording
    thrown = Thrown()
    fragments = cut_fragments(labels, borders, activity, rate, thrown)
    covered = np.zeros(len(labels), int)
    for place in fragments:
        seconds = float((place.stop - place.start) / rate)
        assert 3.0 <= seconds <= 10.0 + 1e-9
        assert (labels[place] == GOOD).all()
        assert not borders[place.start + 1 : place.stop].any(), "a fragment runs over a cut"
        covered[place] += 1
    assert covered.max(initial=0) <= 1, "fragments overlap"
    left_out = sum(thrown.seconds.values())
    assert left_out == pytest.approx(float((covered == 0).sum() / rate))


def test_a_long_stretch_is_parted_in_its_pauses() -> None:
    activity = np.ones(25 * 24, np.float32)
    for second in (7.0, 15.0):
        activity[round(second * 25) : round(second * 25) + 12] = 0
    thrown = Thrown()
    fragments = cut_fragments(
        np.zeros(len(activity), np.int8), np.zeros(len(activity), bool), activity, RATE, thrown
    )
    assert not thrown.seconds
    assert [round(float(f.stop / RATE), 1) for f in fragments] == pytest.approx(
        [7.3, 15.3, 24.0], abs=0.3
    )


def test_what_is_thrown_away_is_put_in_words() -> None:
    thrown = Thrown()
    labels = np.zeros(200, np.int8)
    labels[50:100], labels[150:160] = NO_FACE, NO_FACE
    assert cut_fragments(labels, np.zeros(200, bool), np.ones(200), RATE, thrown) == []
    assert thrown.stretches == {"no face": 2, TOO_SHORT: 3}
    assert str(thrown) == "too short 3 (5.6 s), no face 2 (2.4 s)"


@settings(max_examples=60)
@given(
    frames=st.integers(1, 20_000),
    seed=st.integers(0, 1000),
    rate=st.sampled_from([Fraction(25), Fraction(60000, 1001)]),
)
def test_spans_cover_everything_once(frames: int, seed: int, rate: Fraction) -> None:
    activity = (np.random.default_rng(seed).random(frames // 15 + 1) < 0.8).repeat(15)[:frames]
    spans = cut_spans(activity.astype(np.float32), rate, 60.0, 15.0)
    assert spans[0][0] == 0
    assert spans[-1][1] == frames
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    lengths = [float((end - first) / rate) for first, end in spans]
    assert max(lengths) <= 90.1
    assert all(length >= 14.9 for length in lengths[:-1])
    if frames > 90.1 * rate:
        assert min(lengths) >= 14.9


def test_spans_end_in_silence() -> None:
    activity = np.ones(5000, np.float32)
    activity[1400:1420] = activity[1650:1700] = 0
    assert cut_spans(activity, RATE, 60.0, 15.0)[0] == (0, 1675)
