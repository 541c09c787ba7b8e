"""Things of no colour of a face are told from beards, which always stay."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from painted_mouths import SPACE, opened, painted

from audio2video.face.colour_occlusion import OFTEN, colour_occlusions, redness
from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.occlusion import analysis_grid, reduce_texture

REDUCED = analysis_grid(SPACE)
FRAMES = 20


def maps_of(faces: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    landmarks = generic_head()[:, :2].copy()
    landmarks[MOUTH] = opened(0.0)
    pictures = np.stack([reduce_texture(face, SPACE, REDUCED) for face in faces])
    places = np.stack([landmarks] * len(faces))
    return colour_occlusions(redness(pictures, REDUCED), places, np.ones(len(faces), bool), REDUCED)


def film(
    place: tuple[float, ...], colour: tuple[int, int, int], size: float = 0.3
) -> list[NDArray[np.uint8]]:
    """A face with something below the lips, at an x for each frame."""
    x, y = SPACE.grid()
    faces = []
    for k in range(FRAMES):
        face = painted(opened(0.0))
        face[np.hypot(x - place[k % len(place)], y - 1.55) < size / 2] = colour
        faces.append(face)
    return faces


@pytest.mark.parametrize("colour", [(40, 40, 42), (120, 120, 120), (220, 222, 226)])
def test_a_thing_that_sways_is_found(colour: tuple[int, int, int]) -> None:
    places = (-0.2, -0.15, 0.15, 0.2)
    maps = maps_of(film(places, colour))
    assert maps.any(axis=(1, 2)).mean() > 0.9
    x, y = REDUCED.grid()
    for k, found in enumerate(maps):
        far = np.hypot(x - places[k % len(places)], y - 1.55) > 0.25
        assert not found[far].any()


def test_a_beard_is_no_thing() -> None:
    assert not maps_of(film((0.0,), (30, 28, 27))).any()
    assert not maps_of([painted(opened(0.0))] * FRAMES).any()


def test_what_is_green_need_not_sway_but_be_there_often() -> None:
    green = film((0.0,), (40, 150, 70), 0.15)
    assert maps_of(green).any(axis=(1, 2)).all()
    few = [painted(opened(0.0))] * FRAMES
    few[: int(OFTEN * FRAMES) - 1] = green[: int(OFTEN * FRAMES) - 1]
    assert not maps_of(few).any()


def test_pictures_without_colour_say_nothing() -> None:
    gray = [
        np.repeat(face.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
        for face in film((-0.2, 0.2), (40, 40, 42))
    ]
    assert not maps_of(gray).any()
