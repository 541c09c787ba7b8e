"""Teeth found in painted mouths, and proxies' detail put into them."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.demo.presenter import demo_truth, render_frames
from audio2video.face.head import generic_head
from audio2video.face.layout import LOWER_INNER_LIP, MOUTH, OUTER_LIP, mouth_opening
from audio2video.face.rectify import FaceSpace, texture_map
from audio2video.face.track import build_track
from audio2video.texture.teeth import DARK as DARKEST
from audio2video.texture.teeth import (
    FADE_IN,
    MIN_LOWER_SCORE,
    MIN_OPENING,
    MIN_UPPER_SCORE,
    TeethProxy,
    enhance_teeth,
    mouth_interior,
    proxy_quality,
    teeth_rows,
    whiteness,
)

SPACE = FaceSpace.lower_face(80.0)
SKIN, LIP, DARK, TONGUE = (205, 160, 140), (195, 108, 105), (55, 24, 26), (165, 80, 82)
TOOTH = np.array([216, 206, 190])


def opened(opening: float) -> NDArray[np.float64]:
    mouth = generic_head()[MOUTH, :2].copy()
    mouth[list(LOWER_INNER_LIP), 1] = mouth[[13, 14, 15], 1] + opening
    mouth[7:12, 1] += opening
    return np.asarray(mouth)


def rows_of(mouth: NDArray[np.float64]) -> tuple[int, int]:
    """First row of the mouth opening and the row behind its last one."""
    rows = np.flatnonzero(mouth_interior(mouth, SPACE).sum(axis=1) > 0.5)
    return int(rows[0]), int(rows[-1]) + 1


def painted(
    mouth: NDArray[np.float64],
    upper: int = 0,
    lower: int = 0,
    behind: tuple[int, ...] = DARK,
    stripes: float = 0.0,
) -> NDArray[np.uint8]:
    """A face with so many rows of upper and of lower teeth; stripes part the single teeth."""
    face = np.full((SPACE.height, SPACE.width, 3), SKIN, np.uint8)
    lips = np.round(SPACE.to_pixels(mouth[OUTER_LIP]) * 16).astype(np.int32)
    cv2.fillPoly(face, [lips], LIP, cv2.LINE_AA, 4)
    top, bottom = rows_of(mouth)
    row, column = np.indices(face.shape[:2])
    inside = np.where(
        ((row < top + upper) | (row >= bottom - lower))[..., None],
        TOOTH - stripes * (1 + np.cos(column * 2 * np.pi / 7))[..., None] / 2,
        behind,
    )
    cover = mouth_interior(mouth, SPACE)[..., None]
    return np.asarray(np.round(face * (1 - cover) + inside * cover), np.uint8)


def proxy_of(opening: float, upper: int, lower: int, stripes: float = 60.0) -> TeethProxy:
    mouth = opened(opening)
    texture = painted(mouth, upper, lower, stripes=stripes)
    line = rows_of(mouth)[0] + upper if upper else rows_of(mouth)[1] - lower
    return TeethProxy(texture, mouth, line, 3, 0.5)


def test_the_interior_is_what_lies_between_the_inner_lips() -> None:
    mouth = opened(0.25)
    cover = mouth_interior(mouth, SPACE)
    x, y = (SPACE.to_pixels(mouth)[12:20]).T
    # The shoelace formula.
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert cover.sum() == pytest.approx(area, rel=0.12)
    assert cover.min() == 0
    assert cover.max() == 1
    soft = mouth_interior(mouth, SPACE, 0.03)
    assert soft.sum() == pytest.approx(cover.sum(), rel=0.01)
    assert ((soft > 0.02) & (soft < 0.98)).sum() > 2 * ((cover > 0.02) & (cover < 0.98)).sum()


def test_teeth_are_white_and_nothing_else_of_the_mouth_is() -> None:
    mouth = opened(0.3)
    top, bottom = rows_of(mouth)
    column = round(float(SPACE.to_pixels(mouth[14])[0]))
    for behind in (DARK, TONGUE):
        white = whiteness(painted(mouth, 6, 0, behind), mouth, SPACE)
        assert white.min() >= 0
        assert white.max() <= 1
        assert white[top + 2 : top + 5, column].min() > 0.9
        assert white[top + 7 : bottom - 1, column].max() < 0.2
        assert white[bottom + 2, column] < 0.2  # lip


@pytest.mark.parametrize("opening", [0.15, 0.3])
@pytest.mark.parametrize("behind", [DARK, TONGUE])
@pytest.mark.parametrize(("upper", "lower"), [(5, 0), (0, 4), (5, 4)])
def test_rows_of_teeth_are_found(
    opening: float, behind: tuple[int, ...], upper: int, lower: int
) -> None:
    mouth = opened(opening)
    top, bottom = rows_of(mouth)
    found = teeth_rows(painted(mouth, upper, lower, behind), mouth, SPACE)
    inside = mouth_interior(mouth, SPACE)
    for rows, score, line, edge, part in (
        (upper, found[0], found[2], top + upper, inside[: top + upper]),
        (lower, found[1], found[3], bottom - lower, inside[bottom - lower :]),
    ):
        if rows:
            assert abs(line - edge) <= 1
            assert score == pytest.approx(part.sum() / inside.sum(), rel=0.35)
        else:
            assert score < 0.05


def test_no_teeth_and_no_opening() -> None:
    mouth = opened(0.3)
    assert teeth_rows(painted(mouth), mouth, SPACE)[:2] == (0.0, 0.0)
    closed = opened(0.0)
    assert teeth_rows(painted(closed), closed, SPACE)[:2] == (0.0, 0.0)
    # Lips on one line leave not even a row of pixels to look at.
    closed[12:20, 1] = closed[12, 1] + 0.5 / SPACE.resolution
    assert teeth_rows(painted(closed), closed, SPACE)[:2] == (0.0, 0.0)


@pytest.mark.parametrize(("brightness", "found"), [(1.15, False), (0.85, True)])
def test_lower_teeth_stand_out_against_the_dark(brightness: float, found: bool) -> None:
    # Behind them is a tongue, too red for teeth, but perhaps nearly as bright.
    mouth, tongue, luminance = opened(0.3), np.array(TONGUE), np.array([0.299, 0.587, 0.114])
    tongue = tongue * (brightness * DARKEST * (TOOTH @ luminance) / (tongue @ luminance))
    score = teeth_rows(painted(mouth, 0, 5, tuple(tongue)), mouth, SPACE)[1]
    assert (score > MIN_LOWER_SCORE) == found


def test_teeth_all_the_way_with_a_line_between() -> None:
    mouth = opened(0.2)
    top, bottom = rows_of(mouth)
    bite = (top + bottom) // 2 + 1
    texture = painted(mouth, bottom - top, 0)
    inside = mouth_interior(mouth, SPACE) > 0.5
    texture[bite][inside[bite]] = 0.6 * TOOTH
    upper_score, lower_score, upper_line, lower_line = teeth_rows(texture, mouth, SPACE)
    assert upper_line == lower_line == bite
    assert upper_score > MIN_UPPER_SCORE
    assert lower_score > MIN_LOWER_SCORE


def test_teeth_all_the_way_without_a_line_pass_for_upper_ones_of_less_worth() -> None:
    mouth = opened(0.2)
    top, bottom = rows_of(mouth)
    whole = teeth_rows(painted(mouth, bottom - top), mouth, SPACE)
    assert whole[1] == 0
    assert whole[2] == whole[3] == bottom
    assert MIN_UPPER_SCORE < whole[0] < 0.6


def test_the_presenters_teeth_hang_on_his_skull() -> None:
    count, often = 24, Fraction(5)  # a few frames of every second
    truth = demo_truth(count, size=384, rate=often)
    track = build_track(list(truth.landmarks))
    space = FaceSpace.lower_face(float(np.median(track.pose.scale)))
    opening = mouth_opening(track.mouth)
    found = []
    for k, frame in enumerate(render_frames(count, size=384, rate=often)):
        if opening[k] < 0.1:
            continue
        places = texture_map(space, track.pose[k])
        texture = np.asarray(cv2.remap(frame, places, None, cv2.INTER_CUBIC), np.uint8)
        found.append(teeth_rows(texture, track.mouth[k], space))
    assert len(found) > 6
    upper, _, upper_line, lower_line = np.array(found).T
    assert (upper > 0.05).all()
    # The upper teeth stay where they are however the lips move; the lower ones go with the jaw.
    assert np.ptp(upper_line) <= 2
    assert np.corrcoef(lower_line, opening[opening >= 0.1])[0, 1] > 0.9


def test_good_proxies_are_open_frontal_and_sharp() -> None:
    mouths = np.stack([opened(gap) for gap in (0.2, 0.5 * MIN_OPENING, 0.2, 0.2, 0.2, 0.2, 0.1)])
    yaw = np.array([0.1, 0.1, 0.1, 0.5, 0.1, 0.1, 0.1])
    pitch = np.array([0.0, 0.0, 0.0, 0.0, 0.4, 0.0, 0.0])
    sharpness = np.array([50.0, 50.0, 20.0, 50.0, 50.0, 50.0, 50.0])
    usable = np.array([0, 1, 2, 3, 4, 6])
    quality = proxy_quality(mouths, yaw, pitch, sharpness, usable)
    assert quality.shape == (6,)
    assert quality.argmax() == 0
    assert quality[1] == 0
    assert (quality[2:] > 0).all()
    assert (quality[2:] < 0.9 * quality[0]).all()


def test_without_proxies_nothing_changes() -> None:
    mouth = opened(0.3)
    texture = painted(mouth, 6, 5)
    np.testing.assert_array_equal(enhance_teeth(texture, mouth, SPACE, None, None), texture)


@pytest.mark.parametrize("opening", [0.0, 0.99 * FADE_IN[0]])
def test_a_closed_mouth_gets_no_teeth(opening: float) -> None:
    mouth = opened(opening)
    texture = painted(mouth, 6)
    proxies = proxy_of(0.2, 6, 0), proxy_of(0.2, 0, 6)
    np.testing.assert_array_equal(enhance_teeth(texture, mouth, SPACE, *proxies), texture)


def difference(
    opening: float, upper: TeethProxy | None, lower: TeethProxy | None
) -> NDArray[np.float64]:
    mouth = opened(opening)
    texture = painted(mouth, 6, 6)
    before = texture.copy()
    after = enhance_teeth(texture, mouth, SPACE, upper, lower)
    np.testing.assert_array_equal(texture, before)
    assert after.dtype == np.uint8
    return np.asarray(after.astype(float) - before)


def test_detail_comes_into_the_opening_alone() -> None:
    changed = np.abs(difference(0.3, proxy_of(0.25, 6, 0), proxy_of(0.25, 0, 6))).max(axis=-1)
    assert changed.max() > 10
    outside = mouth_interior(opened(0.3), SPACE, 0.015) < 0.01
    assert changed[outside].max() == 0
    # And there only onto teeth, not into the dark between the rows.
    top, bottom = rows_of(opened(0.3))
    assert changed[top + 10 : bottom - 10].max() <= 1


def test_each_row_of_teeth_has_its_own_proxy() -> None:
    top, bottom = rows_of(opened(0.3))
    middle = (top + bottom) // 2
    upper = np.abs(difference(0.3, proxy_of(0.25, 6, 0), None))
    lower = np.abs(difference(0.3, None, proxy_of(0.25, 0, 6)))
    assert upper[:middle].max() > 10
    assert upper[middle:].max() == 0
    assert lower[middle:].max() > 10
    assert lower[:middle].max() == 0


def test_detail_comes_onto_teeth_alone() -> None:
    mouth = opened(0.3)  # the proxies show teeth where this one shows its dark
    texture = painted(mouth)
    enhanced = enhance_teeth(texture, mouth, SPACE, proxy_of(0.3, 6, 0), proxy_of(0.3, 0, 6))
    np.testing.assert_array_equal(enhanced, texture)


def test_a_row_of_teeth_ends_at_its_line() -> None:
    mouth = opened(0.3)
    top, bottom = rows_of(mouth)
    everywhere = painted(mouth, SPACE.height, stripes=60.0)
    proxy = TeethProxy(everywhere, mouth, top + 8, 3, 0.5)
    texture = painted(mouth, SPACE.height)
    for upper, lower in ((proxy, None), (None, proxy)):
        enhanced = enhance_teeth(texture, mouth, SPACE, upper, lower)
        rows = np.abs(enhanced.astype(float) - texture).max(axis=(1, 2))
        above, below = rows[: top + 5].max(), rows[top + 11 : bottom].max()
        taken, left = (above, below) if upper else (below, above)
        assert taken > 10
        assert left <= 1


def test_detail_moves_with_its_lip() -> None:
    # The proxy's mouth is as wide and lies as high: its stripes must come to the same columns.
    change = difference(0.3, proxy_of(0.2, 6, 0), None)
    top, _ = rows_of(opened(0.3))
    column = round(float(SPACE.to_pixels(opened(0.3)[14])[0]))
    line = change[top + 3, column - 14 : column + 14, 1]
    stripes = -np.cos(np.arange(column - 14, column + 14) * 2 * np.pi / 7)
    assert np.corrcoef(line, stripes)[0, 1] > 0.9
    # Moved with the mouth: two columns to the right, three rows down.
    move = np.array([2, 3]) / SPACE.resolution
    plain = proxy_of(0.2, 6, 0)
    mouth = opened(0.3) + move
    texture = painted(mouth, 6, 6)
    moved = enhance_teeth(texture, mouth, SPACE, plain, None).astype(float) - texture
    np.testing.assert_allclose(moved[3:, 2:], change[:-3, :-2], atol=2)


def test_detail_fades_in_with_the_opening() -> None:
    strength = []
    for mouth in (opened(opening) for opening in np.linspace(*FADE_IN, 5)[1:]):
        texture = painted(mouth, SPACE.height)
        enhanced = enhance_teeth(texture, mouth, SPACE, proxy_of(0.2, 8, 0), None)
        strength.append(np.abs(enhanced.astype(float) - texture).sum())
    assert strength == sorted(strength)
    assert strength[0] < 0.4 * strength[-1]


def test_a_proxy_without_detail_leaves_smooth_teeth_smooth() -> None:
    assert np.abs(difference(0.3, proxy_of(0.3, 6, 0, stripes=0.0), None)).mean() < 0.05
