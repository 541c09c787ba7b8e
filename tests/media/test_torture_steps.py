"""Odd media through the steps and the real command: one line and exit code 2, or a right result."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, CommandLine
from media.test_torture_pictures import CASES as PICTURES
from media.test_torture_sound import CASES as SOUNDS
from media_maker import delay_seconds, set_display_matrix
from scipy.signal import resample_poly
from torture_maker import F32, U8, Sound, built, film, sound_file, wav

from audio2video.config import Config
from audio2video.errors import Audio2VideoError
from audio2video.face.layout import mouth_opening
from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.video import VideoReader, VideoWriter, probe_video
from audio2video.pipeline.run import run
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from tools.presenter.presenter import render_frames

RATE = 48000
SECONDS = 2.5


def speech() -> F32:
    """The beginning of the demo speech at 48 kHz, peak 0.7, (1, n)."""
    samples = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", RATE)
    samples = samples[: round(SECONDS * RATE)]
    return np.asarray(0.7 * samples / np.abs(samples).max(), np.float32)[np.newaxis]


def at_rate(rate: int) -> F32:
    up, down = Fraction(rate, RATE).as_integer_ratio()
    return np.asarray(resample_poly(speech(), up, down, axis=1), np.float32)


def eight(path: Path) -> Path:
    return sound_file(
        path.with_suffix(".flac"), Sound(np.repeat(speech(), 8, axis=0), RATE, "flac")
    )


def holes(samples: F32) -> F32:
    """No numbers, three samples in every 5000."""
    return np.where(np.arange(samples.shape[1]) % 5000 < 3, np.float32(np.nan), samples)


SPEECHES: dict[str, Callable[[Path], Path]] = {
    "clean": lambda path: wav(path, speech(), RATE),
    "offset": lambda path: wav(path, 0.6 * speech() + 0.3, RATE),
    "clipped": lambda path: wav(path, 10 * speech(), RATE),
    "quiet": lambda path: wav(path, 0.01 * speech(), RATE),
    "u8": lambda path: wav(path, speech(), RATE, "u8"),
    "nan": lambda path: wav(path, holes(speech()), RATE, "f32"),
    "khz8": lambda path: wav(path, at_rate(8000), 8000),
    "khz192": lambda path: wav(path, at_rate(192_000), 192_000),
    "channels8": eight,
}
# Least correlation of the mouth's opening with that of the clean speech; measured: clipped 0.91,
# quiet 0.98, 8-bit 0.99, NaN 0.998, 8 kHz 0.69, the others 1.000.
AGREEMENT = {
    "offset": 0.999,
    "clipped": 0.85,
    "quiet": 0.95,
    "u8": 0.95,
    "nan": 0.98,
    "khz8": 0.5,
    "khz192": 0.999,
    "channels8": 0.999,
}


def run_step_1(workspace: Workspace, audio: Path, video: Path) -> Config:
    options = Config.from_flags(audio=audio, video=video, inp_id=audio.stem, tar_id="still")
    run(workspace, [1], options, Progress())
    return options


@pytest.fixture(scope="module")
def openings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """How far the mouth opens in each speech, through step 1."""
    folder = tmp_path_factory.mktemp("speeches")
    with VideoWriter(folder / "still.mp4", 64, 64, Fraction(25)) as writer:
        for _ in range(3):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    workspace = Workspace(folder / "workspace")
    found = {}
    for name, make in SPEECHES.items():
        options = run_step_1(workspace, make(folder / f"{name}.wav"), folder / "still.mp4")
        shapes = np.load(workspace.shapes(options.inputs.pass_id, name))
        assert shapes.shape == (round(SECONDS * 25), 20, 2)
        assert np.isfinite(shapes).all()
        found[name] = mouth_opening(shapes)
    return found


def test_silence_is_refused(tmp_path: Path) -> None:
    video = tmp_path / "still.mp4"
    with VideoWriter(video, 64, 64, Fraction(25)) as writer:
        writer.write(np.zeros((64, 64, 3), np.uint8))
    audio = wav(tmp_path / "silence.wav", 0 * speech(), RATE)
    with pytest.raises(Audio2VideoError, match="no speech in the sound; is the right track in it"):
        run_step_1(Workspace(tmp_path / "workspace"), audio, video)


def test_speech_opens_the_mouth(openings: dict[str, np.ndarray]) -> None:
    assert openings["clean"].max() > 0.15


@pytest.mark.parametrize("name", AGREEMENT)
def test_speech_recorded_badly_moves_the_mouth_alike(
    openings: dict[str, np.ndarray], name: str
) -> None:
    clean, odd = openings["clean"], openings[name]
    assert np.corrcoef(clean, odd)[0, 1] > AGREEMENT[name]
    assert 0.7 < odd.mean() / clean.mean() < 1.2


REFUSED = [
    *((case, "--video") for case in PICTURES
      if case.name in ("empty.mp4", "one.mov", "hour.mkv", "sound.mp4", "still.mp4")),
    *((case, "--audio") for case in SOUNDS
      if case.name in ("rate1.wav", "late.mkv", "text.mp3")),
]  # fmt: skip


def refused(run_py: CommandLine, *args: str | Path) -> str:
    done = run_py(*args, check=False)
    assert done.returncode == 2, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.rstrip().endswith(errors[0])
    assert not [path for path in run_py.workspace.rglob("*") if ".tmp-" in path.name]
    return errors[0]


@pytest.mark.parametrize(("case", "option"), REFUSED, ids=lambda value: str(value))
def test_the_command_refuses_with_one_line(
    run_here: CommandLine, tmp_path: Path, case: object, option: str
) -> None:
    path = built(case, tmp_path)  # type: ignore[arg-type]
    assert refused(run_here, "--steps", "1", option, path) == f"error: {path}: {case.refused}"  # type: ignore[attr-defined]
    assert not list(run_here.workspace.rglob(path.name)), "copied although it can't be used"


def test_a_film_damaged_in_its_middle_is_refused_by_the_command(
    run_here: CommandLine, small_speech: Path, tmp_path: Path
) -> None:
    pictures = list(render_frames(75, size=128, start=60))
    path = film(
        *(tmp_path / "middle.mkv", 75),
        size=(128, 128),
        draw=lambda k: pictures[k],
        codec="mpeg4",
    )
    data = bytearray(path.read_bytes())
    middle = slice(len(data) * 3 // 10, len(data) * 8 // 10)
    data[middle] = b"\xff" * len(data[middle])
    path.write_bytes(bytes(data))
    line = refused(run_here, "--steps", "1", "2", "--audio", small_speech, "--video", path)
    assert "middle.mkv: " in line


def test_a_film_too_small_for_a_face_is_refused_by_the_command(
    run_here: CommandLine, small_speech: Path, tmp_path: Path
) -> None:
    (tiny,) = (case for case in PICTURES if case.name == "tiny.mov")
    path = built(tiny, tmp_path)
    line = refused(run_here, "--steps", "1", "2", "--audio", small_speech, "--video", path)
    assert "no face in the whole video" in line


def presenter(size: tuple[int, int] = (256, 256)) -> Callable[[int], U8]:
    pictures = [frame[: size[1], : size[0]] for frame in render_frames(50, size=256, start=60)]
    return lambda k: pictures[k]


MS = Fraction(1, 1000)
UNEVEN = np.cumsum([0] + [40] * 20 + [80, 120] + [40] * 27).tolist()
EVERY_40_MS = [40 * k for k in range(50)]
HEVC = {"preset": "ultrafast", "x265-params": "log-level=none", "crf": "12"}
TARGETS: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "rotated": (
        "rotated.mp4",
        lambda path: set_display_matrix(
            film(path, size=(256, 256), draw=presenter(), stored=lambda p: np.rot90(p, 1)),
            *(0, 1, -1, 0),
        ),
        "channels8",
    ),
    "variable rate": (
        "uneven.mkv",
        lambda path: film(path, size=(256, 256), draw=presenter(), times=UNEVEN, tick=MS),
        "khz192",
    ),
    "10-bit HDR": (
        "hdr.mov",
        lambda path: film(
            path, size=(256, 256), draw=presenter(), codec="libx265",
            pix_fmt="yuv420p10le", colours=(1, 9, 9, 18), options=HEVC,
        ),
        "khz8",
    ),
    "odd size": (
        "odd.mkv",
        lambda path: film(path, size=(255, 253), draw=presenter((255, 253)), codec="ffv1"),
        "clipped",
    ),
    "interlaced": (
        "woven.ts",
        lambda path: film(
            path, size=(256, 256), draw=presenter(),
            options={"crf": "10", "x264-params": "tff=1"},
        ),
        "offset",
    ),
    "negative time stamps": (
        "negative.mkv",
        lambda path: film(
            path, size=(256, 256), draw=presenter(), times=[t - 900 for t in EVERY_40_MS],
            tick=MS, codec="ffv1",
        ),
        "u8",
    ),
    "several streams": (
        "many.mkv",
        lambda path: film(
            path, size=(256, 256), draw=presenter(), decoys=1,
            sounds=[Sound(speech()), Sound(speech() * 0)],
        ),
        "nan",
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_odd_targets_and_speeches_give_right_results(
    run_py: CommandLine, tmp_path: Path, name: str
) -> None:
    file, make, spoken = TARGETS[name]
    video = make(tmp_path / file)
    audio = SPEECHES[spoken](tmp_path / "words.wav")
    ids = ("--inp_id", "words", "--tar_id", "odd")
    run_py("--steps", "1-4", "--audio", audio, "--video", video, *ids)
    result = run_py.workspace / "output" / "words-odd" / "words-odd.mp4"
    info, given = probe_video(result), probe_audio(audio)
    assert info.rate == 25
    assert abs(info.duration - given.duration) <= Fraction(1, 25)
    assert (info.width, info.height) == ((254, 252) if name == "odd size" else (256, 256))
    assert info.colour.transfer == (18 if name == "10-bit HDR" else info.colour.transfer)
    with VideoReader(result) as made:
        frame = next(iter(made.read([0]))).rgb().astype(int)
    away = np.s_[: info.height // 3]  # above the lower face nothing is changed

    def nearest(turn: int) -> float:
        """How far the frame is from the nearest of all pictures, turned by so many quarters."""
        draw = presenter((info.width, info.height))
        drawn = (np.rot90(draw(k), turn) for k in range(50))
        return min(np.abs(frame[away] - d[away]).mean() for d in drawn if d.shape == frame.shape)

    assert nearest(0) < 9
    assert nearest(2) > 20
    if info.width == info.height:
        assert min(nearest(1), nearest(3)) > 20
    said, heard = read_audio(audio), read_audio(result)
    assert abs(delay_seconds(heard, said, 16000)) < 1 / 25
    padding = 1024 / given.rate  # AAC comes in frames of 1024 samples
    assert abs(len(heard) - len(said)) < 16000 * (1 / 25 + padding)
