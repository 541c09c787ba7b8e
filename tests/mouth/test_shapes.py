"""Mouth shapes relative to the closed mouth, and their way from face to face."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import (
    LOWER_INNER_LIP,
    MOUTH,
    MOUTH_MIRROR,
    UPPER_INNER_LIP,
    mouth_opening,
    mouth_width,
)
from audio2video.mouth.shapes import (
    CLOSED_SHARE,
    RANGE_LIMITS,
    absolute_shapes,
    carry_shapes,
    closed_mouth_reference,
    opening_spread,
    range_gain,
    relative_shapes,
    without_drift,
)


def closed() -> NDArray[np.float64]:
    """The generic head's mouth, its lips shut."""
    mouth = generic_head()[MOUTH, :2].copy()
    middle = (mouth[list(UPPER_INNER_LIP), 1] + mouth[list(LOWER_INNER_LIP), 1]) / 2
    for lip in (UPPER_INNER_LIP, LOWER_INNER_LIP):
        mouth[list(lip), 1] = middle
    return np.asarray(mouth)


def opened(opening: float) -> NDArray[np.float64]:
    mouth = closed()
    mouth[list(LOWER_INNER_LIP), 1] += opening
    mouth[7:12, 1] += opening
    return mouth


MOUTHS = hnp.arrays(np.float64, (3, 20, 2), elements=st.floats(-2, 2))


@given(MOUTHS)
def test_relative_and_absolute_undo_each_other(mouths: NDArray[np.float64]) -> None:
    reference = closed()
    relative = relative_shapes(mouths, reference)
    np.testing.assert_allclose(absolute_shapes(relative, reference), mouths, atol=1e-12)
    np.testing.assert_array_equal(relative_shapes(reference, reference), 0)


def test_the_unit_is_the_width_of_the_closed_mouth() -> None:
    reference = closed()
    moved = reference.copy()
    moved[:, 0] += mouth_width(reference)
    np.testing.assert_allclose(relative_shapes(moved, reference), np.tile([1.0, 0.0], (20, 1)))


def test_carrying_to_the_same_face_changes_nothing() -> None:
    mouths = np.stack([opened(gap) for gap in (0.0, 0.02, 0.3)])
    np.testing.assert_allclose(carry_shapes(mouths, closed(), closed()), mouths, atol=1e-12)


@given(st.floats(0.3, 3), st.tuples(st.floats(-5, 5), st.floats(-5, 5)))
def test_carrying_scales_with_the_width_of_the_mouth(
    scale: float, place: tuple[float, float]
) -> None:
    mouths = np.stack([opened(gap) for gap in (0.0, 0.1, 0.3)])
    carried = carry_shapes(mouths, closed(), closed() * scale + place)
    np.testing.assert_allclose(carried, mouths * scale + place, atol=1e-9)


def test_carrying_there_and_back() -> None:
    there = closed() * [0.8, 1.2] + [0.1, 0]
    mouths = np.stack([opened(gap) for gap in (0.05, 0.3)])
    carried = carry_shapes(mouths, closed(), there)
    np.testing.assert_allclose(carry_shapes(carried, there, closed()), mouths, atol=1e-12)


def test_a_crooked_way_of_speaking_is_not_carried_but_a_crooked_face_stays(
    rng: np.random.Generator,
) -> None:
    crooked = rng.normal(scale=0.02, size=(20, 2))
    mouths = (opened(0.3) + crooked)[None]
    there = opened(0.1) + rng.normal(scale=0.02, size=(20, 2))
    difference = (carry_shapes(mouths, closed(), there) - there)[0] / mouth_width(there)
    np.testing.assert_allclose(difference, difference[list(MOUTH_MIRROR)] * [-1, 1], atol=1e-12)
    # Each pair of points moves by the mean of both.
    plain = relative_shapes(mouths, closed())[0]
    mirrored = plain[list(MOUTH_MIRROR)] * [-1, 1]
    np.testing.assert_allclose(difference, (plain + mirrored) / 2, atol=1e-12)
    # Nothing moves where the mouth rests.
    np.testing.assert_allclose(carry_shapes(closed()[None], closed(), there)[0], there)


@given(st.floats(0.0, 0.3), st.floats(0.0, 0.2))
def test_lips_never_cross(opening: float, rest: float) -> None:
    # The first speaker rests with parted lips, the second with closed ones: shutting the first's
    # lips would push the second's through each other.
    mouths = np.stack([opened(opening)])
    carried = carry_shapes(mouths, opened(rest), closed())
    upper, lower = carried[0, list(UPPER_INNER_LIP)], carried[0, list(LOWER_INNER_LIP)]
    assert (upper[:, 1] <= lower[:, 1] + 1e-12).all()
    plain = absolute_shapes(relative_shapes(mouths, opened(rest)), closed())
    # Pairs meet half-way, everything else is as it would be.
    inner = [*UPPER_INNER_LIP, *LOWER_INNER_LIP]
    others = [k for k in range(20) if k not in inner]
    np.testing.assert_array_equal(carried[0, others], plain[0, others])
    np.testing.assert_array_equal(carried[0, :, 0], plain[0, :, 0])
    middle = (plain[0, list(UPPER_INNER_LIP), 1] + plain[0, list(LOWER_INNER_LIP), 1]) / 2
    if opening < rest:
        np.testing.assert_allclose(upper[:, 1], middle)
        np.testing.assert_allclose(mouth_opening(carried), 0, atol=1e-12)
    else:
        np.testing.assert_allclose(carried, plain, atol=1e-12)


def test_the_closed_mouth_is_found(rng: np.random.Generator) -> None:
    openings = rng.uniform(0.05, 0.4, 500)
    openings[40:60] = 0.0
    mouths = np.stack([opened(gap) for gap in openings]) + rng.normal(
        scale=0.002, size=(500, 20, 2)
    )
    reference = closed_mouth_reference(mouths)
    np.testing.assert_allclose(reference, closed(), atol=0.004)


def test_the_closed_mouth_is_a_mean_of_the_most_closed(rng: np.random.Generator) -> None:
    mouths = np.tile(closed(), (1000, 1, 1))
    mouths[..., 1] += rng.normal(scale=0.004, size=(1000, 20))
    mouths[:, [0, 6], 1] = closed()[0, 1]  # all of one width, so that none is left out
    chosen = np.argsort(mouth_opening(mouths))[: round(CLOSED_SHARE * 1000)]
    expected = mouths[chosen].mean(axis=0)
    np.testing.assert_allclose(closed_mouth_reference(mouths), expected, atol=1e-12)


def test_smiles_and_slips_are_left_out() -> None:
    mouths = np.stack([opened(gap) for gap in np.linspace(0.02, 0.3, 100)])
    mouths[:, :, 0] *= 1 + 0.02 * np.sin(np.arange(100))[:, None]
    slip = closed() * [1.8, 1.0]
    with_slips = np.concatenate([mouths, slip[None], slip[None]])
    np.testing.assert_allclose(
        closed_mouth_reference(with_slips), closed_mouth_reference(mouths), atol=1e-3
    )


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_frames_have_a_closed_mouth_too(count: int) -> None:
    mouths = np.stack([opened(0.1 * k) for k in range(count)])[::-1]
    np.testing.assert_array_equal(closed_mouth_reference(mouths), closed())


def test_equal_widths_are_no_outliers() -> None:
    mouths = np.stack([opened(gap) for gap in (0.3, 0.0, 0.2)]).astype(np.float32)
    reference = closed_mouth_reference(mouths)
    assert reference.dtype == np.float64
    np.testing.assert_allclose(reference, closed(), atol=1e-6)


@given(MOUTHS, st.tuples(st.floats(-1, 1), st.floats(-1, 1)))
def test_drift_is_taken_out(mouths: NDArray[np.float64], centre: tuple[float, float]) -> None:
    steady = without_drift(mouths, np.array(centre))
    np.testing.assert_allclose(steady.mean(axis=(0, 1)), centre, atol=1e-12)
    np.testing.assert_allclose(steady - steady[0], mouths - mouths[0], atol=1e-12)
    np.testing.assert_allclose(without_drift(mouths + 3, np.array(centre)), steady, atol=1e-12)


def test_a_gain_moves_everything_further(rng: np.random.Generator) -> None:
    mouths = closed() + 0.02 * rng.normal(size=(9, 20, 2))
    once = carry_shapes(mouths, closed(), closed()) - closed()
    wider = carry_shapes(closed() + 0.5 * (mouths - closed()), closed(), closed(), 2.0) - closed()
    np.testing.assert_allclose(wider, once, atol=1e-9)
    still = carry_shapes(mouths, closed(), closed(), 0.0)
    np.testing.assert_allclose(still, np.broadcast_to(closed(), still.shape), atol=1e-9)


def test_the_range_is_the_targets_own(rng: np.random.Generator) -> None:
    mouths = np.repeat(closed()[None], 500, axis=0)
    moved = rng.normal(scale=0.02, size=500)
    mouths[:, LOWER_INNER_LIP, 1] += moved[:, None]
    spread = opening_spread(mouths, closed())
    assert spread == pytest.approx(moved.std() / mouth_width(closed()))
    assert range_gain(spread, mouths, closed()) == pytest.approx(1.0)
    assert range_gain(spread / 1.2, mouths, closed(), 0.5) == pytest.approx(0.6)
    # Someone who never speaks, or whose landmarks jump, does not set the range.
    low, high = RANGE_LIMITS
    assert range_gain(0.08, mouths[:0], closed()) == low
    assert range_gain(1e-6, mouths, closed(), 2.0) == 2 * high
    # A pass that declares no range keeps its own.
    assert range_gain(None, mouths, closed()) == 1.0
    assert range_gain(None, mouths, closed(), 1.5) == 1.5
