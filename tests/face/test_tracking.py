"""Following a face, told by a detector and a landmark model made of paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from paper_heads import HEIGHT, WIDTH, Head, PaperFinder

from audio2video.face.detection import FaceBox
from audio2video.face.tracking import (
    DETECT_EVERY,
    MAX_MISSES,
    MIN_OVERLAP,
    RIVAL,
    TrackedFace,
    overlap,
    track_face,
)


def follow(finder: PaperFinder) -> list[TrackedFace]:
    frames = (np.full((HEIGHT, WIDTH), k, np.uint8) for k in range(len(finder.script)))
    return list(track_face(frames, finder))


def places(tracked: list[TrackedFace]) -> list[float | None]:
    """Where each frame's face is (x of the point between the eyes)."""
    return [
        None if face.landmarks is None else round(float(face.landmarks[27, 0]), 3)
        for face in tracked
    ]


def detections(finder: PaperFinder) -> list[int]:
    return [int(call.split()[1]) for call in finder.calls if call.startswith("detect")]


def test_a_face_is_detected_now_and_then_and_tracked_in_between() -> None:
    finder = PaperFinder([[Head(200.0 + 2 * k)] for k in range(2 * DETECT_EVERY + 3)])
    tracked = follow(finder)
    assert places(tracked) == [200.0 + 2 * k for k in range(len(tracked))]
    assert detections(finder) == [0, DETECT_EVERY, 2 * DETECT_EVERY]
    # The first box is coarse and asks for a second round; tracked ones do not.
    assert finder.calls[:4] == ["detect 0", "coarse 0", "fine 0", "fine 1"]
    at = finder.calls.index(f"detect {DETECT_EVERY}")
    # The detector confirms the face, but the steadier tracked box stays.
    assert finder.calls[at + 1] == f"fine {DETECT_EVERY}"


def test_landmarks_are_handed_on_as_found() -> None:
    tracked = follow(PaperFinder([[Head(200.0)]] * 3))
    for face in tracked:
        assert face.landmarks is not None
        np.testing.assert_array_equal(face.landmarks, Head(200.0).landmarks())


def test_the_motion_is_that_of_the_points_of_the_frame_before() -> None:
    # A wallpaper that moves with the head; frame k of the script is told by its corner.
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)

    def paper(k: int) -> NDArray[np.uint8]:
        seen = x - 2.25 * k
        wave = (
            np.sin(seen / 3) + np.sin(y / 4) + np.sin(seen / 7 + y / 9) + np.sin(seen / 5 - y / 6)
        )
        picture: NDArray[np.uint8] = np.round(128 + 30 * wave).astype(np.uint8)
        picture[0, 0] = k
        return picture

    there = {0: 200.0, 1: 202.25, 2: 204.5, 5: 211.25, 6: 213.5}
    finder = PaperFinder([[Head(there[k])] if k in there else [] for k in range(7)])
    tracked = list(track_face((paper(k) for k in range(7)), finder))
    # Of the first frame after a gap nothing is known.
    assert [face.motion is not None for face in tracked] == [k in (1, 2, 6) for k in range(7)]
    for face in tracked:
        if face.motion is not None:
            np.testing.assert_allclose(face.motion.moves, [[2.25, 0.0]] * 68, atol=0.15)
            assert face.motion.doubt.max() < 0.01


def test_after_a_cut_that_landmarks_do_not_show_the_face_is_looked_for_anew() -> None:
    # Another shot, in which the old box happens to hold a face, but not the one to be followed.
    def shot(k: int) -> NDArray[np.uint8]:
        noise = np.random.default_rng(int(k >= 3)).normal(size=(HEIGHT, WIDTH))
        smooth = cv2.GaussianBlur(noise, (0, 0), 2)
        picture = np.asarray(np.clip(128 + 300 * smooth, 0, 255), np.uint8)
        picture[0, 0] = k
        return picture

    small, large = Head(200.0, unit=30.0), Head(420.0, unit=40.0)
    finder = PaperFinder([[small]] * 3 + [[small, large]] * 4)
    tracked = list(track_face((shot(k) for k in range(7)), finder))
    assert places(tracked) == [200.0] * 3 + [420.0] * 4
    assert detections(finder) == [0, 3]
    cuts = [face.motion is not None and face.motion.is_cut for face in tracked]
    assert cuts == [False] * 3 + [True] + [False] * 3


def test_an_empty_scene_is_looked_at_every_time() -> None:
    finder = PaperFinder([[]] * 5)
    assert places(follow(finder)) == [None] * 5
    assert finder.calls == [f"detect {k}" for k in range(5)]


def test_no_frames() -> None:
    assert follow(PaperFinder([])) == []


def test_a_face_that_comes_and_goes_and_comes_again() -> None:
    script: list[list[Head]] = [[]] * 3 + [[Head(200.0)]] * 4 + [[]] * 3 + [[Head(400.0)]] * 4
    finder = PaperFinder(script)
    assert places(follow(finder)) == [None] * 3 + [200.0] * 4 + [None] * 3 + [400.0] * 4
    # Where tracking breaks off (frame 7), the detector is asked in the same frame.
    assert detections(finder) == [0, 1, 2, 3, 7, 8, 9, 10]


def test_after_a_cut_the_new_face_is_found_in_the_same_frame() -> None:
    finder = PaperFinder([[Head(150.0)]] * 4 + [[Head(450.0)]] * 4)
    assert places(follow(finder)) == [150.0] * 4 + [450.0] * 4
    assert detections(finder) == [0, 4]


def test_a_turned_face_is_kept_though_the_detector_misses_it() -> None:
    count = 3 * DETECT_EVERY
    finder = PaperFinder([[Head(200.0)]] * 5 + [[Head(200.0, turned=True)]] * (count - 5))
    assert places(follow(finder)) == [200.0] * count


def test_a_face_missed_again_and_again_is_lost_until_it_is_seen_anew() -> None:
    # The landmark model draws faces into anything: only the detector tells that one is there.
    last, again = MAX_MISSES * DETECT_EVERY, (MAX_MISSES + 1) * DETECT_EVERY
    script = [[Head(200.0, turned=0 < k < again)] for k in range(again + 3)]
    found = places(follow(PaperFinder(script)))
    assert found == [200.0] * last + [None] * (again - last) + [200.0] * 3


def test_misses_count_only_in_a_row() -> None:
    count = 2 * MAX_MISSES * DETECT_EVERY
    blind = {k for k in range(0, count, DETECT_EVERY) if k // DETECT_EVERY % MAX_MISSES}
    script = [[Head(200.0, turned=k in blind)] for k in range(count)]
    assert places(follow(PaperFinder(script))) == [200.0] * count


def test_a_face_found_anew_has_no_misses_behind_it() -> None:
    # All but one of the misses that it takes, then a jump elsewhere, then one miss more.
    gone = (MAX_MISSES - 1) * DETECT_EVERY + 2
    count = gone + 2 * DETECT_EVERY
    script = [[Head(200.0, turned=k % DETECT_EVERY == 0 < k)] for k in range(count)]
    script[gone:] = [[Head(450.0, turned=k == gone + DETECT_EVERY)] for k in range(gone, count)]
    assert places(follow(PaperFinder(script))) == [200.0] * gone + [450.0] * (count - gone)


def test_another_face_is_taken_when_the_first_is_missed_again_and_again() -> None:
    last = MAX_MISSES * DETECT_EVERY
    script = [[Head(150.0, turned=k > 0), Head(420.0, turned=k == 0)] for k in range(last + 5)]
    assert places(follow(PaperFinder(script))) == [150.0] * last + [420.0] * 5


def test_the_larger_of_two_faces_is_followed_and_the_other_counted() -> None:
    count = 2 * DETECT_EVERY + 1
    small, large = Head(150.0, unit=24.0), Head(400.0, unit=30.0)
    tracked = follow(PaperFinder([[small, large]] * count))
    assert places(tracked) == [400.0] * count
    other_faces = [face.other_faces for face in tracked]
    assert other_faces == [int(k % DETECT_EVERY == 0) for k in range(count)]


@pytest.mark.parametrize(("share", "other_faces"), [(0.95, 0), (1.05, 1)])
def test_a_face_in_the_background_is_no_rival(share: float, other_faces: int) -> None:
    scene = [Head(150.0, unit=30.0 * RIVAL * share), Head(400.0)]
    assert follow(PaperFinder([scene]))[0].other_faces == other_faces


def test_the_face_being_followed_is_kept_when_another_becomes_larger() -> None:
    count = 2 * DETECT_EVERY + 5
    script = [[Head(150.0), Head(420.0, unit=20.0 + k)] for k in range(count)]
    assert places(follow(PaperFinder(script))) == [150.0] * count


def test_a_turned_face_is_not_left_for_somebody_in_the_background() -> None:
    count = 2 * DETECT_EVERY + 1
    script = [[Head(150.0), Head(450.0, unit=15.0)]] * 5
    script += [[Head(150.0, turned=True), Head(450.0, unit=15.0)]] * (count - 5)
    assert places(follow(PaperFinder(script))) == [150.0] * count


def test_a_false_alarm_does_not_lose_the_face() -> None:
    class Alarmed(PaperFinder):
        def detect(
            self, gray: NDArray[np.uint8], least: float = 0.0, side: int = 640
        ) -> list[FaceBox]:
            found = super().detect(gray)
            return found if gray[0, 0] < 5 else [FaceBox(500.0, 100.0, 90.0, detected=True)]

    count = 2 * DETECT_EVERY
    assert places(follow(Alarmed([[Head(150.0)]] * count))) == [150.0] * count


def test_a_detector_that_jumps_about_does_not_shake_the_face() -> None:
    class Shaky(PaperFinder):
        def detect(
            self, gray: NDArray[np.uint8], least: float = 0.0, side: int = 640
        ) -> list[FaceBox]:
            return [
                FaceBox(b.x + 8 * (-1) ** int(gray[0, 0]), b.y, b.side, detected=True)
                for b in super().detect(gray)
            ]

    count = 3 * DETECT_EVERY
    finder = Shaky([[Head(200.0)]] * count)
    assert places(follow(finder)) == [200.0] * count
    assert sum(call.startswith("coarse") for call in finder.calls) == 1


def test_a_face_that_leaves_the_picture_is_lost() -> None:
    # The point between the eyes leaves before the whole face's centre does.
    script = [[Head(200.0, y=200.0 + 20 * k, turned=k > 0)] for k in range(12)]
    found = places(follow(PaperFinder(script)))
    inside = [head.landmarks().mean(axis=0)[1] < HEIGHT for (head,) in script]
    assert found == [200.0 if ok else None for ok in inside]
    assert None in found


PLACES = st.integers(0, 40).map(float)
BOXES = st.builds(FaceBox, PLACES, PLACES, st.sampled_from([4.0, 10.0, 20.0]))


@given(BOXES, BOXES)
def test_overlap_counts_the_shared_part(a: FaceBox, b: FaceBox) -> None:
    y, x = np.mgrid[-20:61, -20:61] + 0.5
    pictures = [
        (np.abs(x - box.x) < box.side / 2) & (np.abs(y - box.y) < box.side / 2) for box in (a, b)
    ]
    shared, either = (pictures[0] & pictures[1]).sum(), (pictures[0] | pictures[1]).sum()
    assert overlap(a, b) == pytest.approx(shared / either)
    assert overlap(a, a) == pytest.approx(1.0)
    assert 0 < MIN_OVERLAP < 1
