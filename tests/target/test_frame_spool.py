"""Parts of frames come back as they were put."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.media.video import Frame
from audio2video.target.frame_spool import FrameSpool


def picture(rng: np.random.Generator, width: int = 40, height: int = 30) -> Frame:
    return Frame(rng.integers(16, 236, (height * 3 // 2, width), dtype=np.uint8), "bt709")


def test_parts_are_read_in_any_order_and_by_several_threads(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    frames = [picture(rng) for _ in range(20)]
    boxes = [(k % 7, k % 5, 20 + k, 11 + k % 19) for k in range(20)]
    path = tmp_path / "frames.raw"
    with FrameSpool(path) as spool:
        for k in (3, 1, 2, 0, *range(4, 20)):
            spool.put(k, frames[k], boxes[k])
        spool.finish()
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(spool.get, range(20)))
        for (part, origin), frame, box in zip(found, frames, boxes, strict=True):
            x0, y0 = origin
            assert (x0, y0) == (box[0] // 2 * 2, box[1] // 2 * 2)
            assert part.matrix == "bt709"
            whole = x0, y0, x0 + part.width, y0 + part.height
            assert part.width >= box[2] - box[0]
            assert part.height >= box[3] - box[1]
            np.testing.assert_array_equal(part.rgb(), frame.rgb(whole))
        with pytest.raises(KeyError):
            spool.get(20)
    assert not path.exists()


def test_the_file_goes_when_the_work_fails(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "frames.raw"

    def work() -> None:
        with FrameSpool(path) as spool:
            spool.put(0, picture(rng), (0, 0, 10, 10))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    assert not path.exists()


@given(st.integers(0, 38), st.integers(0, 28), st.integers(1, 40), st.integers(1, 30))
def test_a_part_shows_what_the_box_shows(x0: int, y0: int, width: int, height: int) -> None:
    frame = picture(np.random.default_rng(0))
    box = x0, y0, min(x0 + width, 40), min(y0 + height, 30)
    part = frame.part(box)
    left, top = x0 - x0 % 2, y0 - y0 % 2
    inner = part.rgb((x0 - left, y0 - top, box[2] - left, box[3] - top))
    np.testing.assert_array_equal(inner, frame.rgb(box))
    part.y[:] = 0
    assert frame.y.min() >= 16
