"""What is fixed in the picture is found by the head that moves behind it, and nothing else is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from in_front import laid, stand_microphone, words
from numpy.typing import NDArray

from audio2video.face.occlusion import analysis_grid
from audio2video.face.rectify import RectifiedGrid
from audio2video.face.track import FaceTrack, build_track
from audio2video.face.tracking import TrackedFace
from audio2video.media.frame import Frame
from audio2video.progress import Progress
from audio2video.target.extraction import VIEW_RESOLUTION
from audio2video.target.overlay_search import find_overlays
from audio2video.target.overlays import HiddenTexels, Overlays
from audio2video.target.views import Views
from tools.presenter.presenter import demo_truth, render_frames

SIZE, FRAMES, START = 256, 60, 60


@cache
def pictures() -> tuple[NDArray[np.uint8], ...]:
    return tuple(render_frames(FRAMES, size=SIZE, start=START))


@cache
def presenter() -> FaceTrack:
    truth = demo_truth(FRAMES, size=SIZE, start=START)
    return build_track([TrackedFace(points.astype(np.float64)) for points in truth.landmarks])


def overlays_of(film: Sequence[NDArray[np.uint8]]) -> Overlays:
    def part(frame: int) -> tuple[Frame, tuple[int, int]]:
        box = (20, 40, 236, 256)
        return Frame.from_rgb(film[frame]).part(box), box[:2]

    views = Views(part, presenter(), VIEW_RESOLUTION)
    return find_overlays(views, presenter(), 25.0, 2, Progress())


def agreement(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Share of the truth that is found, and share of what is found that is true."""
    both = float((found & truth).sum())
    return both / truth.sum(), both / max(1.0, float(found.sum()))


def face_of(frame: int) -> NDArray[np.bool_]:
    """Where the mouth is replaced."""
    low, high = presenter().landmarks[frame, 48:68].min(axis=0), presenter().landmarks[frame, 8]
    inside = np.zeros((SIZE, SIZE), bool)
    inside[int(low[1]) : int(high[1]) - 4, int(low[0]) - 4 : int(high[0]) + 30] = True
    return inside


def test_nothing_is_in_front_of_a_bare_face() -> None:
    found = overlays_of(pictures())
    assert not found
    texels = HiddenTexels.of(found, presenter(), RectifiedGrid.lower_face(60.0))
    assert not texels
    assert not texels.lips.any()
    assert not texels.on(0, RectifiedGrid.lower_face(24.0)).any()


@pytest.mark.parametrize("radius", [9.0, pytest.param(16.0, marks=pytest.mark.slow)])
def test_a_microphone_on_a_stand_is_found(radius: float) -> None:
    lip = presenter().landmarks[:, 57].mean(axis=0)
    mask, look = stand_microphone(SIZE, SIZE, lip, radius)
    found = overlays_of([laid(picture, mask, look) for picture in pictures()])
    assert found
    for frame in (0, 30, FRAMES - 1):
        seen = found.front(frame, (0, 0), (SIZE, SIZE)) > 0.5
        recall, precision = agreement(seen & face_of(frame), (mask > 0) & face_of(frame))
        assert recall > 0.9
        assert precision > 0.45  # a rim of two pixels belongs to the mask
    track = presenter()
    space = RectifiedGrid.lower_face(float(np.median(track.pose.scale)))
    texels = HiddenTexels.of(found, track, space)
    assert 0 < texels.lips.mean() < 0.4
    assert texels.on(3, analysis_grid(space)).any()


def test_of_a_head_that_stands_still_nothing_is_known() -> None:
    points = demo_truth(1, size=SIZE, start=START).landmarks[0].astype(np.float64)
    track = build_track([TrackedFace(points)] * 12)
    frame = Frame.from_rgb(pictures()[0])
    views = Views(lambda _: (frame, (0, 0)), track, VIEW_RESOLUTION)
    assert not find_overlays(views, track, 25.0, 1, Progress())


def test_words_that_change_are_masked_word_by_word() -> None:
    x, y = presenter().landmarks[:, 57].mean(axis=0).astype(int)
    texts = ("HELLO MEN", "WAVY EYES")
    masks = [words(SIZE, SIZE, text, (x - 45, y + 13), 0.5) for text in texts]
    film = [laid(p, masks[k * 2 // FRAMES], (250, 250, 250)) for k, p in enumerate(pictures())]
    found = overlays_of(film)
    assert found
    for frame in (10, FRAMES - 10):
        shown, other = (m > 0 for m in (masks if frame < FRAMES // 2 else masks[::-1]))
        seen = (found.front(frame, (0, 0), (SIZE, SIZE)) > 0.5) & face_of(frame)
        assert seen[shown & face_of(frame)].mean() > 0.55
        assert seen[other & ~shown & face_of(frame)].mean() < seen[shown & face_of(frame)].mean()
    # Above and below the line nothing is masked.
    apart = face_of(30) & (np.abs(np.arange(SIZE)[:, None] - (y + 8)) > 12)
    assert not (found.front(30, (0, 0), (SIZE, SIZE)) > 0.5)[apart].any()


def test_other_things_are_hidden_with_overlays() -> None:
    space = RectifiedGrid.lower_face(60.0)
    texels = HiddenTexels.of(Overlays.none(), presenter(), space)
    reduced = analysis_grid(space)
    maps = np.zeros((FRAMES, reduced.height, reduced.width), np.uint8)
    maps[3, 20:24, 20:24] = 255
    both = texels.with_occlusions(maps, reduced)
    assert both.shape == (FRAMES, texels.grid.height, texels.grid.width)
    assert np.flatnonzero(both.any(axis=(1, 2))).tolist() == [3]
    # Grown, as the rim of a thing is not wanted in a texture.
    assert both[3].sum() > 16 * (texels.grid.resolution / reduced.resolution) ** 2
