"""The judge of what a mask touched."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video._typing import U8
from audio2video.compositing.masks import face_mask
from audio2video.evaluation.skin_overlap import MIN_AREA, foreign_pixels, judge_mask
from audio2video.face.layout import MOUTH, OUTER_LIP
from audio2video.face.pose import fit_pose
from audio2video.face.rectify import RectifiedGrid, frame_map, to_rectified
from audio2video.media.video import VideoReader
from audio2video.models.face_models import load_face_finder
from tools.presenter.presenter import demo_truth, render_frames

SIZE = 256


def cover_of(landmarks: NDArray[np.float64], height: int, width: int) -> NDArray[np.float32]:
    """The composite's mask in the frame."""
    pose = fit_pose(landmarks[None])
    space = RectifiedGrid.lower_face(float(pose.scale[0]))
    rectified = to_rectified(landmarks[None], pose)[0]
    mask = face_mask(rectified, rectified[MOUTH], space)
    return cv2.remap(mask, frame_map(space, pose, (0, 0, width, height)), None, cv2.INTER_LINEAR)


def presenter(k: int) -> tuple[U8, NDArray[np.float32], NDArray[np.float64], float]:
    frame = next(render_frames(1, size=SIZE, start=k))
    landmarks = demo_truth(1, size=SIZE, start=k).landmarks[0].astype(np.float64)
    unit = float(fit_pose(landmarks[None]).scale[0])
    return frame, cover_of(landmarks, SIZE, SIZE), landmarks, unit


def disc(x: float, y: float, radius: float) -> NDArray[np.bool_]:
    yy, xx = np.mgrid[:SIZE, :SIZE]
    return np.asarray(np.hypot(xx - x, yy - y) < radius)


@pytest.mark.parametrize("k", [0, 40, 90, 130, 200])
def test_a_good_mask_touches_the_face_alone(k: int) -> None:
    found = judge_mask(*presenter(k))
    assert found.foreign == 0
    assert found.share == 0
    assert found.touched > 500


@pytest.mark.parametrize(
    "colour",
    [(32, 32, 36), (40, 80, 190), (236, 238, 240), (60, 150, 70), (28, 20, 14)],
    ids=["microphone", "wall", "paper", "plant", "hair"],
)
def test_things_in_the_mask_are_counted(colour: tuple[int, int, int]) -> None:
    frame, cover, landmarks, unit = presenter(40)
    x, y = landmarks[57] + [0.25 * unit, 0.3 * unit]
    thing = disc(x, y, 0.15 * unit)
    frame = frame.copy()
    frame[thing] = colour
    found = judge_mask(frame, cover, landmarks, unit)
    wanted = int((thing & (cover > 0.1)).sum())
    assert wanted > 100
    # Its blurred rim may pass for skin.
    assert 0.7 * wanted < found.foreign < 1.2 * wanted
    assert found.share == found.foreign / found.touched
    assert foreign_pixels(frame, cover, landmarks, unit) == found.foreign


def test_what_the_mask_does_not_touch_is_not_counted() -> None:
    frame, cover, landmarks, unit = presenter(40)
    frame = frame.copy()
    frame[cover <= 0.05] = (40, 80, 190)
    # The skin that is compared with stays in view.
    low, high = landmarks[27:36].min(axis=0).astype(int), landmarks[27:36].max(axis=0).astype(int)
    own, *_ = presenter(40)
    part = np.s_[low[1] : high[1], low[0] - 20 : high[0] + 20]
    frame[part] = own[part]
    assert foreign_pixels(frame, cover, landmarks, unit) < 0.02 * (cover > 0.1).sum()
    assert judge_mask(frame, np.zeros_like(cover), landmarks, unit).share == 0


def test_lips_teeth_and_mouth_may_have_any_colour() -> None:
    frame, cover, landmarks, unit = presenter(40)
    frame = frame.copy()
    outline = np.round(landmarks[MOUTH][OUTER_LIP]).astype(np.int32)
    for colour in ((10, 5, 5), (250, 250, 245), (200, 20, 40)):
        cv2.fillPoly(frame, [outline], colour)
        assert foreign_pixels(frame, cover, landmarks, unit) == 0


def test_shadow_light_and_specks_are_not_foreign() -> None:
    frame, cover, landmarks, unit = presenter(40)
    x = np.arange(SIZE) - landmarks[33, 0]
    shade = 1 - 0.5 / (1 + np.exp(-x / (0.1 * unit)))
    shaded = (frame * shade[None, :, None]).astype(np.uint8)
    assert foreign_pixels(shaded, cover, landmarks, unit) == 0
    dim = (frame * np.array([0.6, 0.58, 0.55])).astype(np.uint8)
    assert foreign_pixels(dim, cover, landmarks, unit) == 0
    mole = frame.copy()
    mole[disc(*(landmarks[57] + [0.3 * unit, 0.25 * unit]), 0.3 * MIN_AREA**0.5 * unit)] = 30
    assert foreign_pixels(mole, cover, landmarks, unit) == 0


def test_it_counts_alike_at_every_size() -> None:
    frame, cover, landmarks, unit = presenter(40)
    x, y = landmarks[57] + [0.25 * unit, 0.3 * unit]
    frame = frame.copy()
    frame[disc(x, y, 0.15 * unit)] = (40, 80, 190)
    once = judge_mask(frame, cover, landmarks, unit)
    doubled = judge_mask(
        cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC),
        cv2.resize(cover, None, fx=2, fy=2),
        2 * landmarks + 0.5,
        2 * unit,
    )
    assert doubled.share == pytest.approx(once.share, rel=0.15)


@pytest.mark.parametrize("name", ["weekly_5s", "address_8s", "weekly_24s_silent"])
def test_real_faces(shared_data: Path, name: str) -> None:
    with VideoReader(shared_data / "targets" / f"{name}.mp4") as reader:
        frames = [frame.rgb() for frame in reader.read([10, 70, 120])]
    finder = load_face_finder()
    for frame in frames:
        gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        box = max(finder.detect(gray), key=lambda found: found.side)
        landmarks = np.asarray(finder.landmarks(gray, box), np.float64)
        unit = float(fit_pose(landmarks[None]).scale[0])
        cover = cover_of(landmarks, *frame.shape[:2])
        assert judge_mask(frame, cover, landmarks, unit).share < 0.01
        # Moved off the face, the mask touches what is not face.
        aside = [np.roll(cover, round(way * unit), axis=1) for way in (-0.9, 0.9)]
        assert max(judge_mask(frame, moved, landmarks, unit).share for moved in aside) > 0.05
