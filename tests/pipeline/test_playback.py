"""Which playback of the target a run takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio2video.api.stages import analyse_target
from audio2video.config import RetimingConfig
from audio2video.pipeline.playback import lay_target
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from audio2video.target.analysis import TargetAnalysis

FRAMES, SPOKEN = 50, 62
"""Frames of the target, and of the speech."""


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, small_target: Path) -> TargetAnalysis:
    return analyse_target(small_target, workspace=Workspace(tmp_path_factory.mktemp("work")))


def laid(target: TargetAnalysis, frames: int, **options: str) -> tuple[list[float], Progress]:
    progress = Progress()
    speech = np.ones(frames, np.float32)
    timing = lay_target(target, speech, RetimingConfig(**options), progress)
    return timing.positions.tolist(), progress


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({"fit": "loop"}, [*range(FRAMES), *range(SPOKEN - FRAMES)]),
        ({"fit": "freeze"}, [*range(FRAMES), *[FRAMES - 1] * (SPOKEN - FRAMES)]),
        ({"retiming": "forward"}, [*range(FRAMES), *[FRAMES - 1] * (SPOKEN - FRAMES)]),
    ],
    ids=["loop", "freeze", "forward"],
)
def test_a_target_shorter_than_the_speech(
    target: TargetAnalysis, options: dict[str, str], frames: list[int]
) -> None:
    found, progress = laid(target, SPOKEN, **options)
    assert found == frames
    # What nobody has asked for is said.
    said = any("0.5 s longer than the target" in text for text in progress.warnings)
    assert said == ("fit" not in options)


def test_a_target_that_is_long_enough_plays_forwards(target: TargetAnalysis) -> None:
    found, progress = laid(target, 30, retiming="forward")
    assert found == list(range(30))
    assert not progress.warnings


def test_back_and_forth(target: TargetAnalysis) -> None:
    off, _ = laid(target, SPOKEN, retiming="off")
    assert off[:48] == list(range(48))
    assert off[-1] < off[51] <= 49
    assert laid(target, SPOKEN, fit="bounce")[0] == laid(target, SPOKEN, retiming="full")[0]


def test_an_ordinary_target_is_retimed(target: TargetAnalysis) -> None:
    found, progress = laid(target, SPOKEN)
    assert found == laid(target, SPOKEN, retiming="full")[0]
    assert not progress.notices
