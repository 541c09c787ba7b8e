"""Following several faces, told by a detector and a landmark model made of paper."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from paper_heads import HEIGHT, WIDTH, Head, PaperFinder

from audio2video.face.detection import FaceBox
from audio2video.face.face_tracks import SMALL_SHARE, Sighting, track_faces
from audio2video.face.tracking import DETECT_EVERY, MAX_MISSES, track_face

Frames = list[tuple[Sighting, ...]]


def follow(finder: PaperFinder, pictures: list[NDArray[np.uint8]] | None = None) -> Frames:
    if pictures is None:
        pictures = [wallpaper(k) for k in range(len(finder.script))]
    return list(track_faces(pictures, finder))


def places(frames: Frames) -> list[dict[int, float]]:
    """Where each track's face is (x of the point between the eyes)."""
    return [{one.track: round(float(one.landmarks[27, 0]), 3) for one in seen} for seen in frames]


@cache
def paper(seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).normal(size=(HEIGHT, WIDTH))
    return np.asarray(np.clip(128 + 300 * cv2.GaussianBlur(noise, (0, 0), 2), 0, 255), np.uint8)


def wallpaper(k: int, seed: int = 0) -> NDArray[np.uint8]:
    """A picture that can be followed; frame k of a script is told by its corner."""
    picture = paper(seed).copy()
    picture[0, 0] = k
    return picture


@pytest.mark.parametrize(
    "script",
    [
        [[Head(200.0 + 2 * k)] for k in range(2 * DETECT_EVERY + 3)],
        [[]] * 3 + [[Head(200.0)]] * 4 + [[]] * 3 + [[Head(400.0)]] * 4,
        [[Head(200.0, turned=0 < k < 25)] for k in range(40)],
        [[Head(200.0, turned=k > 0)] for k in range(MAX_MISSES * DETECT_EVERY + 4)],
    ],
    ids=["moving", "comes and goes", "turned", "lost"],
)
def test_one_face_is_followed_as_the_main_face_is(script: list[list[Head]]) -> None:
    several = follow(PaperFinder(script))
    single = track_face(map(wallpaper, range(len(script))), PaperFinder(script))
    for seen, face in zip(several, single, strict=True):
        if face.landmarks is None:
            assert seen == ()
        else:
            np.testing.assert_array_equal(seen[0].landmarks, face.landmarks)


def test_two_faces_have_a_track_each() -> None:
    script = [[Head(150.0 + k), Head(420.0 - k)] for k in range(15)]
    assert places(follow(PaperFinder(script))) == [{1: 150.0 + k, 2: 420.0 - k} for k in range(15)]


def test_a_face_that_comes_later_is_found_when_the_detector_looks() -> None:
    script = [[Head(150.0)] + ([Head(420.0)] if k >= 4 else []) for k in range(15)]
    tracks = [sorted(seen) for seen in places(follow(PaperFinder(script)))]
    assert tracks == [[1]] * DETECT_EVERY + [[1, 2]] * (15 - DETECT_EVERY)


@pytest.mark.parametrize(("share", "faces"), [(0.95, 1), (1.05, 2)])
def test_a_face_in_the_background_has_no_track(share: float, faces: int) -> None:
    scene = [Head(150.0, unit=30.0 * SMALL_SHARE * share), Head(400.0)]
    assert len(follow(PaperFinder([scene]))[0]) == faces


def test_the_detector_is_said_to_have_seen_a_face_where_it_did() -> None:
    script = [[Head(150.0, turned=k >= 12)] for k in range(25)]
    seen = [faces[0].is_detected for faces in follow(PaperFinder(script))]
    assert [k for k, was in enumerate(seen) if was] == [0, DETECT_EVERY]


def test_where_two_cross_both_tracks_end_and_new_ones_begin() -> None:
    script = [[Head(100.0 + 8 * k), Head(500.0 - 8 * k)] for k in range(50)]
    found = places(follow(PaperFinder(script)))
    assert sorted(found[0]) == [1, 2]
    # Nobody carries a number from one side of the other to the opposite one.
    for track in {name for seen in found for name in seen}:
        path = [seen[track] for seen in found if track in seen]
        steps = np.diff(path)
        assert (steps == 8).all() or (steps == -8).all(), track
    assert len(found[-1]) == 2
    assert not {1, 2} & set(found[-1])


def test_a_track_ends_at_a_cut_to_a_shot_without_a_face() -> None:
    # A flat slide: there is nothing to follow, and the model draws a face into anything.
    class Eager(PaperFinder):
        def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
            return Head(200.0).landmarks()

    pictures = [wallpaper(k) for k in range(8)]
    for k in range(8, 20):
        pictures.append(np.full((HEIGHT, WIDTH), 250, np.uint8))
        pictures[-1][0, 0] = k
    finder = Eager([[Head(200.0)]] * 8 + [[]] * 12)
    assert [len(seen) for seen in follow(finder, pictures)] == [1] * 8 + [0] * 12


def test_a_cut_to_another_face_in_the_same_place_begins_another_track() -> None:
    pictures = [wallpaper(k, seed=int(k >= 6)) for k in range(12)]
    found = places(follow(PaperFinder([[Head(200.0)]] * 12), pictures))
    assert found == [{1: 200.0}] * 6 + [{2: 200.0}] * 6


def test_a_face_goes_on_where_the_picture_around_it_is_cut() -> None:
    # A screen recording: the slide changes, the speaker in the corner does not.
    pictures = []
    for k in range(12):
        picture = wallpaper(k)
        picture[:, 320:] = 240 if k < 6 else 30
        pictures.append(picture)
    found = places(follow(PaperFinder([[Head(150.0)]] * 12), pictures))
    assert found == [{1: 150.0}] * 12


def test_no_frames_and_no_faces() -> None:
    assert follow(PaperFinder([])) == []
    assert follow(PaperFinder([[]] * 3)) == [()] * 3


def test_what_nothing_vouches_for_is_lost_after_some_looks_of_the_detector() -> None:
    # A flat picture has nothing to follow; the landmarks may be of a face that is long gone.
    pictures = [np.full((HEIGHT, WIDTH), k, np.uint8) for k in range(20)]
    finder = PaperFinder([[Head(200.0, turned=k >= 5)] for k in range(20)])
    seen = [len(faces) for faces in follow(finder, pictures)]
    assert seen == [1] * (4 + MAX_MISSES) + [0] * (20 - 4 - MAX_MISSES)


@pytest.mark.parametrize("offset", [30.0, -40.0])
def test_a_track_that_went_astray_is_replaced_where_the_detector_sees_the_face(
    offset: float,
) -> None:
    # After a dissolve the model draws the old face into the new one's chin.
    class Fooled(PaperFinder):
        def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
            return Head(200.0 if abs(box.x - 200) < 12 else 200.0 + offset).landmarks()

    heads = [[Head(200.0)] if k < 5 else [Head(200.0 + offset)] for k in range(15)]
    found = follow(Fooled(heads))
    assert places(found) == [{1: 200.0}] * DETECT_EVERY + [{2: 200.0 + offset}] * 5
    assert [faces[0].replaces for faces in found if faces[0].replaces] == [1]


def test_a_face_that_the_detector_places_badly_goes_on() -> None:
    class Coarse(PaperFinder):
        def detect(
            self, gray: NDArray[np.uint8], least: float = 0.0, side: int = 640
        ) -> list[FaceBox]:
            return [
                FaceBox(box.x + (0 if gray[0, 0] < 5 else 0.6 * box.side), box.y, box.side)
                for box in super().detect(gray)
            ]

        def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
            return Head(200.0).landmarks()

    found = follow(Coarse([[Head(200.0)]] * 40))
    assert places(found) == [{1: 200.0}] * 40


def test_a_face_beyond_a_cut_replaces_none() -> None:
    # The cut falls on a frame in which the detector looks, and its face is near the old one.
    pictures = [wallpaper(k, seed=int(k >= DETECT_EVERY)) for k in range(15)]
    heads = [[Head(200.0)]] * DETECT_EVERY + [[Head(240.0)]] * 5
    found = follow(PaperFinder(heads), pictures)
    assert places(found) == [{1: 200.0}] * DETECT_EVERY + [{2: 240.0}] * 5
    assert [faces[0].replaces for faces in found if faces[0].replaces] == []
