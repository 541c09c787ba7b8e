"""`audio2video landmarks` through the real command: files, lists, resuming, bad input."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from conftest import ROOT, content_hash
from subcommands import subcommand, subcommand_here
from talking_film import talking
from talking_film import write_film as write_talking
from two_people import SIZE, first_person, second_person, slide, write_film
from waiting import wait_until

from audio2video.face.drawing import COLOURS
from audio2video.media.audio import probe_audio
from audio2video.media.info import probe_video
from audio2video.media.video import VideoReader
from audio2video.provenance.container_tags import STATEMENT, drawn_tags, names_synthetic
from audio2video.storage.artifacts import made_from
from audio2video.target.landmark_table import read_table

FRAMES = 16
TALK = 20
FILES = ("landmarks.csv", "landmarks.mp4", "landmarks.npz")


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two people side by side, one with a sound, and nobody."""
    folder = tmp_path_factory.mktemp("media")
    both = zip(first_person(FRAMES), second_person(FRAMES), strict=True)
    write_film(folder / "pair.mp4", [np.hstack(pair) for pair in both])
    write_talking(folder / "talk.mp4", *talking(TALK, np.random.default_rng(1), start=90))
    write_film(folder / "slide.mp4", [slide(230)] * 6)
    return folder


def run(folder: Path, *args: str | Path) -> subprocess.CompletedProcess[str]:
    return subcommand_here("landmarks", *args, folder=folder)


def pictures(path: Path) -> list[np.ndarray]:
    with VideoReader(path) as reader:
        return [frame.rgb().astype(int) for frame in reader.read()]


def test_two_people_in_three_files(media: Path, tmp_path: Path) -> None:
    done = subcommand("landmarks", media / "pair.mp4", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "workspace/output/landmarks/pair"
    assert done.stdout == f"result: {folder}\n"
    assert {p.name for p in folder.iterdir()} == {*FILES, *(f"{n}.made.json" for n in FILES)}
    table = read_table(folder / FILES[2])
    assert table.frame.tolist() == [k for k in range(FRAMES) for _ in range(2)]
    assert table.person.tolist() == [1, 2] * FRAMES
    assert (table.confidence > 0.5).all()
    lines = (folder / FILES[0]).read_text().splitlines()
    assert len(lines) == 1 + 2 * FRAMES
    # Each in a colour of their own, where the points are; the rest as it was.
    drawn, source = pictures(folder / FILES[1]), pictures(media / "pair.mp4")
    assert len(drawn) == FRAMES
    assert np.abs(drawn[8] - source[8])[: SIZE // 10].max() < 20
    for number in (1, 2):
        (row,) = np.flatnonzero((table.frame == 8) & (table.person == number))
        x, y = np.round(table.points[row, 8]).astype(int)
        near = drawn[8][y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3)
        assert np.abs(near - COLOURS[number - 1]).max(axis=1).min() < 80
    with av.open(str(folder / FILES[1])) as container:
        assert container.metadata["title"] == "pair with landmarks"
        assert container.metadata["comment"].startswith("Drawing: facial landmarks that a program")
        assert not names_synthetic(container.metadata["comment"])


def test_again_nothing_is_made_and_a_change_makes_it_anew(media: Path, tmp_path: Path) -> None:
    video = tmp_path / "talk.mp4"
    shutil.copy(media / "talk.mp4", video)
    assert run(tmp_path, video, "-o", tmp_path / "out").returncode == 0
    made = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in FILES}
    before = {name: content_hash(tmp_path / "out" / name) for name in FILES}
    info = probe_video(tmp_path / "out" / FILES[1])
    assert info.frames == TALK
    assert probe_audio(tmp_path / "out" / FILES[1]).rate == probe_audio(video).rate
    done = run(tmp_path, video, "-o", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert made == {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in FILES}
    # The faces were kept: only the files are written again, and are the same.
    for name in FILES:
        (tmp_path / "out" / name).unlink()
    done = run(tmp_path, video, "-o", tmp_path / "out")
    assert "finding the face" not in done.stderr
    assert before == {name: content_hash(tmp_path / "out" / name) for name in FILES}
    # Another way of finding them is another table.
    done = run(tmp_path, video, "-o", tmp_path / "out", "--steady", "False")
    assert "finding the face" not in done.stderr
    assert content_hash(tmp_path / "out" / FILES[2]) != before[FILES[2]]
    done = run(tmp_path, video, "-o", tmp_path / "out", "--backend", "facemesh")
    assert "finding the face" in done.stderr
    assert read_table(tmp_path / "out" / FILES[2]).confidence.min() > 0.9
    listed = subcommand_here("cache", "--json", folder=tmp_path)
    kinds = [one["kind"] for one in json.loads(listed.stdout)["caches"]]
    assert kinds == ["people", "people"]


def test_a_users_own_files_are_kept(media: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / FILES[0]).write_text("dear diary")
    done = run(tmp_path, media / "talk.mp4", "-o", out)
    assert done.returncode == 0
    assert f"warning: {out / FILES[0]} was changed by hand: used as it is" in done.stderr
    assert (out / FILES[0]).read_text() == "dear diary"
    # Another video's landmarks are not taken for this one's.
    done = run(tmp_path, media / "pair.mp4", "-o", out)
    assert done.returncode == 2
    assert "belongs to video 'talk.mp4'; choose another video, or move the folder" in done.stderr
    assert made_from(out / FILES[2])["steady"] is True


@pytest.mark.slow
def test_a_list_goes_on_beyond_what_fails(media: Path, tmp_path: Path) -> None:
    videos = tmp_path / "videos.txt"
    videos.write_text(f"# mine\n{media / 'talk.mp4'}\n\n{media / 'slide.mp4'}\ngone.mp4\n")
    done = subcommand("landmarks", videos, "--nthreads", "2", folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == ["videos  failed  made", "3       2       1"]
    warnings = sorted(line for line in done.stderr.splitlines() if line.startswith("warning: "))
    assert warnings == [
        f"warning: {media / 'slide.mp4'}: no face in the whole video; a video of people who face "
        "the camera is needed",
        f"warning: {tmp_path / 'gone.mp4'}: no such file; check its name",
    ]
    assert (tmp_path / "workspace/output/landmarks/talk" / FILES[1]).is_file()
    # A folder is gone through whole; what is there is passed over.
    for name in ("talk.mp4", "pair.mp4"):
        (tmp_path / "clips/more").mkdir(parents=True, exist_ok=True)
        shutil.copy(media / name, tmp_path / "clips/more" / name)
    (tmp_path / "clips/.hidden.mp4").write_bytes(b"")
    (tmp_path / "clips/notes.txt").write_text("none")
    done = run(tmp_path, tmp_path / "clips")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:2] == ["videos  made  up to date", "2       1     1"]


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(media: Path, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    for k in range(4):
        shutil.copy(media / "talk.mp4", clips / f"talk{k}.mp4")
    command = [sys.executable, "-m", "audio2video", "landmarks", str(clips), "--nthreads", "1"]
    command += ["--workspace", str(tmp_path / "workspace")]
    out = tmp_path / "workspace/output/landmarks"
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (out / "talk1" / FILES[1]).is_file(), "the second drawing")
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    # Its worker ends by itself when the parent has gone.
    done = run(tmp_path, clips)
    assert done.returncode == 0, done.stderr
    heading, numbers = done.stdout.splitlines()[:2]
    assert heading.split()[0] == "videos"
    assert numbers.split()[0] == "4"
    assert "up to date" in heading
    hashes = {content_hash(out / f"talk{k}" / FILES[0]) for k in range(4)}
    assert len(hashes) == 1
    assert not [path for path in out.rglob("*") if ".tmp-" in path.name]


def test_all_backends_side_by_side(media: Path, tmp_path: Path) -> None:
    done = run(tmp_path, media / "talk.mp4", "--compare")
    assert done.returncode == 0, done.stderr
    heading, one, other, lips, pair, result = done.stdout.splitlines()
    assert heading.split()[:2] == ["backend", "frames"]
    assert (one.split()[:3], other.split()[:3]) == (["dlib", "20", "0"], ["facemesh", "20", "0"])
    assert lips.split()[:3] == ["inner", "lips", "frames"]
    assert pair.startswith("dlib and facemesh  20 ")
    folder = tmp_path / "workspace/output/evaluation/landmarks"
    assert result == f"result: {folder}"
    assert {p.name for p in folder.iterdir()} == {f"comparison.{s}" for s in ("csv", "json", "png")}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("gone.mp4",), "gone.mp4: no such file; check its name"),
        (("gone",), "gone: no such file or folder; check its name"),
        (("empty",), "empty: no video in the folder; check the path"),
        (("blank.txt",), "blank.txt: names no video; one path a line"),
        (("binary.txt",), "binary.txt: not UTF-8 text; one path a line"),
        (("twice.txt",), "twice.txt: two videos are named 'a' (a.mp4, a.mov); rename one of them,"),
        (("noise.mp4",), "noise.mp4: "),
        (("slide.mp4",), "slide.mp4: no face in the whole video; a video of people who face the"),
        (
            ("slide.mp4", "--backend", "x"),
            "Invalid value for '--backend': 'x' is not one of 'dlib'",
        ),
        (("slide.mp4", "--nthreads", "0"), "Invalid value for '--nthreads': 0 is not in the range"),
        (
            ("slide.mp4", "--backend", "facemesh", "--landmark_model", "m.dat"),
            "--landmark_model is for --backend dlib, facemesh has its own; leave one out",
        ),
        (("slide.mp4", "--landmark_model", "m.dat"), "m.dat: landmark model not found; check --la"),
        (
            ("slide.mp4", "--compare", "--backend", "dlib"),
            "--compare and --backend can't go together; give one of them",
        ),
        (
            ("slide.mp4", "--compare", "--landmark_model", "m.dat"),
            "--compare is of the packaged models; leave --landmark_model out",
        ),
        (("noise.mp4", "--compare"), "noise.mp4: no clip can be used; see the warnings"),
        (("https://a.org/x.mp4",), "Invalid value for 'VIDEO|FOLDER|LIST': "),
    ],
)
def test_bad_input_is_one_line(
    media: Path, tmp_path: Path, args: tuple[str, ...], message: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "blank.txt").write_text("\n# nothing\n")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\xff")
    (tmp_path / "twice.txt").write_text("a.mp4\nb/a.mov\n")
    (tmp_path / "noise.mp4").write_bytes(b"noise")
    shutil.copy(media / "slide.mp4", tmp_path / "slide.mp4")
    done = run(tmp_path, *args, "--quiet")
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {message}")
    assert not list(tmp_path.glob("workspace/output/landmarks/*/*"))


def test_a_drawing_over_a_synthetic_video_says_so() -> None:
    tags = drawn_tags("anna", {"comment": f"{STATEMENT}. Made with audio2video 1."})
    assert tags["title"] == "anna with landmarks (synthetic)"
    assert names_synthetic(tags["comment"])
    assert names_synthetic(tags["description"])
    assert not any(map(names_synthetic, drawn_tags("anna", {"title": "holiday"}).values()))


@pytest.mark.slow
def test_real_clips(shared_data: Path, tmp_path: Path) -> None:
    video = shared_data / "targets" / "weekly_5s.mp4"
    tables = []
    for backend in ("dlib", "facemesh"):
        done = run(tmp_path, video, "--backend", backend, "-o", tmp_path / backend)
        assert done.returncode == 0, done.stderr
        tables.append(read_table(tmp_path / backend / FILES[2]))
    one, other = tables
    assert one.people == other.people == (1,)
    assert len(one) == len(other) == 147
    off = np.linalg.norm(one.points - other.points, axis=2) / one.pose[:, None, 3]
    # The two differ in what they call jaw and brow; eyes, nose and lips are the same places.
    assert np.median(off[:, 27:]) < 0.05
    assert np.median(off) < 0.08
    angles = np.abs(one.pose[:, :3] - other.pose[:, :3])
    assert np.degrees(np.median(angles, axis=0)).max() < 6
