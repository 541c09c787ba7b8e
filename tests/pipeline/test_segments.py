"""Ranges of a target: their frames, their place in the short speech, and their sound."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.config.segments import Segment
from audio2video.errors import Audio2VideoError, MissingFileError
from audio2video.media.audio import AudioInfo, probe_audio, write_wav
from audio2video.media.video import VideoInfo
from audio2video.pipeline.layers import frames_since
from audio2video.pipeline.segment_speech import write_segment_speech
from audio2video.pipeline.segments import Part, SegmentPlan, Spoken, plan_segments
from audio2video.progress import Progress

LIST = Path("scene.json")
RATE = 16000


def video(frames: int = 100, rate: Fraction = Fraction(25)) -> VideoInfo:
    return VideoInfo(Path("film.mp4"), 64, 64, rate, frames, 0, False, True, "h264")


def segment(start: float, end: float, audio: Path | None = None, place: str = "entry 1") -> Segment:
    return Segment(Fraction(start), Fraction(end), audio, None, place)


def part(*ranges: tuple[Fraction, Fraction], rate: Fraction, total: int) -> Part:
    spoken = tuple(
        Spoken(Segment(start, end, None, None, ""), Path("a"), Path("a"), Fraction(0))
        for start, end in ranges
    )
    return Part(None, spoken, rate, total)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """Ranges as they may be: apart, touching, up to the end."""
    rate = draw(st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(5)]))
    total = draw(st.integers(10, 300))
    edges = sorted(draw(st.sets(st.integers(0, int(total / rate * 1000)), min_size=2, max_size=9)))
    pairs = [(Fraction(a, 1000), Fraction(b, 1000)) for a, b in pairwise(edges)]
    kept = [pair for pair in pairs if draw(st.booleans()) and (pair[1] - pair[0]) * rate >= 1]
    return part(*(kept or [(Fraction(0), 2 / rate)]), rate=rate, total=total)


@given(parts())
def test_frames_are_those_whose_middles_lie_in_a_range(found: Part) -> None:
    middles = [(k + Fraction(1, 2)) / found.rate for k in range(found.total)]
    ranges = [(one.segment.start, one.segment.end) for one in found.spoken]
    expected = [k for k, t in enumerate(middles) if any(a <= t < b for a, b in ranges)]
    assert found.places.tolist() == expected
    # In the short speech they are in order, apart by silence where they are apart in the video.
    heard = np.flatnonzero(found.asked)
    assert len(heard) == len(expected) == len(found.fades)
    together = np.diff(found.places) == 1
    np.testing.assert_array_equal(np.diff(heard)[together], 1)
    np.testing.assert_array_equal(np.diff(heard)[~together], found.gap + 1)
    assert heard[0] == found.gap == found.frames - 1 - heard[-1]
    # A moment of a range is heard when its frame is.
    for start, _ in ranges:
        frame = int(np.ceil(start * found.rate - Fraction(1, 2)))
        later = heard[expected.index(frame)] - frame
        assert found.delay(start) == Fraction(int(later)) / found.rate


@given(parts())
def test_the_new_mouth_comes_and_goes_where_frames_beside_it_stay(found: Part) -> None:
    assert (found.fades > 0).all()
    assert (found.fades <= 1).all()
    asked = set(found.places.tolist())
    steps = max(1, round(0.12 * float(found.rate)))
    for place, share in zip(found.places.tolist(), found.fades, strict=True):
        stay = [k for k in range(found.total) if k not in asked]
        near = min((abs(place - k) for k in stay), default=np.inf)
        assert (share < 1) == (near <= steps)


@pytest.fixture
def track(tmp_path: Path) -> AudioInfo:
    """Three seconds in which each sample tells its time."""
    path = tmp_path / "track.wav"
    write_wav(path, np.arange(3 * RATE) / (3 * RATE) * 0.9, RATE)
    return probe_audio(path)


def test_the_short_speech_holds_each_range_in_its_place(tmp_path: Path, track: AudioInfo) -> None:
    voice = tmp_path / "voice.wav"
    write_wav(voice, np.full(RATE // 2, 0.5), RATE)
    segments = [segment(0.41, 0.83), segment(2, 2.5, voice, "entry 2")]
    plan = plan_segments(segments, LIST, video(), lambda: (track, track))
    (only,) = plan.parts
    path = tmp_path / "speech.wav"
    write_segment_speech(only, path, lambda: pytest.fail("one channel"), Progress())
    info = probe_audio(path)
    assert info.duration == only.frames / only.rate
    heard = np.memmap(path, np.dtype("<i2"), offset=44) / 32768
    place = round((Fraction(segments[0].start) + only.delay(segments[0].start)) * RATE)
    first, last = round(segments[0].start * RATE), round(segments[0].end * RATE)
    expected = np.arange(first, last) / (3 * RATE) * 0.9
    np.testing.assert_allclose(heard[place : place + last - first], expected, atol=1e-4)
    second = round((2 + only.delay(Fraction(2))) * RATE)
    np.testing.assert_allclose(heard[second : second + RATE // 2], 0.5, atol=1e-4)
    assert np.count_nonzero(np.abs(heard) > 1e-4) == last - first + RATE // 2


def test_ranges_of_one_track_are_one_voice(track: AudioInfo, tmp_path: Path) -> None:
    voice = tmp_path / "voice.wav"
    write_wav(voice, np.zeros(RATE), RATE)
    segments = [segment(0, 1), segment(1, 2, voice), segment(2, 3)]
    voices = plan_segments(segments, LIST, video(), lambda: (track, track)).voices()
    assert [(one.path, one.begin, len(one.ranges or ())) for one in voices] == [
        *((track.path, 0, 2), (voice, 1, 1))
    ]


def test_frames_in_which_two_speak_count_once() -> None:
    one = part((Fraction(0), Fraction(2)), rate=Fraction(25), total=100)
    other = part((Fraction(1), Fraction(3)), rate=Fraction(25), total=100)
    assert SegmentPlan((one, other)).asked == 75


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            (3.5, 4.5, None),
            "entry 1: the range 3.500 s to 4.500 s ends behind film.mp4, which last",
        ),
        ((3, 4, None), "track.wav is over at 3.000 s, before the range 3.000 s to 4.000 s begins"),
        (
            (1, 1.5, "track.wav"),
            "entry 1: track.wav is 3.00 s long, the range 1.000 s to 1.500 s o",
        ),
        ((1, 1.5, "gone.wav"), "gone.wav: no such file"),
    ],
)
def test_what_does_not_fit_is_one_line(
    track: AudioInfo, wanted: tuple[float, float, str | None], message: str
) -> None:
    start, end, name = wanted
    one = segment(start, end, None if name is None else track.path.with_name(name))
    with pytest.raises(Audio2VideoError, match=re.escape(message)) as caught:
        plan_segments([one], LIST, video(), lambda: (track, track))
    assert str(caught.value).startswith("scene.json: entry 1: ")


def test_what_is_too_long_may_be_cut(track: AudioInfo) -> None:
    one = segment(1, 1.5, track.path)
    plan = plan_segments([one], LIST, video(), lambda: (track, track), cut=True)
    assert plan.voices()[0].ranges == ((1, Fraction(3, 2)),)


def test_a_range_of_a_slow_video_may_hold_no_frame(track: AudioInfo) -> None:
    with pytest.raises(Audio2VideoError, match="no frame in the range"):
        plan_segments([segment(0.6, 0.9)], LIST, video(9, Fraction(1)), lambda: (track, track))


def test_ranges_without_speech_are_found() -> None:
    ranges = [(Fraction(0), Fraction(1)), (Fraction(2), Fraction(3)), (Fraction(3), Fraction(7, 2))]
    found = part(*ranges, rate=Fraction(25), total=100)
    presence = np.zeros(found.frames * 2 + 1, bool)
    assert found.unheard(presence) == list(found.spoken)
    presence[round((Fraction(5, 2) + found.delay(Fraction(2))) * 50)] = True
    assert found.unheard(presence) == [found.spoken[0], found.spoken[2]]


def test_a_label_begins_anew_with_each_range() -> None:
    asked = np.array([0, 0, 1, 1, 1, 0, 0, 1, 0], bool)
    assert frames_since(asked).tolist() == [0, 1, 0, 1, 2, 3, 4, 0, 1]


def test_without_a_track_the_range_is_named() -> None:
    def missing() -> tuple[AudioInfo, AudioInfo]:
        raise MissingFileError("no sound for this range")

    with pytest.raises(MissingFileError, match="entry 1: no sound for this range"):
        plan_segments([segment(0, 1)], LIST, video(), missing)
