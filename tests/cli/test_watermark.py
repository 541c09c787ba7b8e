"""Results with a mark that is not seen, and what `verify` says of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import CommandInside
from inside import run_inside
from marked_scenery import KEY, OTHER, PAYLOAD, copied_mark, film, scenery
from PIL import Image

import audio2video as a2v
from audio2video.cli.main import main
from audio2video.media.video import Frame, VideoReader, VideoWriter
from audio2video.provenance import watermark
from audio2video.provenance.credentials import config_folder
from audio2video.provenance.verification import verify
from audio2video.provenance.watermark import PIECES, spread_pieces
from audio2video.provenance.watermark_keys import FILE
from audio2video.storage.artifacts import made_from
from audio2video.storage.workspace import Workspace
from audio2video.watermark.code import Payload
from audio2video.watermark.detection import Finding
from audio2video.watermark.embedding import Embedder
from audio2video.watermark.pattern import TILE, Field
from audio2video.watermark.place import fold


@pytest.fixture(autouse=True)
def keys_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key of watermarks in these tests but their own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    config_folder().mkdir(parents=True)
    return config_folder() / FILE


def write_keys(keys_file: Path, *keys: bytes) -> None:
    keys_file.write_text("".join(f"{key.hex()}\n" for key in keys))


def told(path: Path) -> Any:
    return run_inside(main, ["verify", str(path)], path.parent)


def encode_again(source: Path, product: Path) -> Path:
    """Encode all frames anew, without any tags."""
    with VideoReader(source) as reader:
        info = reader.info
        with VideoWriter(product, info.width, info.height, info.rate, crf=23) as writer:
            for frame in reader.read():
                writer.write(frame)
    return product


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A video with a mark and nothing else."""
    path, embedder = tmp_path / "marked.mp4", Embedder(KEY, PAYLOAD, 320, 240)
    chroma = np.full((120, 160), 128, np.uint8)
    with VideoWriter(path, 320, 240, Fraction(25)) as writer:
        for k in range(10):
            frame = Frame.from_planes(scenery(320, 240, k), chroma, chroma, "bt709")
            embedder.mark(frame.y)
            writer.write(frame)
    return path


def test_what_is_left_when_manifest_and_tags_are_gone(marked: Path, keys_file: Path) -> None:
    write_keys(keys_file, OTHER, KEY)
    done = told(marked)
    assert done.returncode == 3
    assert "marked but altered\n" in done.stdout
    assert "its manifest and container tags are gone; its watermark is left\n" in done.stdout
    assert f"watermark: found (version 1, payload {PAYLOAD}, probability of a false" in done.stdout
    found = a2v.verify(marked)
    assert found.synthetic
    assert found.watermark["chance"] < 1e-6
    assert found.watermark["of_manifest"] is None
    assert json.loads(json.dumps(found.as_dict()))["watermark"]["payload"] == str(PAYLOAD)


def test_without_a_key_it_is_not_looked_for(marked: Path) -> None:
    done = told(marked)
    assert (done.returncode, done.stdout) == (
        1,
        f"{marked}: not marked\n  watermark: no key here to look for it\n"
        "  watermark in the sound: no key here to look for it\n",
    )


def test_another_key_finds_nothing(marked: Path, keys_file: Path) -> None:
    write_keys(keys_file, OTHER)
    done = told(marked)
    assert (done.returncode, done.stdout) == (
        1,
        f"{marked}: not marked\n  watermark: not found\n"
        "  watermark in the sound: no sound to look for it in\n",
    )


def test_a_file_without_pictures(tmp_path: Path, keys_file: Path, small_speech: Path) -> None:
    write_keys(keys_file, KEY)
    text = tmp_path / "words.txt"
    text.write_text("words")
    for path in (text, small_speech):
        done = told(path)
        assert done.returncode == 1
        assert "watermark: no video to look for it in\n" in done.stdout
        sound = "no sound to look for it in" if path == text else "not found"
        assert f"watermark in the sound: {sound}\n" in done.stdout


def test_a_file_of_keys_that_cannot_be_used(marked: Path, keys_file: Path) -> None:
    keys_file.write_text("secret\n")
    done = told(marked)
    assert (done.returncode, done.stdout) == (2, "")
    assert "watermark.keys: line 1 is no key of watermarks" in done.stderr


def test_a_result_with_a_watermark(
    run_here: CommandInside, small_result: Path, tmp_path: Path
) -> None:
    shutil.copytree(small_result, run_here.workspace)
    words = ("--steps", "4", "--inp_id", "words", "--tar_id", "painted", "--nthreads", "1")
    run_here(*words)
    path = Workspace(run_here.workspace).result("words", "painted")
    found = verify(path)
    assert found.state == "intact"
    assert found.manifest is not None
    said = found.manifest["synthesis"]["watermark"]
    assert said == {"version": 1, "payload": found.watermark["payload"]}
    assert found.watermark["of_manifest"] is True
    assert "watermark: is the one that the manifest names\n" in told(path).stdout
    again = verify(encode_again(path, tmp_path / "again.mp4"))
    assert (again.state, again.watermark["payload"]) == ("altered", said["payload"])
    assert "up to date" in run_here(*words, "--watermark", "True").stdout
    assert len(made_from(path)["watermark_key"]) == 12
    # Without it, there is none, and nothing says that there is.
    run_here(*words, "--watermark", "False")
    found = verify(path)
    assert found.watermark == {"state": "not found"}
    assert found.manifest is not None
    assert "watermark" not in found.manifest["synthesis"]


def test_a_key_that_cannot_be_used_is_told_before_the_first_step(
    run_here: CommandInside, small_speech: Path, small_target: Path, keys_file: Path
) -> None:
    keys_file.write_text("secret\n")
    media = ("--audio", small_speech, "--video", small_target)
    done = run_here("--steps", "1-4", *media, "--watermark", "True", check=False)
    assert done.returncode == 2
    assert "line 1 is no key of watermarks" in done.stderr
    assert not list(run_here.workspace.glob("output/*"))


@pytest.mark.slow
def test_a_painted_face_with_a_watermark(tmp_path: Path, small_speech: Path) -> None:
    product = tmp_path / "painted.mp4"
    config = a2v.Config().replace(watermark=True)
    a2v.animate(audio=small_speech, output=product, config=config, size=512)
    found = verify(product)
    assert found.state == "intact"
    assert found.watermark["of_manifest"] is True


def test_saved_frames_are_marked_and_stay_as_they_were(
    tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    target = a2v.analyse_target(small_target, workspace=tmp_path / "workspace")
    with VideoReader(small_target) as reader:
        frames = list(reader.read())
    before = [frame.planes.copy() for frame in frames]
    config = a2v.Config().replace(watermark=True)
    path = a2v.save_video(tmp_path / "saved.mp4", frames, target, small_speech, config=config)
    assert verify(path).watermark["of_manifest"] is True
    assert all(np.array_equal(a, b.planes) for a, b in zip(before, frames, strict=True))


@pytest.mark.parametrize(("frames", "pieces"), [(1, 1), (125, 1), (260, 2), (100_000, PIECES)])
def test_pieces_lie_inside_and_reach_both_ends(frames: int, pieces: int) -> None:
    found = spread_pieces(frames, Fraction(25))
    assert len(found) == pieces
    assert all(0 <= one.start < one.stop <= frames for one in found)
    if pieces > 1:
        assert (found[0].start, found[-1].stop) == (0, frames)


def test_a_template_alone_marks_nothing(tmp_path: Path, keys_file: Path) -> None:
    """It can be learned from results without the key, by averaging their tiles."""
    write_keys(keys_file, KEY)
    whole = Field(KEY, PAYLOAD, 16 * TILE, 16 * TILE).drawn()
    template = np.tile(fold(whole, 1.0) / 16**2, (3, 4))[:360, :480]
    path, chroma = tmp_path / "forged.mp4", np.full((120, 160), 128, np.uint8)
    with VideoWriter(path, 320, 240, Fraction(25), crf=10) as writer:
        for k in range(10):
            luma = scenery(320, 240, k) + 3 * cv2.resize(template, (320, 240))
            luma = np.clip(np.rint(luma), 0, 255).astype(np.uint8)
            writer.write(Frame.from_planes(luma, chroma, chroma, "bt709"))
    done = told(path)
    assert done.returncode == 1
    assert "watermark: traces of one, which can't be read and prove nothing\n" in done.stdout
    assert not a2v.verify(path).synthetic


def test_a_mark_that_was_copied_marks_nothing(tmp_path: Path, keys_file: Path) -> None:
    """Whoever lays the whole mark of one video onto another has not made it synthetic."""
    write_keys(keys_file, KEY)
    states = {}
    for name, lumas in zip(("own", "other"), copied_mark(film(1), film(2)), strict=True):
        path, chroma = tmp_path / f"{name}.mp4", np.full((240, 320), 128, np.uint8)
        with VideoWriter(path, 640, 480, Fraction(25), crf=10) as writer:
            for luma in lumas:
                writer.write(Frame.from_planes(luma, chroma, chroma, "bt709"))
        done = told(path)
        states[name] = done.returncode, "watermark: that of another picture" in done.stdout
        found = a2v.verify(path)
        assert found.watermark["payload"] == str(PAYLOAD)
        assert found.synthetic == (name == "own")
    assert states["own"][1] is False
    assert states["other"] == (1, True)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_a_copied_mark_is_told_before_traces(
    tmp_path: Path, keys_file: Path, monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...]
) -> None:
    """What was read tells more than what was not, wherever in the film it stands."""
    write_keys(keys_file, KEY)
    traces = Finding(9.0, None, 0.0, 0, 1.0, mirrored=False, chance=1e-12)
    copied = replace(traces, payload=PAYLOAD, chance=1e-9)
    pieces = [traces, copied, replace(copied, payload=Payload(1, 7), chance=1e-8)]
    answers = iter([pieces[k] for k in order])
    monkeypatch.setattr(watermark, "search", lambda *_, **__: next(answers))
    path = tmp_path / "long.mp4"
    with VideoWriter(path, 64, 64, Fraction(1)) as writer:
        for k in range(15):
            grey = np.full((64, 64), 100 + k, np.uint8)
            writer.write(Frame.from_planes(grey, grey[::2, ::2], grey[::2, ::2], "bt709"))
    told = watermark.look_for_watermark(path, [KEY])
    assert (told["state"], told["payload"]) == ("copied", str(PAYLOAD))


def test_all_files_of_a_folder(marked: Path, keys_file: Path, tmp_path: Path) -> None:
    write_keys(keys_file, KEY)
    folder = tmp_path / "found"
    (folder / "below").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    marked.rename(folder / "below" / "marked.mp4")
    for name in ("plain.png", ".hidden/plain.png"):
        Image.new("L", (64, 64), 90).save(folder / name)
    (folder / "notes.txt").write_text("no medium")
    done = told(folder)
    assert done.returncode == 3
    assert done.stdout.endswith("2 files: 1 marked but altered, 1 not marked\n")
    assert f"{folder / 'plain.png'}: not marked\n" in done.stdout
    lines = run_inside(main, ["verify", "--json", str(folder)], tmp_path).stdout.splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["altered", "unmarked"]


def test_a_folder_without_media(tmp_path: Path) -> None:
    done = told(tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"error: {tmp_path}: no videos, sounds or pictures in the folder; name a file\n"
    )
