"""Parts of pictures that a page shows."""

from __future__ import annotations

import numpy as np
import pytest

from audio2video.face.rectify import RectifiedGrid
from audio2video.inspection.crops import FaceCrop, mouth_crop, resized


def test_a_square_beyond_the_picture_goes_on_with_its_edge() -> None:
    picture = np.arange(100, dtype=np.uint8).reshape(10, 10)
    crop = FaceCrop(np.array([[-3, 4]]), 8)
    cut = crop.cut(picture, 0, 8)
    rows, columns = np.clip(np.arange(4, 12), 0, 9), np.clip(np.arange(-3, 5), 0, 9)
    assert np.array_equal(cut, picture[np.ix_(rows, columns)])


def test_points_keep_their_place_in_the_square() -> None:
    crop = FaceCrop(np.array([[0, 0], [40, 20]]), 50)
    corners = np.array([[39.5, 19.5], [89.5, 69.5], [64.5, 44.5]])
    assert crop.relative(corners, 1) == pytest.approx(np.array([[0, 0], [1, 1], [0.5, 0.5]]))


def test_pictures_get_smaller_only() -> None:
    picture = np.zeros((30, 60, 3), np.uint8)
    assert resized(picture, 100, 50).shape == (30, 60, 3)
    assert resized(picture, 20, 10).shape == (10, 20, 3)


def test_the_mouths_part_of_a_texture_lies_in_it() -> None:
    for resolution in (8.0, 40.0, 240.0):
        space = RectifiedGrid.lower_face(resolution)
        mouth = np.tile([0.0, 1.1], (20, 1))
        crop = mouth_crop(space, mouth)
        texture = np.zeros((space.height, space.width, 3), np.uint8)
        cut = crop.cut(texture, 64)
        assert cut.shape[1] <= 64
        assert cut.shape[1] / cut.shape[0] == pytest.approx(1.3 / 0.9, rel=0.2)
        assert 0 <= crop.rows.start < crop.rows.stop <= space.height
        assert 0 <= crop.columns.start < crop.columns.stop <= space.width
