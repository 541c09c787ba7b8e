"""Every message that a user can meet: one line, what and where and what to do, exit code 2."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine

from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoWriter
from tools.presenter.presenter import render_frames


def refused(run_py: CommandLine, *args: str | Path) -> str:
    """Run and give the one line of the error; nothing half-written may be left."""
    done = run_py(*args, check=False)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert done.stderr.rstrip().endswith(errors[0])
    if run_py.workspace.is_dir():
        left = [p for p in run_py.workspace.rglob("*") if ".tmp-" in p.name]
        assert left == []
    return errors[0]


def write_video(path: Path, frames: Iterable[np.ndarray], size: int = 256) -> Path:
    with VideoWriter(path, size, size, Fraction(25)) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def test_missing_input_id(run_py: CommandLine) -> None:
    line = refused(run_py, "--steps", "1", "2", "--inp_id", "nobody")
    assert "no input speech 'nobody'" in line
    assert "--audio" in line


def test_missing_target_id(run_here: CommandLine) -> None:
    line = refused(run_here, "--steps", "1", "--tar_id", "nobody")
    assert "no target video 'nobody'" in line
    assert "--video" in line


def test_missing_files_on_the_command_line(run_here: CommandLine, tmp_path: Path) -> None:
    for option in ("--audio", "--video"):
        line = refused(run_here, "--steps", "1", option, tmp_path / "gone.mp4")
        assert "gone.mp4" in line
        assert "no such file" in line


def test_no_such_step(run_here: CommandLine) -> None:
    assert "no such step: '7'" in refused(run_here, "--steps", "7")
    assert "no such step" in refused(run_here, "--steps", "1", "9")
    assert "no such step" in refused(run_here, "--steps", "two")
    assert "runs backwards" in refused(run_here, "--steps", "4-2")


def test_pass_never_trained(run_here: CommandLine, small_target: Path, small_speech: Path) -> None:
    line = refused(
        run_here,
        "--steps",
        "1",
        "--pass_id",
        "new",
        "--audio",
        small_speech,
        "--video",
        small_target,
    )
    assert "pass 'new' has never been trained" in line
    assert "--train True" in line


def test_training_without_data(run_here: CommandLine, small_target: Path) -> None:
    line = refused(
        run_here, "--steps", "1", "--train", "True", "--pass_id", "new", "--video", small_target
    )
    assert "no prepared corpus" in line
    assert "step 0" in line


@pytest.mark.parametrize(
    ("step", "missing", "maker"),
    [("2", "words.npy", "step 1"), ("4", "texture.npy", "step 2")],
)
def test_step_alone_says_what_it_needs(
    run_here: CommandLine,
    small_target: Path,
    small_speech: Path,
    step: str,
    missing: str,
    maker: str,
) -> None:
    line = refused(run_here, "--steps", step, "--audio", small_speech, "--video", small_target)
    assert missing in line
    assert maker in line


def test_video_without_a_face(run_here: CommandLine, small_speech: Path, tmp_path: Path) -> None:
    gray = np.full((64, 64, 3), 128, np.uint8)
    video = write_video(tmp_path / "wall.mp4", [gray] * 30, 64)
    line = refused(run_here, "--steps", "1", "2", "--audio", small_speech, "--video", video)
    assert "wall.mp4" in line
    assert "no face in the whole video" in line


def test_real_video_without_a_face(
    run_here: CommandLine, small_speech: Path, shared_data: Path
) -> None:
    video = shared_data / "bad" / "no_face.mp4"
    line = refused(run_here, "--steps", "1-4", "--audio", small_speech, "--video", video)
    assert "no_face.mp4" in line
    assert "no face" in line


def test_target_of_one_frame(run_here: CommandLine, small_speech: Path, tmp_path: Path) -> None:
    video = write_video(tmp_path / "single.mp4", render_frames(1, size=256))
    line = refused(run_here, "--steps", "1", "2", "--audio", small_speech, "--video", video)
    assert "single.mp4" in line
    assert "1 frame" in line


def test_truncated_video(
    run_here: CommandLine, small_speech: Path, small_target: Path, tmp_path: Path
) -> None:
    data = small_target.read_bytes()
    for share in (0.2, 0.9):
        cut = tmp_path / f"cut{int(share * 10)}.mp4"
        cut.write_bytes(data[: int(len(data) * share)])
        line = refused(run_here, "--steps", "1", "2", "--audio", small_speech, "--video", cut)
        assert cut.name in line


def test_unusable_sound(run_here: CommandLine, small_target: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    text = tmp_path / "text.mp3"
    text.write_text("This is no music.\n" * 100)
    short = tmp_path / "short.wav"
    write_wav(short, np.zeros(800, np.float32), 16000)
    for path, problem in ((empty, "empty"), (text, "can be read"), (short, "50 ms")):
        line = refused(run_here, "--steps", "1", "--audio", path, "--video", small_target)
        assert path.name in line
        assert problem in line


def test_nan_in_saved_shapes(run_here: CommandLine, small_target: Path, small_speech: Path) -> None:
    run_here("--steps", "1", "--audio", small_speech, "--video", small_target)
    path = run_here.workspace / "input" / "ldmk" / "talkers" / "words.npy"
    shapes = np.load(path)
    shapes[3, 4, 0] = np.nan
    np.save(path, shapes)
    line = refused(run_here, "--steps", "2", "--inp_id", "words", "--tar_id", "painted")
    assert "words.npy" in line
    assert "NaN" in line


def test_shapes_of_another_rate(
    run_here: CommandLine, small_target: Path, small_speech: Path, tmp_path: Path
) -> None:
    run_here("--steps", "1", "--audio", small_speech, "--video", small_target)
    other = tmp_path / "fifty.mp4"
    with VideoWriter(other, 256, 256, Fraction(50)) as writer:
        for frame in render_frames(50, size=256, rate=Fraction(50)):
            writer.write(frame)
    line = refused(run_here, "--steps", "2", "--inp_id", "words", "--video", other)
    assert "made for 25 frames/s, the target has 50" in line
    assert "step 1" in line


def test_output_that_cannot_be_written(
    run_here: CommandLine, small_target: Path, small_speech: Path
) -> None:
    run_here("--steps", "1", "--audio", small_speech, "--video", small_target)
    folder = run_here.workspace / "output" / "words-painted"
    # A plain file where the folder should be: root may write to any folder, whatever its mode.
    folder.write_text("")
    line = refused(run_here, "--steps", "2", "--inp_id", "words", "--tar_id", "painted")
    assert "can't be written" in line
    assert "words-painted" in line
    assert folder.read_text() == ""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_workspace_that_cannot_be_written(run_py: CommandLine, tmp_path: Path) -> None:
    run_py.workspace.mkdir(mode=0o500)
    assert "can't be written" in refused(run_py, "--steps", "1")


def test_workspace_that_is_a_file(run_here: CommandLine) -> None:
    run_here.workspace.write_text("")
    assert "can't be written" in refused(run_here, "--steps", "1")


def test_an_id_is_never_overwritten(
    run_here: CommandLine, small_target: Path, small_speech: Path, tmp_path: Path
) -> None:
    run_here("--steps", "1", "--audio", small_speech, "--video", small_target)
    other = tmp_path / "words.wav"
    write_wav(other, np.ones(16000, np.float32) * 0.1, 16000)
    kept = (run_here.workspace / "input" / "mp3" / "words.wav").read_bytes()
    line = refused(run_here, "--steps", "1", "--audio", other, "--tar_id", "painted")
    assert "already belongs to another file" in line
    assert (run_here.workspace / "input" / "mp3" / "words.wav").read_bytes() == kept


def test_a_file_exported_anew_is_taken(
    run_here: CommandLine, small_target: Path, small_speech: Path, tmp_path: Path
) -> None:
    """The normal way to work: cut the speech again, and run the same line."""
    take = tmp_path / "take.wav"
    samples = read_audio(small_speech)
    shapes = run_here.workspace / "input" / "ldmk" / "talkers" / "take.npy"
    lengths = []
    for seconds in (2, 1):
        write_wav(take, samples[: seconds * 16000], 16000)
        done = run_here("--steps", "1", "--audio", take, "--video", small_target)
        lengths.append(len(np.load(shapes)))
    assert lengths == [50, 25]
    assert "is taken anew" in done.stderr
    assert "take.kept-1.wav" in done.stderr
    other = tmp_path / "elsewhere" / "take.wav"
    other.parent.mkdir()
    write_wav(other, samples[:24000], 16000)
    line = refused(run_here, "--steps", "1", "--audio", other, "--tar_id", "painted")
    assert "--inp_id NAME" in line
    run_here("--steps", "1", "--audio", other, "--tar_id", "painted", "--force", "True")
    assert len(np.load(shapes)) == 38


def test_a_tilde_that_no_shell_has_replaced(
    run_here: CommandLine, small_speech: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(small_speech.parent))
    run_here("--steps", "1", "--audio=~/words.wav")
    options = tmp_path / "options.toml"
    options.write_text('audio = "~/words.wav"\n')
    assert "up to date" in run_here("--steps", "1", "--config", options).stdout
    assert "no such file" in refused(run_here, "--steps", "1", "--audio=~nobody-here/words.wav")


def test_options_out_of_bounds_and_unknown(run_here: CommandLine, tmp_path: Path) -> None:
    assert "out of bounds" in refused(run_here, "--steps", "1", "--keep_prob", "0")
    assert "not usable as a file name" in refused(run_here, "--steps", "1", "--inp_id", "../up")
    assert "No such option" in refused(run_here, "--steps", "1", "--nonsense", "1")
    assert "must be True or False" in refused(run_here, "--steps", "1", "--train", "perhaps")
    config = tmp_path / "wrong.toml"
    config.write_text("alpha = 'much'\n")
    line = refused(run_here, "--steps", "1", "--config", config)
    assert "wrong.toml" in line
    assert "alpha" in line
    config.write_text("colour = 3\n")
    assert "unknown option 'colour'" in refused(run_here, "--steps", "1", "--config", config)


def test_corpus_that_cannot_be_used(run_here: CommandLine, tmp_path: Path) -> None:
    assert "--corpus" in refused(run_here, "--steps", "0")
    assert "not found" in refused(run_here, "--steps", "0", "--corpus", tmp_path / "gone")
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "notes.txt").write_text("no video")
    assert "no video" in refused(run_here, "--steps", "0", "--corpus", folder)
    shutil.copy(folder / "notes.txt", folder / "notes.mp4")
    assert "none of the 1 recordings" in refused(run_here, "--steps", "0", "--corpus", folder)


def test_landmark_model_that_is_none(
    run_here: CommandLine, small_target: Path, small_speech: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model.dat"
    common = ("--steps", "1", "2", "--audio", small_speech, "--video", small_target)
    assert "landmark model not found" in refused(run_here, *common, "--landmark_model", model)
    model.write_bytes(b"nonsense")
    assert "not a dlib shape predictor" in refused(run_here, *common, "--landmark_model", model)


def test_teeth_line_below_the_texture(
    run_here: CommandLine, small_target: Path, small_speech: Path
) -> None:
    run_here("--steps", "1", "--audio", small_speech, "--video", small_target)
    ids = ("--inp_id", "words", "--tar_id", "painted")
    line = refused(run_here, "--steps", "2", *ids, "--lineU", "5000")
    assert "--lineU 5000" in line
    assert "teeth.png" in line
