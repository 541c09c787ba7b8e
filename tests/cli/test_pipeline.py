"""The whole pipeline through the real command, on a small painted target."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import CommandLine, content_hash
from waiting import ended, wait_until

from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.tags import read_tags
from audio2video.media.video import VideoReader, VideoWriter, probe_video
from audio2video.provenance.verification import verify
from tools.presenter.presenter import render_frames

IDS = ("--inp_id", "words", "--tar_id", "painted")


def hashes(folder: Path) -> dict[str, str]:
    """Content of a result's files, apart from the report, which holds times."""
    return {
        path.name: content_hash(path)
        for path in sorted(folder.iterdir())
        if path.name != "report.json"
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, small_result: Path) -> CommandLine:
    """A workspace in which steps 1 to 4 have run undisturbed."""
    run_py = CommandLine(tmp_path_factory.mktemp("finished") / "workspace")
    shutil.copytree(small_result, run_py.workspace)
    return run_py


def output(run_py: CommandLine) -> Path:
    return run_py.workspace / "output" / "words-painted"


def test_result_is_what_was_asked_for(finished: CommandLine, small_speech: Path) -> None:
    result = output(finished) / "words-painted.mp4"
    video, sound = probe_video(result), probe_audio(result)
    assert (video.width, video.height) == (256, 256)
    assert video.rate == Fraction(25)
    spoken = probe_audio(small_speech)
    assert abs(video.duration - spoken.duration) <= 1 / video.rate
    assert (sound.rate, sound.channels) == (spoken.rate, spoken.channels)
    given, heard = read_audio(small_speech), read_audio(result)
    length = min(len(given), len(heard))
    assert np.corrcoef(given[:length], heard[:length])[0, 1] > 0.98


def test_result_speaks_and_leaves_the_rest_alone(finished: CommandLine) -> None:
    places = np.load(output(finished) / "retiming.npz")["places"]
    with (
        VideoReader(finished.workspace / "target" / "mp4" / "painted.mp4") as target,
        VideoReader(output(finished) / "words-painted.mp4") as result,
    ):
        pairs = zip(target.read(np.round(places).astype(int).tolist()), result.read(), strict=True)
        mouth, away = [], []
        for (before, after), place in zip(pairs, places, strict=True):
            if place == round(place):
                change = cv2.absdiff(before.rgb(), after.rgb()).astype(float)
                mouth.append(change[150:180, 110:150].mean())
                away.append(change[40:110].mean())  # below the label
    assert max(mouth) > 4
    assert max(away) < 2  # what codec and watermark do


def test_result_is_marked_as_synthetic(finished: CommandLine) -> None:
    result = output(finished) / "words-painted.mp4"
    tags = read_tags(result)
    assert tags is not None
    assert "Synthetic media" in tags["comment"]
    assert "synthetic" in tags["title"]
    found = verify(result)
    assert (found.state, found.synthetic) == ("intact", True)
    assert found.manifest is not None
    said, report = (
        found.manifest["synthesis"],
        json.loads((output(finished) / "report.json").read_text()),
    )
    assert said["consent"] == "no statement was given"
    assert said["visible_label"] == "corner"
    assert said["pass"] == report["options"]["pass_id"]
    for name, part in (("target", "video"), ("speech", "audio"), ("network", "network")):
        assert said[name]["sha256"] == report["inputs"][part]["sha256"]
    assert any("no statement of consent was given" in line for line in report["notices"])
    assert report["warnings"] == []


def frames_with_label(result: Path) -> list[int]:
    """Frames with white letters in the upper right corner, which the presenter does not have."""
    with VideoReader(result) as reader:
        bright = [(frame.gray()[:28, -128:] > 220).sum() for frame in reader.read()]
    return np.flatnonzero(np.array(bright) > 40).tolist()


def test_marks_can_be_chosen(finished: CommandLine, run_here: CommandLine) -> None:
    shutil.copytree(finished.workspace, run_here.workspace)
    result, target = (
        output(run_here) / "words-painted.mp4",
        run_here.workspace / "target" / "painted.toml",
    )
    assert frames_with_label(run_here.workspace / "target" / "mp4" / "painted.mp4") == []
    assert frames_with_label(result) == list(range(62))
    target.write_text('consent = "Ada agreed to this on 2026-11-21"\nlabel = "start"\n')
    done = run_here("--steps", "4", *IDS)
    assert "consent" not in done.stderr
    manifest = verify(result).manifest
    assert manifest is not None
    assert manifest["synthesis"]["consent"] == "Ada agreed to this on 2026-11-21"
    assert manifest["synthesis"]["visible_label"] == "start"
    run_here("--steps", "4", *IDS, "--label", "none")
    found = verify(result)
    assert (found.state, found.synthetic) == ("intact", True)
    assert found.manifest is not None
    assert found.manifest["synthesis"]["visible_label"] == "none"
    assert frames_with_label(result) == []
    for text in ("", " ", "two\nlines", "x" * 1001):
        done = run_here("--steps", "4", *IDS, "--consent", text, check=False)
        assert done.returncode == 2
        assert "can't be used as a text; use one line of 1 to 1000 characters" in done.stderr
    done = run_here("--steps", "4", *IDS, "--sign_key", "key.pem", check=False)
    assert done.returncode == 2
    assert done.stderr == "error: --sign_key needs --sign_cert beside it\n"


def test_report(finished: CommandLine) -> None:
    report = json.loads((output(finished) / "report.json").read_text())
    assert set(report["steps"]) == {"1 lipsync", "2 texture", "3 retiming", "4 composite"}
    for name, step in report["steps"].items():
        # The retiming is made before the textures, which need it: step 3 finds it up to date.
        made = 0 if name == "3 retiming" else 62
        assert step["frames"] == made
        assert step["frames_per_second"] == pytest.approx(made / step["seconds"], rel=0.02)
    for name in ("3 retiming", "4 composite"):
        assert report["steps"][name]["output_frames"] == 62
    assert report["options"]["alpha"] == 0.9
    assert report["peak_memory_mib"] > 50
    for name, file in (("audio", "input/mp3/words.wav"), ("video", "target/mp4/painted.mp4")):
        content = (finished.workspace / file).read_bytes()
        assert report["inputs"][name]["sha256"] == hashlib.sha256(content).hexdigest()


def test_pictures(finished: CommandLine) -> None:
    sheet = cv2.imread(str(output(finished) / "sheet.png"))
    assert sheet.shape == (1758, 5 * (480 + 10) + 10, 3)  # rows of both, whole and close
    for name in ("teeth.png", "retiming.png"):
        assert cv2.imread(str(output(finished) / name)) is not None
    visual = probe_video(finished.workspace / "input" / "visual" / "words-talkers.mp4")
    assert visual.has_audio
    assert visual.frames == probe_video(output(finished) / "words-painted.mp4").frames


def test_shapes_are_in_the_documented_format(finished: CommandLine) -> None:
    shapes = np.load(finished.workspace / "input" / "ldmk" / "talkers" / "words.npy")
    assert shapes.dtype == np.float32
    assert shapes.shape[1:] == (20, 2)
    centre = shapes.mean(axis=(0, 1))
    assert abs(centre[0]) < 0.1
    assert 0.9 < centre[1] < 1.4  # below the eyes, in inter-ocular distances


def test_second_run_makes_nothing_again(finished: CommandLine) -> None:
    before = {
        p: p.stat().st_mtime_ns for p in output(finished).iterdir() if p.name != "report.json"
    }
    done = finished("--steps", "1", "2", "3", "4", *IDS)
    assert done.stdout.count("up to date") == 4
    after = {p: p.stat().st_mtime_ns for p in output(finished).iterdir() if p.name != "report.json"}
    assert after == before


def test_one_step_alone_after_a_change(finished: CommandLine, run_here: CommandLine) -> None:
    """Another option remakes what depends on it; taken back, the first result is there again."""
    shutil.copytree(finished.workspace, run_here.workspace)

    def products() -> dict[str, str]:
        # The records differ: they say what was replaced.
        found = hashes(output(run_here))
        return {name: value for name, value in found.items() if not name.endswith(".made.json")}

    before = products()
    alone = run_here("--steps", "3", "4", *IDS, "--retiming", "False")
    assert "made for another retiming: run step 2 (texture) again" in alone.stderr
    after = products()
    assert {name for name in before if after[name] != before[name]} == {
        *("retiming.npz", "retiming.png", "sheet.png", "words-painted.mp4")
    }
    places = np.load(output(run_here) / "retiming.npz")["places"]
    assert places[:48].tolist() == list(range(48))
    # A texture is made for the head that it is put onto, so it depends on the retiming.
    run_here("--steps", "2", "4", *IDS, "--retiming", "False")
    assert products()["texture.npy"] != before["texture.npy"]
    run_here("--steps", "2-4", *IDS)
    assert products() == before


def keys(run_py: CommandLine) -> dict[str, str]:
    return {
        name: json.loads((output(run_py) / f"{name}.made.json").read_text())["key"]
        for name in ("retiming.npz", "texture.npy", "words-painted.mp4")
    }


def test_how_pictures_are_made_can_be_switched(
    finished: CommandLine, run_here: CommandLine
) -> None:
    shutil.copytree(finished.workspace, run_here.workspace)
    whole = keys(run_here)
    # What step 4 does with textures leaves the textures as they are.
    run_here("--steps", "2-4", *IDS, "--jaw", "False", "--match_light", "False")
    plain = keys(run_here)
    assert {name for name in whole if plain[name] != whole[name]} == {"words-painted.mp4"}
    off = ("--teeth", "--jaw", "--match_light", "--detail")
    switches = [word for option in off for word in (option, "False")]
    run_here("--steps", "2-4", *IDS, *switches, "--pose_weight", "0", "--light_weight", "0")
    bare = keys(run_here)
    assert bare["retiming.npz"] == whole["retiming.npz"]
    assert bare["texture.npy"] != whole["texture.npy"]
    assert bare["words-painted.mp4"] not in (whole["words-painted.mp4"], plain["words-painted.mp4"])
    made = json.loads((output(run_here) / "texture.npy.made.json").read_text())
    assert made["detail_gain"] == made["opening_detail_gain"] == 0
    assert made["depends_on"]["options"]["pose_weight"] == 0
    report = json.loads((output(run_here) / "report.json").read_text())
    for name in ("teeth", "jaw", "match_light", "detail"):
        assert report["options"][name] is False
    textures = [
        np.load(one.workspace / "output/words-painted/texture.npy", mmap_mode="r")
        for one in (finished, run_here)
    ]
    assert np.abs(textures[0].astype(int) - textures[1]).mean() > 0.1


@pytest.mark.slow  # `tests/faults` kills each step once in the other tests
@pytest.mark.parametrize("step", ["1", "2", "3", "4"])
def test_killed_run_goes_on_to_the_same_result(
    finished: CommandLine, run_py: CommandLine, small_target: Path, small_speech: Path, step: str
) -> None:
    files = ("--audio", str(small_speech), "--video", str(small_target))
    if step != "1":
        run_py("--steps", f"1-{int(step) - 1}", *files)
    if step == "3":
        # Step 2 has made it already; taken away, there is something to do and to kill.
        for path in output(run_py).glob("retiming.*"):
            path.unlink()
    # Killed as soon as the step has begun to write under a temporary name.
    process = subprocess.Popen(
        run_py.command("--steps", step, *files),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_until(
        lambda: bool(list(run_py.workspace.rglob(".*.tmp-*"))) or process.poll() is not None,
        "the step writes a file",
    )
    assert process.poll() is None, "the step ended before it could be killed"
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)

    run_py("--steps", "1-4", *files)
    assert hashes(output(run_py)) == hashes(output(finished))
    assert list(run_py.workspace.rglob(".*.tmp-*")) == []
    assert (run_py.workspace / "target/mp4/painted.mp4").read_bytes() == small_target.read_bytes()


def test_shapes_changed_by_hand_are_used_and_kept(
    finished: CommandLine, run_here: CommandLine, small_target: Path, small_speech: Path
) -> None:
    files = ("--audio", small_speech, "--video", small_target)
    run_here("--steps", "1", *files)
    path = run_here.workspace / "input" / "ldmk" / "talkers" / "words.npy"
    original = np.load(path)
    np.save(path, original[::-1])
    done = run_here("--steps", "1-4", *files)
    assert "was changed by hand" in done.stderr
    assert np.array_equal(np.load(path), original[::-1])
    run_here("--steps", "1", *files, "--force", "True")
    assert np.array_equal(np.load(path), original)
    assert np.array_equal(np.load(path.with_name("words.kept-1.npy")), original[::-1])


@pytest.mark.slow
def test_two_faces_use_the_larger_one(
    run_here: CommandLine, small_speech: Path, tmp_path: Path
) -> None:
    video = tmp_path / "couple.mp4"
    with VideoWriter(video, 512, 256, Fraction(25)) as writer:
        for frame in render_frames(40, size=256, start=60):
            small = cv2.copyMakeBorder(
                cv2.resize(frame, (200, 200), interpolation=cv2.INTER_AREA),
                *(28, 28, 28, 28),
                cv2.BORDER_REPLICATE,
            )
            writer.write(np.hstack([small, frame]))
    done = run_here("--steps", "1-4", "--audio", small_speech, "--video", video)
    assert "couple.mp4: 2 people are seen; person 1 (1.6 s) speaks" in done.stderr
    (face,) = (run_here.workspace / "target" / "analysis").glob("couple-*/face.npz")
    landmarks = np.load(face)["landmarks"]
    assert landmarks[..., 0].min() > 256
    report = json.loads((run_here.workspace / "output/words-couple/report.json").read_text())
    assert any("2 people are seen" in warning for warning in report["warnings"])


def test_frames_without_a_face_pass_through(
    run_here: CommandLine, small_speech: Path, tmp_path: Path
) -> None:
    video = tmp_path / "away.mp4"
    with VideoWriter(video, 256, 256, Fraction(25)) as writer:
        for index, frame in enumerate(render_frames(60, size=256, start=60)):
            writer.write(np.full_like(frame, 90) if index < 10 else frame)
    done = run_here(
        *("--steps", "1-4", "--audio", small_speech, "--video", video, "--retiming", "False"),
        *("--label", "none", "--watermark", "False"),
    )
    # Of what is played, not of the target: 62 frames are played to and fro.
    left = "only 52 of 62 frames synthesised (10 no usable face: unchanged)"
    assert f"warning: {run_here.workspace}/output/words-away/words-away.mp4: {left}" in done.stderr
    assert "choose a target, or a part of it, in which the person faces the camera" in done.stderr
    assert done.stdout.splitlines()[-1].endswith(f"words-away.mp4: {left.removeprefix('only ')}")
    with VideoReader(run_here.workspace / "output/words-away/words-away.mp4") as result:
        first = next(iter(result.read([0]))).rgb()
    assert np.abs(first.astype(int) - 90).max() <= 3


@pytest.mark.slow
def test_unusual_file_names(
    run_py: CommandLine, small_target: Path, small_speech: Path, tmp_path: Path
) -> None:
    sound = tmp_path / "-ein Wört, hier.wav"
    video = tmp_path / "Ziel 'é' 人.mp4"
    sound.write_bytes(small_speech.read_bytes())
    video.write_bytes(small_target.read_bytes())
    run_py("--steps", "1-4", "--audio", sound, "--video", video)
    name = "-ein Wört, hier-Ziel 'é' 人"
    assert (run_py.workspace / "output" / name / f"{name}.mp4").is_file()


@pytest.mark.slow
def test_own_teeth_pictures(
    finished: CommandLine, run_py: CommandLine, small_target: Path, small_speech: Path
) -> None:
    run_py("--steps", "1", "--audio", small_speech, "--video", small_target)
    with VideoReader(small_target) as reader:
        frame = next(iter(reader.read([20]))).rgb()
    picture = run_py.workspace / "target" / "proxy" / "painted_upper.png"
    cv2.imwrite(str(picture), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    run_py("--steps", "2", *IDS)
    made = json.loads((output(run_py) / "texture.npy.made.json").read_text())
    assert made["upper_proxy_frame"] == -1
    (run_py.workspace / "target" / "painted.toml").write_text("lineU = 70\n")
    run_py("--steps", "2", *IDS)
    again = json.loads((output(run_py) / "texture.npy.made.json").read_text())
    assert again["depends_on"]["options"]["lineU"] == 70
    cv2.imwrite(str(picture), np.full((64, 64, 3), 99, np.uint8))
    done = run_py("--steps", "2", *IDS, check=False)
    assert done.returncode == 2
    assert "no face in the picture" in done.stderr
