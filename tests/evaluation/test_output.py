"""Measuring results through the real command: one as it is made, and some spoiled on purpose."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT
from numpy.typing import NDArray

from audio2video.cli import main as cli
from audio2video.evaluation.plots_output import MAX_ROWS, ROW_SECONDS, plot_result_openings
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoReader, VideoWriter, probe_video

IDS = ("--inp_id", "words", "--tar_id", "painted")
FOLDER = "output/words-painted"
RESULT = f"{FOLDER}/words-painted.mp4"

Pictures = Iterable[NDArray[np.uint8]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, small_result: Path) -> Path:
    """A workspace with a result; tests copy it before they change it."""
    copy = tmp_path_factory.mktemp("finished") / "workspace"
    shutil.copytree(small_result, copy)
    return copy


@pytest.fixture(scope="module")
def whole(finished: Path) -> dict[str, Any]:
    """What is said of the result as it is, by a process of its own."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "audio2video", "evaluate", "output"),
            *("--inp-id", "words", "--tar-id", "painted", "--workspace", str(finished)),
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert "warning" not in done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def workspace(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "workspace"
    shutil.copytree(finished, copy)
    return copy


def evaluate(workspace: Path, *args: str) -> tuple[dict[str, Any], str]:
    """Run the command in this process; returns its answer, and what it says on the side."""
    done = CliRunner().invoke(
        cli.main_group,
        ["evaluate", "output", *IDS, "--workspace", str(workspace), *args],
        catch_exceptions=False,
    )
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer, done.stderr


def refused(capsys: pytest.CaptureFixture[str], workspace: Path, *args: str | Path) -> str:
    """Run the command, which must fail with one line; returns the line."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main(["evaluate", "output", "--workspace", str(workspace), "--quiet", *map(str, args)])
    printed = capsys.readouterr()
    assert caught.value.code == 2
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    assert not (workspace / FOLDER / "evaluation").exists()
    return line


def spoil(
    workspace: Path, change: Callable[[Pictures], Pictures], sound: Path | None = None
) -> None:
    """Encode the result anew, with other pictures or another sound."""
    path = workspace / RESULT
    old = path.rename(path.with_suffix(".old.mp4"))
    info = probe_video(old)
    with (
        VideoReader(old) as reader,
        VideoWriter(
            path, info.width, info.height, info.rate, audio=sound or old, like=info
        ) as writer,
    ):
        for picture in change(frame.rgb() for frame in reader.read()):
            writer.write(picture)


def as_they_are(pictures: Pictures) -> Pictures:
    return pictures


def test_everything_is_measured(whole: dict[str, Any], finished: Path) -> None:
    assert whole["pass_id"] == "talkers"
    assert whole["faces"] == {"frames": 62, "seen_in_result": 62, "seen_in_target": 62}
    assert abs(whole["lag"]["behind_prediction_ms"]) < 40
    opening = whole["opening"]
    assert opening["unit"] == "speaker's range"
    assert opening["correlation"] > 0.8
    assert opening["correlation_at_lag"] >= opening["correlation"] - 0.01
    assert 0.5 < opening["gain"] < 1.5
    assert 0 < opening["rms_difference"] < 0.3
    assert whole["frozen"]["result"] == whole["frozen"]["longest"] == 0


def test_clock_and_sound_are_exact(whole: dict[str, Any]) -> None:
    timing = whole["timing"]
    assert timing["frames_exact"]
    assert timing["rate_exact"]
    assert (timing["frames"], timing["rate"]) == (62, "25")
    assert abs(timing["video_longer_ms"]) <= 20
    assert abs(timing["sound_offset_ms"]) < 0.05
    assert abs(timing["sound_offset_at_end_ms"]) < 0.05
    assert timing["sound_correlation"] > 0.98


def test_outside_the_face_there_is_only_the_codec(whole: dict[str, Any], finished: Path) -> None:
    outside = whole["outside"]
    places = np.load(finished / FOLDER / "retiming.npz")["places"]
    assert outside["frames"] == (places == np.round(places)).sum()
    for name in ("outside_box", "outside_face"):
        result, codec = outside[name]["result"], outside[name]["codec"]
        assert outside[name]["threshold"] == pytest.approx(codec["p999"] + 1)
        assert result["share_changed"] < 0.001
        assert result["mean"] < 1.2 * codec["mean"] + 0.1
        assert result["psnr_db"] > codec["psnr_db"] - 2
    assert outside["outside_box"]["result"]["blocks"] < outside["outside_face"]["result"]["blocks"]


def test_files(whole: dict[str, Any], finished: Path) -> None:
    folder = Path(whole["folder"])
    assert folder == finished / FOLDER / "evaluation"
    assert json.loads((folder / "evaluation.json").read_text()) == whole
    for name in ("openings", "changes"):
        assert cv2.imread(str(folder / f"{name}.png")).std() > 5
    with (folder / "frames.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 62
    seen, predicted = (
        np.array([float(row[name]) for row in rows])
        for name in ("seen_opening", "predicted_opening")
    )
    wanted = whole["opening"]["correlation"]
    assert np.corrcoef(seen, predicted)[0, 1] == pytest.approx(wanted, abs=1e-3)
    # The pipeline's own files are as they were.
    shapes = np.load(finished / FOLDER / "texture.npz")["mouth"]
    assert len(shapes) == 62
    names = {path.name for path in (finished / FOLDER).iterdir()}
    assert "words-painted.mp4" in names
    assert not [name for name in names if "kept" in name or ".tmp-" in name]


def test_a_second_time_it_says_the_same(workspace: Path, whole: dict[str, Any]) -> None:
    answer, said = evaluate(workspace)
    again, _ = evaluate(workspace, "--quiet", "--pass_id", "talkers")
    assert again == answer
    assert "measuring the result: 62 frames" in said
    for name in ("lag", "opening", "silence", "frozen", "timing", "outside"):
        assert answer[name] == whole[name]


def test_late_lips_are_late(workspace: Path, whole: dict[str, Any]) -> None:
    def late(pictures: Pictures) -> Pictures:
        all_of_them = list(pictures)
        return [all_of_them[0]] * 3 + all_of_them[:-3]

    spoil(workspace, late)
    answer, said = evaluate(workspace)
    assert "not as step 4 (composite) made it" in said
    before = whole["lag"]["behind_prediction_ms"]
    assert answer["lag"]["behind_prediction_ms"] == pytest.approx(before + 120, abs=12)
    assert answer["opening"]["correlation"] < whole["opening"]["correlation"] - 0.1
    assert answer["timing"]["frames_exact"]


def test_late_sound_is_late(workspace: Path, finished: Path, tmp_path: Path) -> None:
    sound = read_audio(finished / "input/mp3/words.wav")
    write_wav(tmp_path / "late.wav", np.concatenate([np.zeros(800, np.float32), sound]), 16000)
    spoil(workspace, as_they_are, tmp_path / "late.wav")
    timing = evaluate(workspace)[0]["timing"]
    assert timing["sound_offset_ms"] == pytest.approx(50, abs=0.1)
    assert timing["sound_longer_ms"] > 45


def test_frames_that_stand_still_are_counted(workspace: Path, whole: dict[str, Any]) -> None:
    def frozen(pictures: Pictures) -> Pictures:
        all_of_them = list(pictures)
        all_of_them[20:32] = [all_of_them[20]] * 12
        return all_of_them

    spoil(workspace, frozen)
    found = evaluate(workspace)[0]["frozen"]
    # Of eleven repetitions; a codec takes some frames to settle, or mends what it showed before.
    assert 6 <= found["result_only"] <= 11
    assert 2 <= found["longest"] <= found["result"]
    assert found["target"] == whole["frozen"]["target"]


def test_a_change_beside_the_face_is_seen(workspace: Path, whole: dict[str, Any]) -> None:
    def tinted(pictures: Pictures) -> Pictures:
        for picture in pictures:
            changed = picture.copy()
            changed[8:40, 8:40] = np.clip(changed[8:40, 8:40].astype(int) + 25, 0, 255)
            yield changed

    spoil(workspace, tinted)
    outside = evaluate(workspace)[0]["outside"]
    blocks = (32 * 32) // (8 * 8)
    for name in ("outside_box", "outside_face"):
        result = outside[name]["result"]
        per_frame = result["blocks"] / outside["frames"]
        assert result["share_changed"] == pytest.approx(blocks / per_frame, rel=0.1)
        assert result["max"] > 10
        assert result["psnr_db"] < whole["outside"][name]["result"]["psnr_db"] - 3


def test_a_result_that_lacks_its_end(workspace: Path) -> None:
    spoil(workspace, lambda pictures: list(pictures)[:50])
    answer, _ = evaluate(workspace)
    assert not answer["timing"]["frames_exact"]
    assert (answer["timing"]["frames"], answer["timing"]["frames_needed"]) == (50, 62)
    assert answer["timing"]["video_longer_ms"] == pytest.approx(-500)
    assert answer["faces"]["frames"] == 50


def test_a_result_without_a_face(workspace: Path) -> None:
    spoil(workspace, lambda pictures: (np.full_like(p, 90) for p in pictures))
    answer, said = evaluate(workspace)
    assert "no face is found in the result" in said
    assert answer["faces"]["seen_in_result"] == 0
    assert answer["lag"]["behind_prediction_ms"] is None
    assert answer["lag"]["behind_voice"]["lag_ms"] is None
    assert answer["lag"]["prediction_behind_voice"]["lag_ms"] is not None
    assert answer["opening"]["correlation"] is None
    assert answer["silence"]["opening_max"] is None
    assert answer["frozen"]["result"] == 61


def test_nothing_there(tmp_path: Path, finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no input speech 'nobody'" in refused(capsys, tmp_path, "--inp_id", "nobody")
    assert "speech 'demo' has no result on target 'demo'" in refused(capsys, tmp_path)
    assert "no target video 'nobody'" in refused(capsys, tmp_path, "--tar_id", "nobody")
    assert "is not usable as a file name" in refused(capsys, tmp_path, "--tar_id", "../x")
    line = refused(capsys, finished_without_evaluation(finished, tmp_path), "--tar_id", "painted")
    assert "speech 'demo' has no result on target 'painted'" in line
    assert "--steps 1 2 3 4 --inp_id demo --tar_id painted" in line


def finished_without_evaluation(finished: Path, place: Path) -> Path:
    copy = place / "copy"
    shutil.copytree(finished, copy)
    shutil.rmtree(copy / FOLDER / "evaluation", ignore_errors=True)
    return copy


def test_parts_that_are_gone_or_damaged(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = finished_without_evaluation(finished, tmp_path)
    folder = place / FOLDER
    for name, made_by in (("texture.npz", "step 2 (texture)"), ("retiming.npz", "step 3")):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        line = refused(capsys, place, *IDS)
        assert f"{name}: file not found; {made_by}" in line
        (folder / name).write_bytes(content[:100])
        assert "or damaged" in refused(capsys, place, *IDS)
        (folder / name).write_bytes(content)
    result = place / RESULT
    content = result.read_bytes()
    result.write_bytes(content[:4000])
    assert "words-painted.mp4: " in refused(capsys, place, *IDS)
    result.write_bytes(content)
    assert "landmark model not found" in refused(
        capsys, place, *IDS, "--landmark_model", tmp_path / "gone.dat"
    )
    (folder / "report.json").write_text("{")
    assert "can't be read as JSON" in refused(capsys, place, *IDS)


def test_parts_that_do_not_belong_together(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = finished_without_evaluation(finished, tmp_path)
    lines = place / FOLDER / "texture.npz"
    with np.load(lines) as file:
        mouth, jaw = file["mouth"], file["jaw"]
    content = lines.read_bytes()
    np.savez(lines, mouth=mouth + 0.01, jaw=jaw)
    line = refused(capsys, place, *IDS)
    assert "not made from texture.npz as it is now; run steps 2 to 4 again" in line
    np.savez(lines, mouth=mouth[:, :19], jaw=jaw)
    assert "has shape (62, 19, 2)" in refused(capsys, place, *IDS)
    lines.write_bytes(content)

    with VideoWriter(place / RESULT, 128, 128, probe_video(finished / RESULT).rate) as writer:
        writer.write(np.zeros((128, 128, 3), np.uint8))
    line = refused(capsys, place, *IDS)
    assert "128x128 pixels, the target has 256x256" in line


def test_the_pass_is_the_one_that_made_it(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = finished_without_evaluation(finished, tmp_path)
    line = refused(capsys, place, *IDS, "--pass_id", "nobody")
    assert "pass 'nobody' has never been trained" in line
    line = refused(capsys, place, *IDS, "--pass_id", "grid_s1_delayed")
    assert "texture.npy: not made with pass 'grid_s1_delayed' as it is now" in line
    assert "leave out --pass_id" in line
    report = place / FOLDER / "report.json"
    said = json.loads(report.read_text())
    said["options"]["pass_id"] = "grid_s1_delayed"
    report.write_text(json.dumps(said))
    answer, warnings = evaluate(place)
    assert answer["pass_id"] == "grid_s1_delayed"
    assert "not made with pass 'grid_s1_delayed' as it is now" in warnings


def test_another_analysis_is_told(workspace: Path) -> None:
    record = workspace / FOLDER / "words-painted.mp4.made.json"
    made = json.loads(record.read_text())
    made["depends_on"]["target"] = "another"
    record.write_text(json.dumps(made))
    assert "made from another analysis of the target" in evaluate(workspace)[1]


def test_a_long_silent_result_without_a_face_can_be_drawn(tmp_path: Path) -> None:
    def height(seconds: int) -> int:
        frames, path = 5 * seconds, tmp_path / f"{seconds}.png"
        unseen, energy = np.full(frames, np.nan), np.zeros(100 * seconds + 1)
        plot_result_openings(np.zeros(frames), unseen, energy, [(0, seconds)], 5.0, "x", path)
        return int(cv2.imread(str(path)).shape[0])

    most = ROW_SECONDS * MAX_ROWS
    assert height(1) < height(ROW_SECONDS + 1) < height(most) == height(most + 20)
