"""The whole pipeline on real footage, where it is at hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine

from audio2video.face.layout import mouth_opening
from audio2video.face.track import build_track
from audio2video.face.tracking import track_face
from audio2video.media.audio import probe_audio, read_audio, write_wav
from audio2video.media.video import VideoReader, probe_video
from audio2video.models.face_models import load_face_finder
from audio2video.mouth.metrics import correlation

SPEECH = "statement_9s"
MAX_LAG = 8  # frames


def seen_opening(path: Path) -> np.ndarray:
    """Mouth opening found again in a finished video."""
    with VideoReader(path) as reader:
        grays = (frame.gray() for frame in reader.read())
        track = build_track(list(track_face(grays, load_face_finder())))
    assert track.usable.all()
    return mouth_opening(track.mouth)


@pytest.mark.parametrize(
    ("target", "seconds", "size", "rate"),
    [
        ("weekly_5s", 4, (640, 480), Fraction(30000, 1001)),
        pytest.param("room_20s", 9, (1080, 1920), Fraction(30), marks=pytest.mark.slow),
        pytest.param("garden_10s", 9, (1080, 1920), Fraction(25), marks=pytest.mark.slow),
        pytest.param("address_8s", 9, (512, 512), Fraction(25), marks=pytest.mark.slow),
        pytest.param("weekly_24s_silent", 9, (256, 256), Fraction(25), marks=pytest.mark.slow),
    ],
)
def test_real_target(
    run_py: CommandLine,
    tmp_path: Path,
    shared_data: Path,
    target: str,
    seconds: int,
    size: tuple[int, int],
    rate: Fraction,
) -> None:
    speech = tmp_path / f"{SPEECH}.wav"
    samples = read_audio(shared_data / "input" / speech.name, 44100)
    write_wav(speech, samples[: seconds * 44100], 44100)
    video = shared_data / "targets" / f"{target}.mp4"
    run_py("--steps", "1", "2", "3", "4", "--audio", speech, "--video", video)
    folder = run_py.workspace / "output" / f"{SPEECH}-{target}"
    result = folder / f"{SPEECH}-{target}.mp4"

    info, sound = probe_video(result), probe_audio(speech)
    assert (info.width, info.height) == size
    assert info.rate == rate
    assert not info.variable_rate
    assert abs(info.duration - sound.duration) <= 1 / rate
    assert probe_audio(result).rate == sound.rate

    # The lips of the result follow the predicted shapes, neither late nor early.
    wanted = mouth_opening(np.load(folder / "texture.npz")["mouth"])
    seen = seen_opening(result)
    by_lag = {
        lag: correlation(
            wanted[max(0, -lag) : len(wanted) - max(0, lag)],
            seen[max(0, lag) : len(seen) - max(0, -lag)],
        )
        for lag in range(-MAX_LAG, MAX_LAG + 1)
    }
    assert max(by_lag, key=lambda lag: by_lag[lag]) == 0
    assert by_lag[0] > 0.85  # measured 0.87 (garden_10s, who smiles throughout) to 0.99
