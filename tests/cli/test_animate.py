"""A painted face that speaks, through the real command."""

from __future__ import annotations

import csv
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corpus_maker import mouths_of
from inside import run_inside
from voices import make_program

import audio2video as a2v
from audio2video.cli.main import main
from audio2video.media.audio import write_wav
from audio2video.media.video import VideoReader, probe_video
from audio2video.pipeline.animator_files import NAMES
from audio2video.provenance.verification import verify

SIZE = ("--size", "64", "--nthreads", "2")


@pytest.fixture
def shapes(tmp_path: Path) -> Path:
    """Two and a half seconds of mouths at 40 a second, in pixels of some picture."""
    opening = 0.2 * np.sin(np.arange(100) / 6) ** 2
    opening[:15] = opening[-15:] = 0
    np.save(tmp_path / "mine.npy", 300 * mouths_of(opening) + [250, 400])
    return tmp_path / "mine.npy"


def animate(folder: Path, *words: object) -> Any:
    return run_inside(main, ["animate", *map(str, words)], folder)


def error_of(done: Any) -> str:
    assert done.returncode == 2, done.stderr
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("error")]
    return str(line)


def test_a_video_and_all_weights_of_a_file(
    tmp_path: Path, shapes: Path, small_speech: Path
) -> None:
    exports = [arg for kind in ("csv", "json", "npy") for arg in ("--export", f"w.{kind}")]
    args = (shapes, "--audio", small_speech, "--shapes_rate", "40", "--rate", "30000/1001")
    done = animate(tmp_path, *args, *exports, *SIZE)
    assert done.returncode == 0, done.stderr
    product = tmp_path / "words-painted.mp4"
    info = probe_video(product)
    assert (info.width, info.height, info.rate) == (64, 64, Fraction(30000, 1001))
    assert info.frames == 75
    verdict = verify(product)
    assert verdict.state == "intact"
    assert verdict.synthetic
    assert verdict.manifest is not None
    assert verdict.manifest["actions"] == ["c2pa.created", "c2pa.placed"]
    assert verdict.manifest["synthesis"]["pass"] == "shapes of the user's own"
    assert verdict.manifest["synthesis"]["target"] is None
    assert "a painted face, which is nobody's" in verdict.tags["comment"]
    with (tmp_path / "w.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["time", *NAMES]
    table = np.array(rows[1:], float)
    np.testing.assert_allclose(table[:, 0], np.arange(75) * 1001 / 30000, atol=1e-5)
    told = json.loads((tmp_path / "w.json").read_text())
    assert told["names"] == list(NAMES)
    assert told["rate"] == "30000/1001"
    np.testing.assert_allclose(told["frames"], table[:, 1:], atol=1e-5)
    plain = np.load(tmp_path / "w.npy", allow_pickle=False)
    assert plain.dtype.names == ("time", *NAMES)
    np.testing.assert_allclose(np.stack([plain[n] for n in NAMES], 1), table[:, 1:], atol=1e-5)
    # The jaw opens as the mouths that were given do.
    opening = 0.2 * np.sin(np.arange(100) / 6) ** 2
    opening[:15] = opening[-15:] = 0
    given = np.interp(table[:, 0] * 40, np.arange(100), opening)
    assert np.corrcoef(plain["jawOpen"], given)[0, 1] > 0.99


def test_a_pass_and_another_seed(tmp_path: Path, small_speech: Path) -> None:
    made = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        args = ("--audio", small_speech, "-o", f"{name}.mp4", "--seed", seed, "--label", "none")
        done = animate(tmp_path, "talkers", *args, *SIZE)
        assert done.returncode == 0, done.stderr
        with VideoReader(tmp_path / f"{name}.mp4") as reader:
            made[name] = np.stack([frame.rgb() for frame in reader.read()])
    assert len(made["a"]) == 62
    assert np.array_equal(made["a"], made["b"])
    assert not np.array_equal(made["a"], made["c"])
    manifest = verify(tmp_path / "a.mp4").manifest
    assert manifest is not None
    assert manifest["synthesis"]["pass"] == "talkers"
    assert manifest["synthesis"]["network"]["name"] == "network.npz"


def test_weights_alone_and_from_a_text(tmp_path: Path, small_speech: Path) -> None:
    program = make_program(tmp_path, "espeak-ng")
    (tmp_path / "speech.wav").write_bytes(small_speech.read_bytes())
    args = ("--text", "Hello there.", "--voice_program", program, "--workspace", "w")
    done = animate(tmp_path, *args, "--no_video", "--export", "w.csv", "--rate", "50")
    assert done.returncode == 0, done.stderr
    assert "result: w.csv: " in done.stdout
    assert not list(tmp_path.glob("*.mp4"))
    assert len((tmp_path / "w.csv").read_text().splitlines()) > 100


def test_more_expressive(tmp_path: Path, small_speech: Path, shapes: Path) -> None:
    found = []
    for factor in (0.5, 1.0):
        config = a2v.Config.from_flags(expressiveness=factor)
        path = tmp_path / f"{factor}.npy"
        a2v.animate(shapes, small_speech, video=False, export=[path], config=config)
        found.append(np.load(path)["mouthUpperUp"])
    assert found[1].max() > 0.2
    inside = (found[1] > 0) & (found[1] < 1)
    np.testing.assert_allclose(2 * found[0][inside], found[1][inside], atol=1e-5)


def test_predicted_lips_meet_and_are_straight(tmp_path: Path, small_speech: Path) -> None:
    path = tmp_path / "w.npy"
    a2v.animate("talkers", small_speech, video=False, export=[path])
    table = np.load(path)
    np.testing.assert_allclose(table["mouthStretchLeft"], table["mouthStretchRight"], atol=1e-6)
    assert table["jawOpen"].min() < 0.12 < 0.3 < table["jawOpen"].max()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "there is nothing to say; give --audio FILE, or --text"),
        (("none.npy", "--audio", "words.wav"), "none.npy: file of shapes not found"),
        (("text.npy", "--audio", "words.wav"), "text.npy: not a NumPy array file, or damaged"),
        (("flat.npy", "--audio", "words.wav"), "flat.npy: holds an array of 62x3; (T, 20, 2)"),
        (("nobody", "--audio", "words.wav"), "pass 'nobody' has never been trained"),
        (("a/b", "--audio", "words.wav"), "--pass_id 'a/b' is not usable as a file name"),
        (("--audio", "none.wav"), "none.wav: no such file"),
        (("--audio", "quiet.wav"), "quiet.wav: no speech in the sound"),
        (("--audio", "words.wav", "-o", "a.avi"), "a.avi: the output must be an MP4 file"),
        (("--audio", "words.wav", "-o", "there.mp4"), "there.mp4: is there already; choose"),
        (("--audio", "there.mp4", "-o", "there.mp4", "--overwrite"), "is one of the inputs"),
        (("--audio", "words.wav", "--export", "a.fbx"), "a.fbx: weights can't be written in"),
        (("flat.npy", "--audio", "words.wav", "--export", "flat.npy"), "is one of the inputs"),
        (
            ("--audio", "words.wav", "--export", "a.csv", "--export", "./a.csv"),
            "two exports have the same name",
        ),
        (("--audio", "words.wav", "--no_video"), "--no_video without --export makes nothing"),
        (
            ("--audio", "words.wav", "--no_video", "--export", "a.csv", "-o", "a.mp4"),
            "a.mp4: no video is asked for",
        ),
        (("--audio", "words.wav", "--rate", "fast"), "--rate 'fast' is no frame rate; use for"),
        (("--audio", "words.wav", "--rate", "1000"), "a rate of 1000 frames/s is out of bounds"),
        (("--audio", "words.wav", "--size", "99"), "a size of 99 pixels can't be painted; use an"),
        (("--audio", "words.wav", "--expressiveness", "9"), "--expressiveness"),
    ],
)
def test_bad_input(tmp_path: Path, small_speech: Path, args: tuple[str, ...], says: str) -> None:
    (tmp_path / "words.wav").write_bytes(small_speech.read_bytes())
    write_wav(tmp_path / "quiet.wav", np.zeros(16000), 16000)
    (tmp_path / "text.npy").write_text("no array")
    (tmp_path / "there.mp4").write_text("mine")
    np.save(tmp_path / "flat.npy", np.zeros((62, 3)))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert says in error_of(animate(tmp_path, *args, *(() if "--size" in args else SIZE)))
    after = {p: p.read_bytes() for p in tmp_path.iterdir() if p.name not in ("log",)}
    assert after == before
