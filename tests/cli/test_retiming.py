"""Whose time it is: the target's own order, and targets shorter or longer than the speech."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import ROOT, CommandLine

from audio2video.media.audio import probe_audio, read_audio, write_wav
from audio2video.media.video import VideoWriter, probe_video
from tools.presenter.presenter import render_frames

FRAMES = 50
"""Frames of the target."""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fit", "bounce", "--retiming", "forward"), "never does"),
        (("--fit", "loop", "--retiming", "full"), "leave one of them out"),
        (("--fit", "stretch"), "use one of auto, bounce"),
    ],
)
def test_what_does_not_go_together_is_refused(
    run_here: CommandLine, options: tuple[str, ...], message: str
) -> None:
    done = run_here("--steps", "3", *options, check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.slow
def test_cut_and_silence_change_the_length_of_the_result(
    run_py: CommandLine, tmp_path: Path, small_target: Path, small_speech: Path
) -> None:
    short = tmp_path / "short.wav"
    write_wav(short, read_audio(small_speech)[:20000], 16000)
    for audio, fit, heard in ((small_speech, "cut", 2.0), (short, "silence", 1.25)):
        run_py("--audio", audio, "--video", small_target, "--fit", fit)
        name = f"{audio.stem}-painted"
        result = run_py.workspace / "output" / name / f"{name}.mp4"
        assert probe_video(result).frames == FRAMES
        assert float(probe_audio(result).duration) == pytest.approx(heard, abs=0.07)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The presenter beside a page on which text is written."""
    path = tmp_path_factory.mktemp("media") / "lesson.mp4"
    rng = np.random.default_rng(4)
    page = np.full((256, 320, 3), 245, np.uint8)
    with VideoWriter(path, 576, 256, Fraction(25)) as writer:
        for k, frame in enumerate(render_frames(90, size=256, start=60)):
            if k % 10 == 0:
                words = "".join(rng.choice(list("abcdefghij klmno pq"), 20))
                place = (5, 26 * (k // 10) + 20)
                cv2.putText(page, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
            writer.write(np.concatenate([page, frame], axis=1))
    return path


def test_what_is_written_beside_the_person_never_runs_backwards(
    run_here: CommandLine, lesson: Path
) -> None:
    audio = ROOT / "audio2video" / "assets" / "demo.mp3"
    speech = run_here.workspace.parent / "talk.wav"
    write_wav(speech, read_audio(audio)[: 3 * 16000], 16000)
    places = run_here.workspace / "output" / "talk-lesson" / "retiming.npz"
    done = run_here("--steps", "1", "3", "--audio", speech, "--video", lesson)
    assert "keeps its own order; --retiming full" in done.stderr + done.stdout
    assert np.load(places)["places"].tolist() == list(range(75))
