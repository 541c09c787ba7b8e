"""Hard cuts between frames."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.face.shots import ShotDetector


def scene(seed: int, shift: int = 0, size: tuple[int, int] = (120, 200)) -> NDArray[np.uint8]:
    """A picture of soft blobs, seen by a camera that has panned by some pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(20, 236, (7, 40)).astype(np.float64)
    x = np.linspace(0, 39, size[1] * 4)[shift : shift + size[1]]
    rows = np.array([np.interp(x, np.arange(40), row) for row in coarse])
    y = np.linspace(0, 6, size[0])
    columns = [np.interp(y, np.arange(7), column) for column in rows.T]
    return np.asarray(np.array(columns).T, np.uint8)


def cuts(frames: list[NDArray[np.uint8]]) -> list[int]:
    detector = ShotDetector()
    return [k for k, frame in enumerate(frames) if detector.is_cut(frame)]


@pytest.mark.parametrize("size", [(40, 30), (120, 200), (1080, 610)])
def test_cuts_are_found_where_they_are(size: tuple[int, int]) -> None:
    frames = [scene(int(k >= 7) + int(k >= 12), size=size) for k in range(20)]
    assert cuts(frames) == [7, 12]


def test_a_pan_is_no_cut() -> None:
    # Of the first step alone nobody can tell.
    assert cuts([scene(3, shift=6 * k) for k in range(40)]) in ([], [1])


def test_a_cut_in_a_pan_is_found() -> None:
    frames = [scene(3 + int(k >= 20), shift=k) for k in range(40)]
    assert cuts(frames) == [20]


def test_noise_is_no_cut(rng: np.random.Generator) -> None:
    noisy = [scene(0) + rng.integers(0, 20, (120, 200)).astype(np.uint8) for _ in range(10)]
    assert cuts(noisy) == []


def test_frames_of_another_size_begin_anew() -> None:
    assert cuts([scene(0), scene(1, size=(60, 200)), scene(1, size=(60, 200))]) == []
