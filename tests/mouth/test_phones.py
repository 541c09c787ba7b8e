"""Measures of the mouth by phone, on curves whose answers are known."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.face.layout import MOUTH_CORNERS, opening_weights
from audio2video.mouth.phones import Phone, PhoneSums, measure_phones, summarise_phones

RATE = Fraction(25)
COUNT = 101  # 4 s


def shapes(opening: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Mouths of given opening and width."""
    row = opening_weights()
    made = opening[:, None, None] * row / (row * row).sum()
    left, right = MOUTH_CORNERS
    made[:, left, 0] -= width / 2
    made[:, right, 0] += width / 2
    return np.asarray(made)


@pytest.fixture
def ramp() -> np.ndarray:
    """A mouth that opens and narrows evenly, by 0.01 of each a frame."""
    k = np.arange(COUNT) / 100
    return shapes(k, 1 - k)


def share(seconds: float) -> float:
    """Of the range of a ramp through 4 s, at some time."""
    return (seconds / 4 - 0.02) / 0.96


def test_means_are_shares_of_the_clips_range(ramp: np.ndarray) -> None:
    found = measure_phones(ramp, ramp[::-1], RATE, [Phone("AA1", 1.0, 1.2)])
    (sums,) = found.values()
    assert list(found) == ["AA"]
    assert sums.opening == pytest.approx(share(1.1))
    assert sums.opening_true == pytest.approx(share(2.9))
    assert sums.width == pytest.approx(share(2.9))
    assert sums.width_true == pytest.approx(share(1.1))
    assert (sums.closed, sums.closed_true) == (0, 0)


def test_lips_meet_where_the_opening_falls_under_15_percent_at_any_time(ramp: np.ndarray) -> None:
    # 15 % of the range is reached at 4 * (0.02 + 0.15 * 0.96) = 0.656 s.
    early, late = Phone("P", 0.65, 0.75), Phone("B", 0.66, 0.75)
    found = measure_phones(ramp, ramp[::-1], RATE, [early, late])
    assert (found["P"].closed, found["B"].closed) == (1, 0)
    assert (found["P"].closed_true, found["B"].closed_true) == (0, 0)


@pytest.mark.parametrize(
    "phone",
    [Phone("P", -0.01, 0.1), Phone("P", 3.95, 4.01), Phone("P", 1.001, 1.009), Phone("P", 9, 9.1)],
)
def test_phones_that_are_not_wholly_in_the_clip_are_left_out(
    ramp: np.ndarray, phone: Phone
) -> None:
    assert measure_phones(ramp, ramp, RATE, [phone]) == {}


def test_the_ends_of_the_clip_belong_to_it(ramp: np.ndarray) -> None:
    found = measure_phones(ramp, ramp, RATE, [Phone("SIL", 0.0, 4.0)])
    assert found["SIL"].opening == pytest.approx(0.5)


def test_a_mouth_that_never_moves_has_no_range(ramp: np.ndarray) -> None:
    found = measure_phones(np.zeros_like(ramp), ramp, RATE, [Phone("M", 1.0, 1.1)])
    assert found["M"].opening == 0
    assert found["M"].closed == 1


def test_clips_are_put_together_by_phone_and_by_kind() -> None:
    one = {"P": PhoneSums(2, 1, 2, 0.4, 0.6, 0.8, 1.0), "AA": PhoneSums(1, 0, 0, 1, 1, 1, 1)}
    two = {"P": PhoneSums(1, 1, 1, 0.2, 0.3, 0.1, 0.2), "M": PhoneSums(1, 0, 0, 0.2, 0.3, 0.3, 0)}
    found = summarise_phones([one, {}, two])
    assert list(found["phones"]) == ["AA", "M", "P"]
    assert found["phones"]["P"] == {
        "count": 3,
        "closed": pytest.approx(2 / 3),
        "closed_true": pytest.approx(1),
        "opening": pytest.approx(0.2),
        "opening_true": pytest.approx(0.3),
        "width": pytest.approx(0.3),
        "width_true": pytest.approx(0.4),
    }
    assert list(found["kinds"]) == ["bilabial"]
    assert found["kinds"]["bilabial"]["count"] == 4
    assert found["kinds"]["bilabial"]["closed"] == 0.5


@given(
    st.lists(
        st.tuples(st.sampled_from("PBMF"), st.floats(0, 3), st.floats(0.05, 0.9)), max_size=20
    ),
    st.integers(0, 2**32 - 1),
)
def test_sums_add_up_however_phones_are_divided(
    said: list[tuple[str, float, float]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    predicted, true = (shapes(*rng.normal(size=(2, COUNT))) for _ in range(2))
    phones = [Phone(name, start, start + length) for name, start, length in said]
    whole = measure_phones(predicted, true, RATE, phones)
    parts = [measure_phones(predicted, true, RATE, [phone]) for phone in phones]
    together = summarise_phones([whole])
    apart = summarise_phones(parts)
    assert together["phones"].keys() == apart["phones"].keys()
    for name, sums in together["phones"].items():
        assert sums == pytest.approx(apart["phones"][name])
        assert 0 <= sums["closed"] <= 1
