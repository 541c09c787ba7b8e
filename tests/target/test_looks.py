"""Small pictures that are taken while a target is decoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio2video.media.video import VideoReader, probe_video
from audio2video.retiming.direction import WIDTH, frames_to_look_at
from audio2video.target.looks import Looks


def test_each_picture_stands_with_the_one_after_it(small_target: Path) -> None:
    info = probe_video(small_target)
    looks = Looks(info)
    with VideoReader(small_target) as reader:
        frames = list(reader.read())
    for index, frame in enumerate(frames):
        looks.take(index, frame)
    pictures = looks.pictures()
    chosen = frames_to_look_at(info.frames, float(info.rate))
    assert pictures.shape == (len(chosen), 2, WIDTH, WIDTH)
    for pair, first in zip(pictures, chosen, strict=True):
        for small, index in zip(pair, (first, first + 1), strict=True):
            assert small.mean() == pytest.approx(frames[index].gray().mean(), abs=1)


def test_a_target_that_breaks_off_has_fewer(small_target: Path) -> None:
    looks = Looks(probe_video(small_target))
    assert looks.pictures().shape == (0, 2, WIDTH, WIDTH)
    assert looks.pictures().dtype == np.uint8
