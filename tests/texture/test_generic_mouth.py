"""A generic mouth interior: when it is needed, where it is painted, and in which colours."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine
from hypothesis import given, settings
from hypothesis import strategies as st

from audio2video.face.head import generic_head
from audio2video.face.layout import LOWER_INNER_LIP, MOUTH, mouth_opening
from audio2video.face.rectify import RectifiedGrid
from audio2video.media.video import VideoWriter
from audio2video.texture.generic_mouth import SHOWN, generic_mouth, never_opens, paint_mouth
from audio2video.texture.teeth import mouth_interior
from tools.presenter.presenter import render_frames

SPACE = RectifiedGrid.lower_face(48.0)
SKIN, LIP = np.array([200, 150, 120]), np.array([160, 80, 80])


def closed_mouth() -> np.ndarray:
    """The generic head's mouth with its lips together."""
    mouth = np.array(generic_head()[MOUTH, :2], float)
    mouth[list(LOWER_INNER_LIP), 1] = mouth[[13, 14, 15], 1]
    return mouth


def opened(by: float) -> np.ndarray:
    mouth = closed_mouth()
    mouth[[*LOWER_INNER_LIP, 7, 8, 9, 10, 11], 1] += by
    return mouth


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    """Skin of one colour, and lips of another over and around the whole mouth."""
    picture = np.empty((SPACE.height, SPACE.width, 3), np.uint8)
    picture[:] = SKIN
    x, y = SPACE.grid()
    mouth = closed_mouth()
    low, high = mouth.min(axis=0), mouth.max(axis=0)
    picture[(x > low[0]) & (x < high[0]) & (y > low[1]) & (y < high[1])] = LIP
    return picture


@given(st.floats(0.01, 0.5), st.floats(0, 0.5))
@settings(max_examples=40)
def test_a_mouth_that_shows_a_quarter_of_what_is_asked_is_its_own_model(
    asked: float, shown: float
) -> None:
    own = np.stack([closed_mouth(), *[opened(shown)] * 9])
    wanted = np.stack([closed_mouth(), *[opened(asked)] * 9])
    found = never_opens(own, wanted, closed_mouth())
    if abs(shown - SHOWN * asked) > 1e-6:
        assert found == (shown < SHOWN * asked)


def test_colours_follow_lips_and_skin(texture: np.ndarray) -> None:
    paint = generic_mouth(texture[None], closed_mouth()[None], SPACE)
    assert (paint.cavity < 0.3 * LIP).all()
    assert paint.teeth.max() - paint.teeth.min() < np.ptp(SKIN)
    assert 0.6 * SKIN.mean() < paint.teeth.mean() < 1.1 * SKIN.mean()
    assert paint.lip_line == pytest.approx(closed_mouth()[13:16, 1].mean(), abs=0.02)
    dark = generic_mouth((texture // 4)[None], closed_mouth()[None], SPACE)
    np.testing.assert_allclose(dark.teeth, paint.teeth / 4, atol=3)


def test_it_is_painted_between_the_lips_alone(texture: np.ndarray) -> None:
    paint = generic_mouth(texture[None], closed_mouth()[None], SPACE)
    before = texture.copy()
    mouth = opened(0.3)
    assert mouth_opening(mouth) == pytest.approx(0.3)
    found = paint_mouth(texture, mouth, SPACE, paint)
    np.testing.assert_array_equal(texture, before)
    inside = mouth_interior(mouth, SPACE) > 0.99
    far = mouth_interior(mouth, SPACE, 0.05) < 1e-3
    np.testing.assert_array_equal(found[far], texture[far])
    # A row of teeth above, the dark below it.
    x, y = SPACE.grid()
    middle = inside & (np.abs(x - mouth[14, 0]) < 0.1)
    teeth = middle & (y < paint.lip_line + 0.02)
    dark = middle & (y > paint.lip_line + 0.08) & (y < mouth[18, 1] - 0.1)
    luma = found @ np.array([0.299, 0.587, 0.114])
    assert dark.sum() > 20
    assert luma[dark].max() < 0.4 * (LIP @ np.array([0.299, 0.587, 0.114]))
    if teeth.any():
        assert np.median(luma[teeth]) > 1.5 * np.median(luma[dark])


def test_closed_lips_stay_as_they_are(texture: np.ndarray) -> None:
    paint = generic_mouth(texture[None], closed_mouth()[None], SPACE)
    found = paint_mouth(texture, closed_mouth(), SPACE, paint)
    assert np.abs(found.astype(int) - texture).mean() < 1.0


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_any_mouth_can_be_painted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    texture = rng.integers(0, 256, (SPACE.height, SPACE.width, 3), dtype=np.uint8)
    mouth = rng.normal(0, 1, (20, 2)) + np.array([0.0, 1.0])
    paint = generic_mouth(texture[None], mouth[None], SPACE)
    found = paint_mouth(texture, mouth, SPACE, paint)
    assert found.shape == texture.shape
    assert found.dtype == np.uint8


def test_a_target_that_never_opens_its_mouth(
    run_here: CommandLine, tmp_path: Path, small_speech: Path
) -> None:
    still = tmp_path / "still.mp4"
    (frame,) = render_frames(1, size=256, start=0)
    with VideoWriter(still, 256, 256, Fraction(25)) as writer:
        for _ in range(30):
            writer.write(frame)
    done = run_here("--steps", "1-4", "--audio", small_speech, "--video", still)
    assert "target 'still' never opens its mouth: the inside of the mouth is painted" in done.stderr
    folder = run_here.workspace / "output" / "words-still"
    record = json.loads((folder / "texture.npy.made.json").read_text())
    assert record["mouth_interior"] == "generic"
    assert json.loads((folder / "report.json").read_text())["warnings"]
    own = run_here(
        "--steps", "2-4", "--inp_id", "words", "--tar_id", "still", "--mouth_interior", "target"
    )
    assert "never opens" not in own.stderr
    record = json.loads((folder / "texture.npy.made.json").read_text())
    assert record["mouth_interior"] == "target"
