"""Moving the jaw line."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.compositing.jaw import (
    BORDER,
    CHIN,
    MAX_MOVE,
    REACH,
    SHARES,
    WINDOW,
    chin_offsets,
    move_jaw,
    offset_jaw,
)
from audio2video.face.head import generic_head
from audio2video.face.layout import JAW
from audio2video.texture.warp import warp_weights

UNIT = 60.0
ORIGIN = (100, 40)
HEIGHT, WIDTH = 210, 222


def jaw_line(y: float = 90.0) -> NDArray[np.float64]:
    """In frame pixels: the middle of the part at x, the chin's height by y."""
    place = np.array([ORIGIN[0] + WIDTH / 2, ORIGIN[1] + y - 60])
    jaw: NDArray[np.float64] = generic_head()[JAW, :2] * UNIT + place
    return jaw


def opened(jaw: NDArray[np.float64], drop: float) -> NDArray[np.float64]:
    return offset_jaw(jaw, drop)


def noise(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def ramps() -> NDArray[np.uint8]:
    """Tells where it was read: red is x, green is y."""
    y, x = np.indices((HEIGHT, WIDTH))
    return np.asarray(np.stack([x, y, 0 * x], axis=-1), np.uint8)


def test_a_lower_chin_takes_its_neighbours_along_and_leaves_the_ears() -> None:
    jaw = jaw_line()
    moved = offset_jaw(jaw, 0.2) - jaw
    np.testing.assert_array_equal(moved[:, 0], 0)
    np.testing.assert_allclose(moved[:, 1], moved[::-1, 1])
    assert moved[8, 1] == pytest.approx(0.2)
    assert (np.diff(moved[:9, 1]) >= 0).all()
    assert not moved[:4].any()
    np.testing.assert_array_equal(offset_jaw(jaw, 0.0), jaw)


def drops(heights: NDArray[np.float64], valid: NDArray[np.bool_]) -> NDArray[np.float64]:
    own = np.tile(generic_head()[JAW, :2], (len(heights), 1, 1))
    wanted = own.copy()
    wanted[:, list(CHIN), 1] += heights[:, None]
    return chin_offsets(wanted, own, valid)


def test_the_drop_is_how_much_lower_the_chin_is() -> None:
    steady = np.linspace(-0.1, 0.2, 30)
    np.testing.assert_allclose(drops(steady, np.ones(30, bool)), steady, atol=1e-12)


def test_the_drop_is_steady_limited_and_nought_without_a_face(rng: np.random.Generator) -> None:
    noisy = 0.1 + 0.02 * rng.normal(size=400)
    found = drops(noisy, np.ones(400, bool))
    # A mean over so many frames.
    assert found[WINDOW:-WINDOW].std() == pytest.approx(0.02 / np.sqrt(WINDOW), rel=0.3)
    np.testing.assert_allclose(drops(np.full(20, 9.0), np.ones(20, bool)), MAX_MOVE)
    np.testing.assert_allclose(drops(np.full(20, -9.0), np.ones(20, bool)), -MAX_MOVE)
    valid = np.arange(40) // 10 != 2
    found = drops(np.full(40, 0.1), valid)
    np.testing.assert_allclose(found, np.where(valid, 0.1, 0.0), atol=1e-12)


def test_nothing_moves_when_the_jaw_is_where_it_should_be(rng: np.random.Generator) -> None:
    picture = noise(rng)
    np.testing.assert_array_equal(move_jaw(picture, ORIGIN, jaw_line(), jaw_line(), UNIT), picture)


@pytest.mark.parametrize("drop", [-6.0, 5.0, 12.0])
def test_the_jaw_line_comes_to_lie_where_it_is_wanted(drop: float) -> None:
    jaw = jaw_line()
    wanted = opened(jaw, drop)
    moved = move_jaw(ramps(), ORIGIN, jaw, wanted, UNIT).astype(np.float32)
    for point in SHARES:
        x, y = (wanted[point] - ORIGIN).astype(np.float32)
        red, green, _ = cv2.getRectSubPix(moved, (1, 1), (float(x), float(y)))[0, 0]
        # What is seen at the wanted place was at the old place.
        assert abs(red + ORIGIN[0] - jaw[point, 0]) < 1.5
        assert abs(green + ORIGIN[1] - jaw[point, 1]) < 1.5


def test_a_jaw_line_can_move_sideways_too() -> None:
    jaw = jaw_line()
    wanted = jaw.copy()
    wanted[6:11, 0] += 5
    moved = move_jaw(ramps(), ORIGIN, jaw, wanted, UNIT).astype(int)
    x, y = np.round(wanted[8] - ORIGIN).astype(int)
    assert moved[y, x, 0] + ORIGIN[0] == pytest.approx(jaw[8, 0], abs=1.5)


def test_far_from_the_jaw_line_nothing_moves(rng: np.random.Generator) -> None:
    picture = noise(rng)
    jaw = jaw_line()
    wanted = opened(jaw, 10.0)
    moved = move_jaw(picture, ORIGIN, jaw, wanted, UNIT)
    y, x = np.indices((HEIGHT, WIDTH))
    pixels = np.stack([x + ORIGIN[0], y + ORIGIN[1]], axis=-1)[..., None, :]
    distance = np.linalg.norm(pixels - wanted[list(SHARES)], axis=-1).min(axis=-1)
    far = distance > REACH * UNIT + 6
    assert far.sum() > 1000
    np.testing.assert_array_equal(moved[far], picture[far])


def test_the_warp_is_smooth() -> None:
    jaw = jaw_line()
    moved = move_jaw(ramps(), ORIGIN, jaw, opened(jaw, 12.0), UNIT).astype(int)
    # No fold: further right and further down always means read further right and down.
    assert (np.diff(moved[..., 0], axis=1) >= 0).all()
    assert (np.diff(moved[..., 1], axis=0) >= 0).all()
    assert np.diff(moved[..., 1], axis=0).max() <= 3


def test_the_ends_of_the_jaw_line_do_not_matter(rng: np.random.Generator) -> None:
    picture = noise(rng)
    wanted = jaw_line()
    others = [k for k in range(17) if k not in SHARES]
    wanted[others] += 5
    np.testing.assert_array_equal(move_jaw(picture, ORIGIN, jaw_line(), wanted, UNIT), picture)


def border_change(rng: np.random.Generator, y: float, height: int, width: int) -> int:
    picture = noise(rng)[:height, :width]
    jaw = jaw_line(y)
    moved = move_jaw(picture, ORIGIN, jaw, opened(jaw, 12.0), UNIT)
    change = np.abs(moved.astype(int) - picture)
    return int(max(change[[0, -1]].max(), change[:, [0, -1]].max()))


def test_the_border_stays_when_the_jaw_is_far_from_it(rng: np.random.Generator) -> None:
    assert border_change(rng, 90.0, HEIGHT, WIDTH) == 0


@pytest.mark.parametrize(("height", "width"), [(209, 221), (210, 222)])
def test_the_border_stays_when_the_jaw_is_near(
    rng: np.random.Generator, height: int, width: int
) -> None:
    # A face at the lower edge of the frame.
    assert border_change(rng, 145.0, height, width) == 0


@pytest.mark.parametrize("drop", [-7.0, 0.5, 12.0])
@pytest.mark.parametrize("y", [20.0, 90.0, 195.0])
def test_the_warp_is_that_of_every_pixel_by_itself(drop: float, y: float) -> None:
    jaw = jaw_line(y)
    wanted = opened(jaw, drop)
    points = list(SHARES)
    rows, columns = np.indices((HEIGHT, WIDTH))
    places = np.stack([columns.ravel(), rows.ravel()], axis=-1) + np.array(ORIGIN)
    weights = warp_weights(wanted[points], places, REACH * UNIT)
    field = (weights @ (jaw - wanted)[points]).reshape(HEIGHT, WIDTH, 2)
    inward = np.minimum.reduce([columns, rows, WIDTH - 1 - columns, HEIGHT - 1 - rows])
    field *= np.clip(inward / (BORDER * UNIT), 0, 1)[..., None]
    x, y_ = np.float32(columns + field[..., 0]), np.float32(rows + field[..., 1])
    plain = cv2.remap(ramps(), x, y_, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved = move_jaw(ramps(), ORIGIN, jaw, wanted, UNIT)
    assert np.abs(moved.astype(int) - plain).max() <= 1


def test_the_picture_given_is_never_written_to(rng: np.random.Generator) -> None:
    picture = noise(rng)
    kept = picture.copy()
    move_jaw(picture, ORIGIN, jaw_line(), opened(jaw_line(), 9.0), UNIT)
    np.testing.assert_array_equal(picture, kept)
