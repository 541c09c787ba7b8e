"""The compiled weighted median must equal its plain NumPy twin byte by byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.texture.median import BLOCK_BYTES, MAX_WEIGHT, weighted_median
from audio2video.texture.warp import CELL
from benchmarks import plain


def nodes(length: int) -> int:
    return -(-(length - 1) // CELL) + 1


def warps(
    rng: np.random.Generator, kind: str, count: int, height: int, width: int
) -> NDArray[np.float32]:
    """Displacements: as rough as may be, alike within a cell, smooth as a warp is, or none."""
    rows, columns = nodes(height), nodes(width)
    if kind == "rough":
        return rng.normal(scale=3.0, size=(count, 2, rows, columns)).astype("f4")
    shift = rng.uniform(-2, 2, (count, 2, 1, 1))
    if kind == "alike":
        return np.broadcast_to(shift, (count, 2, rows, columns)).astype("f4")
    slope = rng.uniform(-0.25, 0.25, (count, 2, 2))
    y, x = np.mgrid[:rows, :columns]
    smooth = shift + slope[..., :1, None] * y + slope[..., 1:, None] * x
    # Some halves: displacements that lie between two 256ths of a pixel.
    still = rng.random((count, 1, 1, 1)) < (0.5 if kind == "some still" else 0.0)
    return np.where(still, rng.choice([0.0, 1 / 512, -1 / 513], smooth.shape), smooth).astype("f4")


@settings(max_examples=150)
@given(
    st.integers(1, 30),
    st.integers(1, 50),
    st.integers(1, 9),
    st.sampled_from(["rough", "alike", "smooth", "some still"]),
    st.sampled_from([2, 5, MAX_WEIGHT]),
    st.integers(0, 2**32 - 1),
)
def test_it_equals_its_twin(
    height: int, width: int, count: int, kind: str, heaviest: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    textures = rng.integers(0, 256, (5, height, width, 3), dtype=np.uint8)
    frames = rng.integers(0, 5, count)
    weights = rng.integers(1, max(heaviest // count, 2), count)
    region = rng.random((height, width)) < rng.choice([0.02, 0.8])
    arguments = (textures, frames, weights, warps(rng, kind, count, height, width), region)
    np.testing.assert_array_equal(weighted_median(*arguments), plain.weighted_median(*arguments))


@pytest.mark.parametrize("block", [1, 3 * 4 * 12 * 8, 1 << 18])
def test_blocks_do_not_show(block: int, rng: np.random.Generator) -> None:
    # The size of a block is compiled in, so the number of candidates decides how many there are.
    count = max(1, BLOCK_BYTES // max(block, 4 * 12))
    height, width = 6, 41
    textures = rng.integers(0, 256, (5, height, width, 3), dtype=np.uint8)
    frames, weights = rng.integers(0, 5, count), np.ones(count, np.int64)
    region = np.ones((height, width), bool)
    arguments = (textures, frames, weights, warps(rng, "smooth", count, height, width), region)
    np.testing.assert_array_equal(weighted_median(*arguments), plain.weighted_median(*arguments))


def still(textures: NDArray[np.uint8], frames: list[int], weights: list[int]) -> NDArray[np.uint8]:
    """Median of candidates that are not warped."""
    _, height, width, _ = textures.shape
    displacements = np.zeros((len(frames), 2, nodes(height), nodes(width)), np.float32)
    region = np.ones((height, width), bool)
    return weighted_median(textures, np.array(frames), np.array(weights), displacements, region)


def test_a_single_candidate_is_copied(rng: np.random.Generator) -> None:
    textures = rng.integers(0, 256, (3, 9, 10, 3), dtype=np.uint8)
    np.testing.assert_array_equal(still(textures, [2], [1]), textures[2])


def test_equal_weights_of_an_odd_number_give_the_plain_median(rng: np.random.Generator) -> None:
    textures = rng.integers(0, 256, (7, 9, 10, 3), dtype=np.uint8)
    found = still(textures, list(range(7)), [3] * 7)
    np.testing.assert_array_equal(found, np.median(textures, axis=0))


@pytest.mark.parametrize(
    ("weights", "value"),
    [
        *(([1, 1], 10), ([1, 2], 200), ([2, 1], 10), ([1, 2**17 - 3], 200)),
        *(([2**16 - 1, 2**16 - 1], 10), ([2**16 - 2, 2**16], 200)),
    ],
)
def test_half_of_the_weight_decides(weights: list[int], value: int) -> None:
    textures = np.stack([np.full((2, 2, 3), v, np.uint8) for v in (10, 200)])
    assert (still(textures, [0, 1], weights) == value).all()


def test_the_extremes_of_a_byte() -> None:
    textures = np.stack([np.full((1, 1, 3), v, np.uint8) for v in (0, 255)])
    assert (still(textures, [1], [1]) == 255).all()
    assert (still(textures, [0], [1]) == 0).all()


@pytest.mark.parametrize("move", [(3, 0), (0, -2), (1, 2)])
def test_whole_pixels_are_read_exactly_and_the_border_is_repeated(
    rng: np.random.Generator, move: tuple[int, int]
) -> None:
    textures = rng.integers(0, 256, (1, 12, 15, 3), dtype=np.uint8)
    displacements = np.zeros((1, 2, nodes(12), nodes(15)), np.float32)
    displacements[0] += np.array(move)[:, None, None]
    found = weighted_median(
        textures, np.array([0]), np.array([1]), displacements, np.ones((12, 15), bool)
    )
    y, x = np.indices((12, 15))
    expected = textures[0, np.clip(y + move[1], 0, 11), np.clip(x + move[0], 0, 14)]
    np.testing.assert_array_equal(found, expected)


def test_only_chosen_frames_count_and_may_repeat(rng: np.random.Generator) -> None:
    textures = rng.integers(0, 256, (4, 6, 6, 3), dtype=np.uint8)
    spoilt = textures.copy()
    spoilt[[0, 2]] = 0
    np.testing.assert_array_equal(still(spoilt, [1, 3, 1], [1, 1, 1]), textures[1])


def test_mapped_textures_are_read_too(rng: np.random.Generator, tmp_path: object) -> None:
    textures = rng.integers(0, 256, (3, 6, 7, 3), dtype=np.uint8)
    np.save(f"{tmp_path}/t.npy", textures)
    mapped = np.load(f"{tmp_path}/t.npy", mmap_mode="r")
    np.testing.assert_array_equal(
        still(mapped, [0, 1, 2], [1, 2, 2]), still(textures, [0, 1, 2], [1, 2, 2])
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"textures": np.zeros((1, 8, 8, 4), np.uint8)}, "textures must be"),
        ({"region": np.ones((8, 9), bool)}, "textures must be"),
        ({"displacements": np.zeros((1, 2, 3, 4), np.float32)}, r"must be \(1, 2, 3, 3\)"),
        ({"displacements": np.zeros((2, 2, 3, 3), np.float32)}, r"must be \(1, 2, 3, 3\)"),
        ({"weights": np.ones(2, np.int64)}, r"must be \(1, 2, 3, 3\)"),
        ({"weights": np.array([2**17 - 1])}, "a sum of 131070 at most"),
        ({"weights": np.zeros(1, np.int64)}, "weights must be positive"),
        ({"weights": np.array([-1])}, "weights must be positive"),
        (
            {
                "frames": np.zeros(0, np.int64),
                "weights": np.zeros(0, np.int64),
                "displacements": np.zeros((0, 2, 3, 3), np.float32),
            },
            "at least one candidate",
        ),
    ],
)
def test_arrays_that_do_not_fit(change: dict[str, NDArray[np.generic]], message: str) -> None:
    arguments: dict[str, NDArray[np.generic]] = {
        "textures": np.zeros((1, 8, 8, 3), np.uint8),
        "frames": np.zeros(1, np.int64),
        "weights": np.ones(1, np.int64),
        "displacements": np.zeros((1, 2, 3, 3), np.float32),
        "region": np.ones((8, 8), bool),
    }
    weighted_median(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        weighted_median(**{**arguments, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("frame", [-2, 1])
def test_frames_that_there_are_not(frame: int) -> None:
    with pytest.raises(ValueError, match="frame"):
        still(np.zeros((1, 8, 8, 3), np.uint8), [frame], [1])
