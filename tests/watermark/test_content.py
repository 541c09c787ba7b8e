"""What a picture shows, and the mark that belongs to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marked_scenery import KEY, OTHER, PAYLOAD, copied_mark, film, shaded

from audio2video._typing import F32, I64, U8
from audio2video.watermark.content import (
    BLOCK,
    EVERY,
    GROUPS,
    OFFSET,
    SURE,
    Content,
    _projection,
    projections,
    sureness,
)
from audio2video.watermark.detection import BELONGS, search
from audio2video.watermark.pattern import TILE
from audio2video.watermark.residual import Average, Seen


def test_projections_are_those_of_a_plain_sum() -> None:
    picture = shaded(1, 2 * TILE, 3 * TILE)
    weights, offsets = _projection(KEY)
    found = projections(picture, KEY)
    assert found.shape == (2, 3, GROUPS)
    side = TILE // BLOCK
    for i in range(2):
        for j in range(3):
            cell = picture[i * TILE : (i + 1) * TILE, j * TILE : (j + 1) * TILE]
            means = [
                [
                    cell[a * BLOCK : (a + 1) * BLOCK, b * BLOCK : (b + 1) * BLOCK].mean()
                    for b in range(side)
                ]
                for a in range(side)
            ]
            uneven = np.array(means) - np.mean(means)
            for k in range(GROUPS):
                wanted = (weights[k] * uneven).sum() / side + offsets[k]
                assert found[i, j, k] == pytest.approx(wanted, abs=1e-3)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 1.1), st.floats(-5, 20))
def test_brightness_and_contrast_turn_nothing(seed: int, factor: float, level: float) -> None:
    picture = shaded(seed)
    before, after = (
        projections(one, KEY) - _projection(KEY)[1]
        for one in (picture, np.asarray(picture * factor + level, np.float32) + 15)
    )
    assert np.allclose(after, factor * before, atol=1e-2)


@given(st.integers(0, TILE - 1), st.integers(0, TILE - 1))
def test_whole_cells_of_a_crop_are_those_of_the_picture(top: int, left: int) -> None:
    picture = shaded(2, 4 * TILE, 4 * TILE)
    cropped = projections(picture[top:, left:], KEY, -top % TILE, -left % TILE)
    skip = int(top > 0), int(left > 0)
    whole = projections(picture, KEY)[skip[0] :, skip[1] :]
    assert np.allclose(cropped[skip[0] :, skip[1] :], whole, atol=1e-3)


def test_dark_bars_are_no_part_of_a_picture() -> None:
    picture = shaded(3, 2 * TILE + 40, 2 * TILE + 70)
    barred = np.full((3 * TILE, 4 * TILE), 16, np.float32)
    barred[: picture.shape[0], : picture.shape[1]] = picture
    plain, found = projections(picture, KEY), projections(barred, KEY)
    assert np.allclose(found[:, :3], plain, atol=0.3)
    assert (found[:, 3] == 0).all()


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_where_there_is_nothing_to_see_signs_are_the_keys(level: int) -> None:
    found = projections(np.full((TILE, TILE), level, np.float32), KEY)
    assert np.allclose(np.abs(found), 0.0 if level < 24 else OFFSET)


def test_keys_see_other_things() -> None:
    one, other = (projections(shaded(4), key) for key in (KEY, OTHER))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.3


@given(st.lists(st.floats(-300, 300), min_size=1, max_size=9))
def test_sureness_is_bounded_and_keeps_the_sign(levels: list[float]) -> None:
    projected = np.array(levels)
    sure = sureness(projected)
    assert (np.abs(sure) <= 1).all()
    assert (sure * projected >= 0).all()
    assert (np.abs(sure[np.abs(projected) >= SURE]) == 1).all()


def signs_of(picture: F32) -> I64:
    return np.where(projections(picture, KEY) >= 0, 1, -1)


def seen_by(content: Content, picture: F32, frames: int = EVERY) -> list[bool]:
    """Show a picture for a while; tells for each frame whether signs were turned."""
    luma = picture.astype(np.uint8)
    return [content.see(luma) is not None for _ in range(frames)]


def test_signs_stay_while_the_picture_does() -> None:
    content = Content(KEY)
    assert seen_by(content, shaded(5), 40) == [True] + 39 * [False]
    rng = np.random.default_rng(5)
    noisy = [shaded(5) + rng.normal(0, 8, (360, 480)).astype(np.float32) for _ in range(20)]
    assert sum(sum(seen_by(content, one)) for one in noisy) <= 2


def test_another_shot_turns_them_at_once() -> None:
    content = Content(KEY)
    seen_by(content, shaded(6))
    turned = content.see(shaded(7).astype(np.uint8))
    assert turned is not None
    assert np.array_equal(
        turned, np.where(projections(shaded(7).astype(np.uint8), KEY) >= 0, 1, -1)
    )


def test_they_follow_what_changes_for_good() -> None:
    content = Content(KEY)
    before, after = shaded(8), shaded(8)
    after[:TILE, :TILE] = after[:TILE, :TILE][::-1, ::-1]
    seen_by(content, before)
    first = content.see(after.astype(np.uint8))
    assert first is None or (first[1:] == signs_of(before)[1:]).all()
    last = first
    for _ in range(60 * EVERY):
        turned = content.see(after.astype(np.uint8))
        last = turned if turned is not None else last
    sure = np.abs(projections(after, KEY)) > 1
    assert last is not None
    assert (last == signs_of(after))[sure].all()


def seen_in(lumas: list[U8]) -> Seen:
    average = Average()
    for luma in lumas:
        average.add(luma)
    return average.seen()


def test_a_mark_that_was_copied_is_not_that_of_the_other_picture() -> None:
    """Even where the attacker knows the pattern exactly."""
    marked, copied = copied_mark(film(1), film(2))
    own = search(seen_in(marked), [KEY])
    assert own.found
    assert own.belonging > 0.7
    found = search(seen_in(copied), [KEY])
    assert found.payload == PAYLOAD
    assert found.belonging < BELONGS
    assert found.traces
    assert not found.found
