"""Where a preview begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import audio2video as a2v
from audio2video.api.preview import preview_start, write_part
from audio2video.errors import OptionError
from audio2video.media.audio import probe_audio, read_audio, write_wav


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of silence, five of speech, four of silence."""
    said = read_audio(a2v.demo_speech())[: 5 * 16000]
    pause = np.zeros(4 * 16000, np.float32)
    path = tmp_path_factory.mktemp("speech") / "late.wav"
    write_wav(path, np.concatenate([pause, said, pause]), 16000)
    return path


def test_auto_is_where_most_is_said(late: Path) -> None:
    begin = preview_start(late, 3, "auto")
    assert 3.8 <= begin <= 6.2
    activity = a2v.speech_activity(late, 20)
    sums = np.convolve(activity, np.ones(60), "valid")  # the plain reference
    assert sums[round(begin * 20)] >= 0.9 * sums.max()


def test_a_beginning_leaves_room_for_the_preview(late: Path) -> None:
    assert preview_start(late, 3, 2.5) == 2.5
    assert preview_start(late, 3, 12.5) == 10.0
    assert preview_start(late, 100, "auto") == 0.0
    for wrong in (-0.1, 13.0, float("nan")):
        with pytest.raises(OptionError, match=r"the speech has 13\.0 s"):
            preview_start(late, 3, wrong)


def test_a_part_is_the_samples_of_its_time(late: Path, tmp_path: Path) -> None:
    part = write_part(late, 4.0, 1.5, tmp_path)
    assert probe_audio(part).duration == 1.5
    whole = read_audio(late)
    np.testing.assert_allclose(read_audio(part), whole[4 * 16000 : round(5.5 * 16000)], atol=4e-5)
    assert write_part(late, 5.0, 1.5, tmp_path) != part
