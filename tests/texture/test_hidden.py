"""Medians without hidden texels, against a plain version."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.texture.hidden import filled, median_of_seen
from audio2video.texture.warp import CELL, grid_shape


def plain(
    blended: NDArray[np.uint8],
    textures: NDArray[np.uint8],
    hidden: NDArray[np.uint8],
    frames: NDArray[np.int64],
    weights: NDArray[np.int64],
    shifts: NDArray[np.floating],
) -> NDArray[np.uint8]:
    """Candidates moved by whole pixels; hidden texels are on the textures' own raster."""
    result = blended.copy()
    _, height, width, _ = textures.shape
    for y in range(height):
        for x in range(width):
            places = [
                (np.clip(y + int(dy), 0, height - 1), np.clip(x + int(dx), 0, width - 1))
                for dx, dy in shifts
            ]
            seen = [hidden[f][place] == 0 for f, place in zip(frames, places, strict=True)]
            if all(seen) or not any(seen):
                continue
            for channel in range(3):
                rows = sorted(
                    (int(textures[f][place][channel]), int(w))
                    for f, place, w, ok in zip(frames, places, weights, seen, strict=True)
                    if ok
                )
                half = (sum(w for _, w in rows) + 1) // 2
                carried = np.cumsum([w for _, w in rows])
                result[y, x, channel] = rows[int(np.argmax(carried >= half))][0]
    return result


@settings(max_examples=60)
@given(st.integers(1, 14), st.integers(1, 14), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_it_equals_its_twin(height: int, width: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    textures = rng.integers(0, 256, (4, height, width, 3), dtype=np.uint8)
    hidden = (rng.random((4, height, width)) < 0.4).astype(np.uint8)
    frames, weights = rng.integers(0, 4, count), rng.integers(1, 9, count)
    shifts = rng.integers(-3, 4, (count, 2))
    rows, columns = grid_shape(height, width)
    grids = np.broadcast_to(shifts[..., None, None], (count, 2, rows, columns)).astype("f4")
    blended = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    region = rng.random((height, width)) < 0.8
    made, unseen = median_of_seen(blended, textures, hidden, 1.0, frames, weights, grids, region)
    expected = plain(blended, textures, hidden, frames, weights, shifts)
    np.testing.assert_array_equal(made, np.where(region[..., None], expected, blended))
    assert not unseen[~region].any()
    np.testing.assert_array_equal(made[unseen], blended[unseen])


def test_what_one_candidate_hides_comes_from_the_others(rng: np.random.Generator) -> None:
    textures = np.full((3, 24, 24, 3), 100, np.uint8)
    textures[0] = 7
    hidden = np.zeros((3, 12, 12), np.uint8)  # on a coarser raster
    hidden[0, 3:6] = 1
    frames, weights = np.arange(3), np.array([10, 1, 2])
    grids = np.zeros((3, 2, *grid_shape(24, 24)), np.float32)
    blended = np.full((24, 24, 3), 7, np.uint8)
    everywhere = np.ones((24, 24), bool)
    made, unseen = median_of_seen(
        blended, textures, hidden, 11 / 23, frames, weights, grids, everywhere
    )
    assert not unseen.any()
    assert (made[7:11] == 100).all()
    assert (made[:5] == 7).all()
    assert (made[14:] == 7).all()


def test_arrays_that_do_not_fit_are_refused() -> None:
    textures = np.zeros((2, 8, 8, 3), np.uint8)
    hidden, one = np.zeros((2, 8, 8), np.uint8), np.array([1])
    grids, region = np.zeros((1, 2, *grid_shape(8, 8)), np.float32), np.ones((8, 8), bool)
    blended = np.zeros((8, 8, 3), np.uint8)
    assert CELL == 4
    for wrong in (
        (blended[:4], textures, hidden, 1.0, one, one, grids, region),
        (blended, textures, hidden[:1], 1.0, one, one, grids, region),
        (blended, textures, hidden, 1.0, one, one, grids[:, :, :1], region),
        (blended, textures, hidden, 1.0, one, one, grids, region[:3]),
    ):
        with pytest.raises(ValueError, match="must"):
            median_of_seen(*wrong)


def test_what_is_never_seen_is_continued_from_its_rim() -> None:
    texture = np.full((40, 40, 3), 150, np.uint8)
    unseen = np.zeros((40, 40), bool)
    unseen[15:25, 15:25] = True
    texture[15:25, 15:25] = 9
    np.testing.assert_allclose(filled(texture, unseen, 4.0), 150, atol=2)
    assert filled(texture, np.zeros((40, 40), bool), 4.0) is texture
