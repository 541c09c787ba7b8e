"""What around the person has a direction in time."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from audio2video.retiming.direction import (
    DIRECTED_SHARE,
    LOOKS_PER_SECOND,
    WINDOW_SECONDS,
    WINDOWS,
    directed_share,
    frames_to_look_at,
    surroundings,
)

HEIGHT, WIDTH, LOOKS = 108, 192, 40
Scene = Callable[[float], np.ndarray]


def page(seed: int, lines: int = 12, height: int = HEIGHT) -> np.ndarray:
    """Lines of letters, dark on white, as a reduced picture shows them."""
    rng = np.random.default_rng(seed)
    large = np.full((4 * height, 4 * WIDTH), 240, np.uint8)
    for k in range(lines):
        words = "".join(rng.choice(list("abcdefghij klmno pq"), 46))
        cv2.putText(large, words, (4, 34 * k + 30), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    return cv2.resize(large, (WIDTH, height), interpolation=cv2.INTER_AREA)


def face(x: float, y: float, size: float) -> np.ndarray:
    landmarks = np.full((1, 68, 2), (x, y), float)
    landmarks[:, 36:42] -= (size / 2, 0)
    landmarks[:, 42:48] += (size / 2, 0)
    return landmarks


def share(scene: Scene, landmarks: np.ndarray) -> float:
    rng = np.random.default_rng(1)

    def filmed(t: float) -> np.ndarray:
        return np.clip(scene(t) + rng.normal(0, 1.5, (HEIGHT, WIDTH)), 0, 255).astype(np.uint8)

    times = np.arange(LOOKS) / LOOKS_PER_SECOND
    looks, after = np.array([filmed(t) for t in times]), np.array([filmed(t + 0.04) for t in times])
    return directed_share(looks, after, *surroundings(landmarks, HEIGHT, WIDTH))


CORNER = face(170, 80, 6)
MIDDLE = face(96, 45, 22)
STILL = page(7)
TALL = page(9, lines=60, height=5 * HEIGHT)


def ticker(t: float) -> np.ndarray:
    picture = STILL.copy()
    strip = np.hstack([page(k)[:14] for k in range(6)])
    picture[-14:] = strip[:, round(25 * t) : round(25 * t) + WIDTH]
    return picture


@pytest.mark.parametrize(
    ("scene", "landmarks"),
    [
        (lambda t: page(1, lines=2 + int(t)), CORNER),  # text is typed
        (lambda t: TALL[round(30 * t) : round(30 * t) + HEIGHT], CORNER),  # a page scrolls
        (lambda t: page(20 + int(t // 3)), CORNER),  # slides
        (lambda t: page(20 + int(t // 5)), MIDDLE),  # a cut
        (ticker, MIDDLE),
        (lambda t: np.roll(TALL[:HEIGHT], round(12 * t), 1), MIDDLE),  # from a moving car
    ],
    ids=["typed", "scrolled", "slides", "cut", "ticker", "drive"],
)
def test_what_has_a_direction(scene: Scene, landmarks: np.ndarray) -> None:
    assert share(scene, landmarks) > DIRECTED_SHARE


@pytest.mark.parametrize("landmarks", [CORNER, MIDDLE], ids=["corner", "middle"])
@pytest.mark.parametrize(
    "scene",
    [
        lambda t: STILL,
        lambda t: np.roll(STILL, (round(2 * np.sin(5 * t)), round(2 * np.cos(3 * t))), (0, 1)),
        lambda t: STILL * (1 + 0.06 * np.sin(9 * t)),  # light that flickers
        lambda t: STILL * (0.8 + 0.015 * t),  # the sun comes out
        lambda t: np.where(
            np.arange(WIDTH) < 40, np.roll(STILL, round(2 * np.sin(4 * t)), 1), STILL
        ),
    ],
    ids=["still", "hand-held", "flicker", "drift", "curtain"],
)
def test_what_may_be_played_either_way(scene: Scene, landmarks: np.ndarray) -> None:
    assert share(scene, landmarks) < DIRECTED_SHARE / 2


def test_a_gesture_is_the_persons_own() -> None:
    def gesture(t: float) -> np.ndarray:
        picture = STILL.copy()
        cv2.circle(picture, (96 + round(30 * np.sin(3 * t)), 95), 8, 30, -1)
        return picture

    assert share(gesture, MIDDLE) < DIRECTED_SHARE / 2


def test_short_targets_and_faces_that_fill_the_picture_say_nothing() -> None:
    none = np.zeros((4, HEIGHT, WIDTH), np.uint8)
    free = np.ones((HEIGHT, WIDTH), bool)
    assert directed_share(none, none, free, free) == 0
    many = np.random.default_rng(0).integers(0, 255, (20, HEIGHT, WIDTH), np.uint8)
    assert directed_share(many, many, ~free, ~free) == 0


@pytest.mark.parametrize("rate", [24.0, 30000 / 1001, 60.0])
@pytest.mark.parametrize("seconds", [0.02, 0.5, 3, 15, 16, 600])
def test_frames_that_are_looked_at(seconds: float, rate: float) -> None:
    frames = max(1, round(seconds * rate))
    chosen = frames_to_look_at(frames, rate)
    assert (np.diff(chosen) > 0).all()
    assert len(chosen) <= LOOKS_PER_SECOND * WINDOWS * WINDOW_SECONDS + 1
    if frames > 1:
        assert 0 <= chosen[0] <= chosen[-1] < frames - 1
    else:
        assert not len(chosen)
