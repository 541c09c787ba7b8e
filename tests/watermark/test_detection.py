"""Finding a mark again in pictures that were changed, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from marked_scenery import KEY, OTHER, PAYLOAD, scenery

from audio2video._typing import F32, U8
from audio2video.media.frame import Frame
from audio2video.media.video import VideoReader, VideoWriter
from audio2video.watermark.code import Payload
from audio2video.watermark.content import projections
from audio2video.watermark.detection import BELONGS, FALSE_ALARM, Finding, chance_of, search
from audio2video.watermark.embedding import Embedder
from audio2video.watermark.pattern import ROWS, TILE, Field, layout
from audio2video.watermark.place import Place, best_place, cells, fold
from audio2video.watermark.reading import Reading, read
from audio2video.watermark.residual import Average, Seen, reduced

SIZE = (640, 480)


def seen_in(*lumas: U8) -> Seen:
    found = Average()
    for luma in lumas:
        found.add(np.ascontiguousarray(luma))
    return found.seen()


def field(rows: int, columns: int) -> F32:
    return Field(KEY, PAYLOAD, rows, columns).drawn()


@pytest.fixture(scope="module")
def marked() -> list[U8]:
    """Five moments of moving texture."""
    embedder, frames = Embedder(KEY, PAYLOAD, *SIZE), []
    for k in range(5):
        luma = np.roll(scenery(*SIZE), 7 * k, axis=1)
        embedder.mark(luma)
        frames.append(luma)
    return frames


def resized(factor: float) -> Callable[[U8], U8]:
    size = round(SIZE[0] * factor), round(SIZE[1] * factor)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return lambda luma: np.asarray(cv2.resize(luma, size, interpolation=how))


CHANGES: dict[str, Callable[[U8], U8]] = {
    "none": lambda luma: luma,
    "cropped": lambda luma: luma[31:-31, 47:-47],
    "cropped more": lambda luma: luma[60:-60, 70:-90],
    "mirrored": lambda luma: luma[:, ::-1],
    "half the size": resized(0.5),
    "larger": resized(1.5),
    "darker": lambda luma: (luma * 0.8).astype(np.uint8),
    "blurred": lambda luma: np.asarray(cv2.GaussianBlur(luma, (0, 0), 1.2)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_mark_is_found_and_read(marked: list[U8], change: str) -> None:
    found = search(seen_in(*map(CHANGES[change], marked)), [OTHER, KEY])
    assert found.found
    assert found.payload == PAYLOAD
    assert found.key == 1
    assert found.mirrored == (change == "mirrored")


def test_the_scale_of_a_crop_is_told(marked: list[U8]) -> None:
    cropped = [luma[60:420, 80:560] for luma in marked]
    assert search(seen_in(*cropped), [KEY]).scale == pytest.approx(4 / 3, rel=0.01)


def test_another_key_finds_nothing(marked: list[U8]) -> None:
    found = search(seen_in(*marked), [OTHER])
    assert not found.found
    assert found.payload is None


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_found_where_there_is_nothing(seed: int) -> None:
    assert search(seen_in(scenery(*SIZE, seed)), [KEY]).chance > 1e-3


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_an_even_picture_bears_no_mark(level: int) -> None:
    assert search(seen_in(np.full((90, 120), level, np.uint8)), [KEY]).chance == 1.0


def test_stripes_bear_no_mark() -> None:
    stripes = np.tile(np.repeat([60, 190], 8).astype(np.uint8), (256, 20))
    assert not search(seen_in(stripes), [KEY]).found


def test_scores_of_random_keys_keep_to_the_bound() -> None:
    """The probability is over keys, for any picture: here, for one of stripes and noise."""
    seen = seen_in(scenery(320, 240) // 2 + np.tile(np.arange(320, dtype=np.uint8) % 32, (240, 1)))
    found = [search(seen, [bytes([k]) * 32]) for k in range(12)]
    assert sum(one.chance < 0.25 for one in found) <= 12 * 0.25


def test_the_bound_follows_from_score_tries_and_payload() -> None:
    def chance(score: float, word: float | None) -> float:
        return chance_of(score, None if word is None else Reading(PAYLOAD, word, 1.0), 1000)

    assert chance(8.0, None) == pytest.approx(1000 * math.exp(-32))
    # Four words are read, and check sum and version fit one in 2^20; or one of 2^44 that would be
    # accepted, at one of 256 origins, fits as well.
    assert chance(8.0, 3.0) == pytest.approx(1000 * math.exp(-32) * 4 / 2**20)
    assert chance(8.0, 14.0) == pytest.approx(1000 * math.exp(-32) * 256 * 2**44 * math.exp(-98))
    assert chance(-3.0, None) == 1.0


def test_a_mark_that_can_not_be_read_is_no_mark() -> None:
    def finding(payload: Payload | None, belonging: float, chance: float) -> Finding:
        return Finding(9.0, payload, belonging, 0, 1.0, False, chance)

    assert finding(PAYLOAD, BELONGS, FALSE_ALARM / 2).found
    by_chance = finding(PAYLOAD, BELONGS, FALSE_ALARM)
    assert not by_chance.found
    assert not by_chance.traces
    for only in (finding(None, 0.0, FALSE_ALARM / 2), finding(PAYLOAD, 0.1, FALSE_ALARM / 2)):
        assert not only.found
        assert only.traces


def laid(pattern: F32, size: tuple[int, int] = SIZE) -> Seen:
    """A moving picture that bears a pattern."""
    found = Average()
    rows, columns = round(size[1] * ROWS / min(size)), round(size[0] * ROWS / min(size))
    for k in range(4):
        luma = np.roll(scenery(*size), 7 * k, axis=1).astype(np.float64)
        luma += 2 * cv2.resize(pattern[:rows, :columns], size)
        found.add(np.clip(np.rint(luma), 0, 255).astype(np.uint8))
    return found.seen()


def test_who_copies_what_repeats_leaves_traces_alone() -> None:
    """Folded without the key, the part that carries the code word cancels out."""
    marked = laid(field(640, 640))
    learned = np.tile(fold(marked.residual, 1.0), (4, 5))
    found = search(laid(np.asarray(learned / learned.std(), np.float32)), [KEY])
    assert found.traces
    assert not found.found


def test_the_code_word_is_found_without_the_template() -> None:
    template = fold(field(16 * TILE, 16 * TILE), 1.0) / 16**2
    belonging = Field(KEY, PAYLOAD, 3 * TILE, 4 * TILE)
    shown = projections(reduced(scenery(*SIZE)), KEY)
    belonging.turn(np.where(shown >= 0, 1, -1))
    seen = laid(belonging.drawn() - np.tile(template, (3, 4)))
    assert best_place(seen, [layout(KEY)]).score < 6
    found = search(seen, [OTHER, KEY])
    assert found.found
    assert (found.payload, found.key) == (PAYLOAD, 1)
    assert search(seen.turned(mirrored=True), [KEY]).mirrored
    assert not search(seen, [OTHER]).found


@pytest.mark.parametrize("origin", [(0, 0), (3, 14)])
def test_any_part_of_a_pattern_is_read(origin: tuple[int, int]) -> None:
    top, left = (TILE * one for one in origin)
    part = field(2400, 2400)[top + 20 : top + 400, left + 50 : left + 500]
    place = Place(9.0, 1, 0, 1.0, TILE - 20.0, TILE - 50.0, False)
    even = np.full_like(part, 128)
    found = read(Seen(part, even), KEY, place, whole=False)
    assert found is not None
    assert found.payload == PAYLOAD
    assert found.score > 15


def test_cells_begin_where_a_tile_does() -> None:
    drawn = np.arange(40000, dtype=np.float32).reshape(200, 200)
    cut = cells(drawn, down=30, across=TILE)
    assert cut.shape == (3, 2, TILE, TILE)
    assert np.array_equal(cut[1, 0], drawn[30 : 30 + TILE, :TILE])
    assert np.array_equal(cut[0, 0, -30:], drawn[:30, :TILE])
    assert (cut[0, 0, :-30] == 0).all()


def test_folding_lays_tiles_over_each_other() -> None:
    drawn = field(TILE, TILE)
    assert np.allclose(fold(np.tile(drawn, (2, 3)), 1.0), 6 * drawn, atol=1e-4)
    cut = np.tile(drawn, (2, 2))[: TILE + 10, : TILE + 20]
    assert fold(cut, 1.0)[50, 50] == pytest.approx(drawn[50, 50], abs=1e-5)


def test_no_frame_gives_no_residual() -> None:
    with pytest.raises(ValueError, match="no frame"):
        Average().seen()


def encoded(lumas: list[U8], path: Path, crf: float) -> list[U8]:
    chroma = np.full((SIZE[1] // 2, SIZE[0] // 2), 128, np.uint8)
    with VideoWriter(path, *SIZE, Fraction(25), crf=crf) as writer:
        for luma in lumas:
            writer.write(Frame.from_planes(luma, chroma, chroma, "bt709"))
    with VideoReader(path) as reader:
        return [frame.y for frame in reader.read()]


@pytest.mark.parametrize("crf", [16.5, 28])
def test_the_mark_lives_through_encoding(marked: list[U8], tmp_path: Path, crf: float) -> None:
    found = search(seen_in(*encoded(marked, tmp_path / "marked.mp4", crf)), [KEY])
    assert found.found
    assert found.payload == PAYLOAD
