"""Teeth found in painted mouths."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest
from painted_mouths import DARK, SPACE, TONGUE, TOOTH, opened, painted, rows_of

from audio2video.face.layout import mouth_opening
from audio2video.face.rectify import RectifiedGrid, texture_map
from audio2video.face.track import build_track
from audio2video.face.tracking import TrackedFace
from audio2video.texture.teeth import DARK as DARKEST
from audio2video.texture.teeth import (
    MIN_LOWER_SCORE,
    MIN_OPENING,
    MIN_UPPER_SCORE,
    mouth_interior,
    proxy_quality,
    teeth_rows,
    whiteness,
)
from tools.presenter.presenter import demo_truth, render_frames


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
    track = build_track([TrackedFace(points) for points in truth.landmarks])
    space = RectifiedGrid.lower_face(float(np.median(track.pose.scale)))
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
