"""Results with a mark in the sound, and what `verify` says of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from conftest import CommandInside
from inside import run_inside
from marked_scenery import KEY, OTHER

import audio2video as a2v
from audio2video.cli import verdicts
from audio2video.cli.main import main
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.samples import audio_frame
from audio2video.media.video import VideoReader, VideoWriter
from audio2video.provenance.credentials import config_folder
from audio2video.provenance.verification import verify
from audio2video.provenance.watermark_keys import FILE
from audio2video.storage.workspace import Workspace

WORDS = ("--steps", "4", "--inp_id", "words", "--tar_id", "painted", "--nthreads", "1")
BOTH = ("--watermark", "True", "--watermark_audio", "True")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the only key of watermarks."""
    folder = tmp_path_factory.mktemp("marks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        config_folder().mkdir(parents=True)
        (config_folder() / FILE).write_text(f"{KEY.hex()}\n")
        yield folder


@pytest.fixture(scope="module")
def run(place: Path, small_result: Path) -> CommandInside:
    shutil.copytree(small_result, place / "workspace")
    return CommandInside(place / "workspace")


@pytest.fixture(scope="module")
def result(run: CommandInside, place: Path) -> Path:
    """A result with both marks."""
    run(*WORDS, *BOTH)
    made = Workspace(run.workspace).result("words", "painted")
    return Path(shutil.copyfile(made, place / "both.mp4"))


def told(path: Path) -> Any:
    return run_inside(main, ["verify", str(path)], path.parent)


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def as_mp3(source: Path, product: Path) -> Path:
    """The sound alone, at 64 kbit/s."""
    samples = read_audio(source, 44_100)
    with av.open(str(product), "w") as container:
        stream = container.add_stream("libmp3lame", rate=44_100, layout="mono")
        stream.codec_context.bit_rate = 64_000
        for start in range(0, len(samples), 1152):
            frame = audio_frame(samples[None, start : start + 1152], "mono", 44_100)
            frame.pts, frame.time_base = start, Fraction(1, 44_100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return product


def test_a_result_says_which_mark_its_sound_bears(result: Path) -> None:
    found = verify(result)
    assert found.state == "intact"
    assert found.manifest is not None
    said = found.manifest["synthesis"]
    assert said["sound_watermark"] == {
        "version": 1,
        "payload": found.sound_watermark["payload"],
    }
    # Both say the beginning of one hash.
    assert said["watermark"]["payload"].startswith(said["sound_watermark"]["payload"])
    assert found.sound_watermark["chance"] < 1e-6
    assert found.sound_watermark["speed"] == pytest.approx(1.0, abs=0.011)
    assert found.sound_watermark["pitch"] == pytest.approx(1.0, abs=0.011)
    assert found.watermark["of_manifest"] is found.sound_watermark["of_manifest"] is True
    done = told(result)
    assert done.returncode == 0
    assert "  watermark in the sound: found (version 1, payload " in done.stdout
    assert "  watermark in the sound: is the one that the manifest names\n" in done.stdout


def test_a_sound_alone_is_told_by_its_mark(result: Path, tmp_path: Path) -> None:
    payload = verify(result).sound_watermark["payload"]
    done = told(as_mp3(result, tmp_path / "talk.mp3"))
    assert done.returncode == 3
    assert "tags are gone; the watermark in its sound is left\n" in done.stdout
    assert "  watermark: no video to look for it in\n" in done.stdout
    assert f"watermark in the sound: found (version 1, payload {payload}, " in done.stdout


def test_an_upload_keeps_both_marks(result: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    with VideoReader(result) as reader:
        info = reader.info
        with VideoWriter(again, info.width, info.height, info.rate, audio=result, crf=23) as writer:
            for frame in reader.read():
                writer.write(frame)
    found = verify(again)
    assert found.state == "altered"
    assert found.reasons == [
        "its manifest and container tags are gone; its watermark and the watermark in its sound "
        "are left"
    ]
    assert found.sound_watermark["payload"] == found.watermark["payload"][:5]
    assert found.sound_watermark["of_manifest"] is None


def test_speed_is_told(result: Path, tmp_path: Path) -> None:
    path = tmp_path / "fast.wav"
    write_wav(path, read_audio(result, round(16_000 / 1.04)), 16_000)
    done = told(path)
    assert (
        "  watermark in the sound: played about 1.04 times as fast as it was, its pitch with it\n"
        in done.stdout
    )


def test_without_it_the_sound_is_the_users_own(
    run: CommandInside, result: Path, small_speech: Path, tmp_path: Path
) -> None:
    run(*WORDS, "--watermark_audio", "False")
    path, plain = Workspace(run.workspace).result("words", "painted"), tmp_path / "plain.mp4"
    with VideoWriter(plain, 64, 64, Fraction(25), audio=small_speech) as writer:
        for _ in range(62):
            writer.write(np.zeros((64, 64, 3), np.uint8))
    assert sound_packets(path) == sound_packets(plain)
    assert sound_packets(path) != sound_packets(result)
    found = verify(path)
    assert found.sound_watermark == {"state": "not found"}
    assert found.manifest is not None
    assert "sound_watermark" not in found.manifest["synthesis"]
    # The sound alone can be marked, too.
    run(*WORDS, "--watermark", "False")
    found = verify(path)
    assert found.watermark == {"state": "not found"}
    assert found.sound_watermark["of_manifest"] is True


def test_saved_frames_have_their_sound_marked(
    place: Path, tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    target = a2v.analyse_target(small_target, workspace=tmp_path / "workspace")
    with VideoReader(small_target) as reader:
        frames = list(reader.read())
    config = a2v.Config().replace(watermark_audio=True)
    path = a2v.save_video(tmp_path / "saved.mp4", frames, target, small_speech, config=config)
    assert verify(path).sound_watermark["of_manifest"] is True


@pytest.mark.slow
def test_a_painted_face_has_its_sound_marked(
    place: Path, tmp_path: Path, small_speech: Path
) -> None:
    product = tmp_path / "painted.mp4"
    config = a2v.Config().replace(watermark_audio=True)
    a2v.animate(audio=small_speech, output=product, config=config, size=256)
    assert verify(product).sound_watermark["of_manifest"] is True


def test_another_key_finds_nothing(
    result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert verify(result).sound_watermark == {"state": "no key"}
    config_folder().mkdir(parents=True)
    (config_folder() / FILE).write_text(f"{OTHER.hex()}\n")
    assert verify(result).sound_watermark == {"state": "not found"}


def test_words_about_a_tempo() -> None:
    mark = {
        "state": "found",
        "version": 1,
        "payload": "12345",
        "chance": 3e-9,
        "of_manifest": False,
        "speed": 0.97,
        "pitch": 1.0,
    }
    assert list(verdicts.told_by_watermark(mark, "watermark in the sound")) == [
        "  watermark in the sound: found (version 1, payload 12345, probability of a false alarm "
        "at most 3e-09)",
        "  watermark in the sound: played about 0.97 times as fast as it was, at the same pitch",
        "  watermark in the sound: is not the one that the manifest names",
    ]
