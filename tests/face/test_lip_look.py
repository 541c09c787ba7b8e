"""Something smooth before the mouth is told from closed lips."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from painted_mouths import SKIN, SPACE, opened, painted

from audio2video.face.head import generic_head
from audio2video.face.layout import MOUTH
from audio2video.face.lip_look import LEAST_SURE, lip_look, no_lips
from audio2video.face.pose import HeadPose
from audio2video.face.view import View

PLAIN = HeadPose.from_array(np.array([[0.0, 0, 0, SPACE.resolution, 0, 0]]))
ABOVE = 100
"""Rows of forehead above the painted lower face."""


def look(opening: float, cup: tuple[int, int, int] | None, light: float) -> NDArray[np.float32]:
    landmarks = generic_head()[:, :2].copy()
    landmarks[MOUTH] = opened(opening)
    face = painted(opened(opening), upper=3)
    if cup is not None:
        face[SPACE.grid()[1] > 0.85] = cup
    brow = np.broadcast_to(SKIN, (ABOVE, face.shape[1], 3))
    picture = np.clip(np.concatenate([brow, face]) * light, 0, 255).astype(np.uint8)
    places = np.add(SPACE.to_pixels(landmarks), (0, ABOVE))
    return lip_look(View(picture, (0, 0), places, PLAIN))


def film(count: int, cups: int, cup: tuple[int, int, int]) -> NDArray[np.float32]:
    """Frames of speech, and of a cup before it."""
    openings, lights = np.linspace(0, 0.3, count), np.linspace(0.8, 1.1, count)
    seen = [look(o, None, s) for o, s in zip(openings, lights, strict=True)]
    return np.stack([*seen, *[look(0.1, cup, s) for s in np.linspace(0.8, 1.1, cups)]])


@pytest.mark.parametrize("cup", [(120, 80, 50), (150, 45, 40), (225, 225, 230), (40, 40, 60)])
def test_a_cup_of_any_colour_is_told(cup: tuple[int, int, int]) -> None:
    assert no_lips(film(24, 40, cup)).tolist() == [False] * 24 + [True] * 40


def test_of_speech_nothing_is_said() -> None:
    assert not no_lips(film(30, 0, (0, 0, 0))).any()
    assert no_lips(np.zeros((0, 4))).shape == (0,)


def test_few_mouths_are_no_rule() -> None:
    assert not no_lips(film(LEAST_SURE - 1, 40, (225, 225, 230))).any()
