"""Matching the texture's light to the frame's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.compositing.illumination import MAX_CHANGE, illumination_offset


def match_light(
    texture: NDArray[Any], frame: NDArray[Any], weight: NDArray[np.floating], sigma: float
) -> NDArray[np.floating]:
    difference = np.asarray(texture, np.float32) - np.asarray(frame, np.float32)
    return texture + illumination_offset(difference, weight, sigma)


@pytest.fixture
def texture(rng: np.random.Generator) -> NDArray[np.uint8]:
    return rng.integers(60, 180, (70, 90, 3), dtype=np.uint8)


@pytest.mark.parametrize("sigma", [2.0, 6.0, 15.0])
def test_a_constant_offset_is_removed(texture: NDArray[np.uint8], sigma: float) -> None:
    frame = texture + np.array([20.0, -15.0, 3.0])
    found = match_light(texture, frame, np.ones((70, 90)), sigma)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, frame, atol=0.1)


def test_it_is_carried_over_parts_that_can_not_be_compared(texture: NDArray[np.uint8]) -> None:
    frame = texture + np.array([20.0, -15.0, 3.0])
    weight = np.ones((70, 90))
    weight[25:45, 35:60] = 0
    spoilt = frame.copy()
    spoilt[25:45, 35:60] = 0
    found = match_light(texture, spoilt, weight, 10.0)
    np.testing.assert_allclose(found, frame, atol=0.1)


@pytest.mark.parametrize("weight", [0.0, 0.9 / 6300])
def test_without_weight_nothing_changes(texture: NDArray[np.uint8], weight: float) -> None:
    found = match_light(texture, texture + 30.0, np.full((70, 90), weight), 8.0)
    np.testing.assert_array_equal(found, texture)


def test_equal_pictures_stay(rng: np.random.Generator, texture: NDArray[np.uint8]) -> None:
    found = match_light(texture, texture, rng.random((70, 90)), 8.0)
    np.testing.assert_allclose(found, texture, atol=1e-4)


def test_a_slow_change_of_light_is_followed(texture: NDArray[np.uint8]) -> None:
    slope = np.linspace(-15, 15, 90)[None, :, None]
    found = match_light(texture, texture + slope, np.ones((70, 90)), 4.0)
    error = (found - texture - slope)[:, 12:-12]
    assert np.abs(error).max() < 1.5


def test_detail_is_not_followed(texture: NDArray[np.uint8]) -> None:
    checks = 30.0 * (-1) ** np.indices((70, 90)).sum(axis=0)[..., None]
    found = match_light(texture, texture + checks, np.ones((70, 90)), 8.0)
    assert np.abs(found - texture)[8:-8, 8:-8].max() < 1


@pytest.mark.parametrize("sign", [-1, 1])
def test_what_is_in_the_way_is_no_light(texture: NDArray[np.uint8], sign: int) -> None:
    frame = texture.astype(float) + sign * 3 * MAX_CHANGE
    found = match_light(texture, frame, np.ones((70, 90)), 8.0)
    np.testing.assert_allclose(found - texture, sign * MAX_CHANGE, atol=0.1)


def test_it_equals_normalised_convolution(rng: np.random.Generator) -> None:
    # At a small sigma nothing is reduced: the definition can be written down directly.
    texture, frame = rng.uniform(100, 130, (2, 44, 50, 3))
    weight = rng.uniform(0.2, 1, (44, 50))
    sigma = 2.5
    at = np.arange(-20, 21)
    kernel = np.exp(-(at**2) / (2 * sigma**2))
    kernel /= kernel.sum()

    def blurred(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        for axis in (0, 1):
            plane = np.apply_along_axis(np.convolve, axis, plane, kernel, "same")
        return plane

    found = match_light(texture, frame, weight, sigma)
    norm = blurred(weight)
    for channel in range(3):
        field = blurred((frame - texture)[..., channel] * weight) / norm
        error = found[..., channel] - texture[..., channel] - field
        assert np.abs(error)[12:-12, 12:-12].max() < 0.05
