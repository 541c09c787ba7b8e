"""Ranges of a video that are dubbed, all else kept: through the real commands."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, CommandLine
from subcommands import subcommand, subcommand_here
from two_people import SIZE, first_person, second_person
from waiting import wait_until

from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoReader, VideoWriter, probe_video
from audio2video.provenance.verification import verify

FRAMES = 60
SECONDS = FRAMES / 25
RATE = 32000
HALVES = (np.s_[:, :, :SIZE], np.s_[:, :, SIZE:])


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two people side by side (pair.mp4), and things to say."""
    folder = tmp_path_factory.mktemp("media")
    times = np.arange(round(SECONDS * RATE)) / RATE
    write_wav(folder / "own.wav", 0.2 * np.sin(2 * np.pi * (500 + 900 * times) * times), RATE)
    there = zip(first_person(30), second_person(30), strict=True)
    film = [np.hstack(pictures) for pictures in there]
    sound = folder / "own.wav"
    with VideoWriter(
        folder / "pair.mp4", 2 * SIZE, SIZE, Fraction(25), audio=sound, crf=4
    ) as writer:
        for picture in film + film[::-1]:
            writer.write(picture)
    voice = read_audio(ROOT / "audio2video" / "assets" / "demo.mp3", 16000) * 0.5
    write_wav(folder / "one.wav", voice[4000:13600], 16000)  # 0.6 s
    write_wav(folder / "two.wav", voice[20000:29600], 16000)
    track = np.zeros(round(SECONDS * 16000))
    track[8000:17600] = voice[4000:13600]
    write_wav(folder / "track.wav", track, 16000)
    (folder / "track.srt").write_text("1\n00:00:00,500 --> 00:00:01,100\nHello\n")
    return folder


def pictures(path: Path) -> np.ndarray:
    with VideoReader(path) as reader:
        return np.stack([frame.rgb().astype(int) for frame in reader.read()])


def changes(before: np.ndarray, after: np.ndarray) -> list[np.ndarray]:
    """The largest change around a mouth in each frame, for the left and the right person."""
    difference = np.abs(after - before)
    blocks = [difference[half].reshape(FRAMES, SIZE // 8, 8, SIZE // 8, 8, 3) for half in HALVES]
    return [part.mean(axis=(2, 4, 5)).max(axis=(1, 2)) for part in blocks]


def heard_outside(path: Path, own: np.ndarray, ranges: list[tuple[float, float]]) -> float:
    """Signal to noise ratio, in dB, of a result's sound against the target's where none is new."""
    heard = read_audio(path, RATE)[: len(own)]
    outside = np.ones(len(own), bool)
    for start, end in ranges:
        outside[round(start * RATE) - 2048 : round(end * RATE) + 2048] = False
    noise = (heard - own)[outside]
    return float(10 * np.log10(np.mean(own[outside] ** 2) / np.mean(noise**2)))


def test_each_person_speaks_in_ranges_and_all_else_is_kept(
    run_here: CommandLine, media: Path
) -> None:
    ranges = [(0.5, 1.1), (1.3, 1.9)]
    listed = [
        {"start": 0.5, "end": 1.1, "audio": "one.wav", "speaker": 1},
        {"start": 1.3, "end": 1.9, "audio": "two.wav", "speaker": 2},
    ]
    (media / "scene.json").write_text(json.dumps(listed))
    files = ("--video", media / "pair.mp4", "--segments", media / "scene.json")
    done = run_here("--steps", "1", "2", "3", "4", *files, "--label", "none")
    result = run_here.workspace / "output/scene-pair/scene-pair.mp4"
    said = f"result: {result}: 30 of 60 frames synthesised (30 outside the segments: unchanged)"
    assert done.stdout.splitlines()[-1] == said

    # One mouth moves in each range, and nothing but what the codec does outside.
    film, made = pictures(media / "pair.mp4"), pictures(result)
    assert len(made) == FRAMES
    left, right = changes(film, made)
    first, second = range(13, 27), range(33, 47)  # frames away from the ends
    speaks = [left, right] if left[list(first)].max() > right[list(first)].max() else [right, left]
    asked = [set(range(12, 28)), set(range(32, 48))]
    for moved, inside, around in zip(speaks, (first, second), asked, strict=True):
        assert np.median(moved[list(inside)]) > 6
        assert moved[[k for k in range(FRAMES) if k not in around]].max() < 7
    outside = [k for k in range(FRAMES) if not (asked[0] | asked[1]) & {k}]
    error = np.mean((film[outside] - made[outside]) ** 2, axis=(1, 2, 3))
    assert (10 * np.log10(255**2 / error)).min() > 38

    # Sound: the target's own outside, the voices inside, where they belong.
    own, heard = read_audio(media / "pair.mp4", RATE), read_audio(result, RATE)
    assert heard_outside(result, own, ranges) > 25
    for (start, end), name in zip(ranges, ("one.wav", "two.wav"), strict=True):
        voice = read_audio(media / name, RATE)
        part = heard[round(start * RATE) : round(end * RATE)]
        assert np.corrcoef(part[1000:-1000], voice[1000:-1000])[0, 1] > 0.95

    # Marks, and what the manifest says.
    found = verify(result)
    assert (found.state, found.synthetic) == ("intact", True)
    assert found.manifest is not None
    assert [one["title"] for one in found.manifest["ingredients"]] == [
        *("pair.mp4", "one.wav", "two.wav")
    ]
    parts = found.manifest["synthesis"]["segments"]
    assert [(one["start"], one["end"], one["speaker"]) for one in parts] == [
        *((0.5, 1.1, 1), (1.3, 1.9, 2))
    ]
    report = json.loads((result.parent / "report.json").read_text())
    assert report["steps"]["4 composite"]["passed_through"] == {"outside the segments": 30}


@pytest.mark.slow
def test_subtitles_cut_a_track_that_is_on_the_videos_clock(tmp_path: Path, media: Path) -> None:
    files = (media / "track.wav", media / "pair.mp4", "--segments", media / "track.srt")
    plan = subcommand("dub", *files, "--face", "1", "--dry_run", folder=tmp_path)
    assert "would make track-pair.mp4: 60 frames" in plan.stdout
    (media / "list.json").write_text('[{"start": 1, "end": 2, "audio": "one.wav"}]')
    (media / "options.toml").write_text('segments = "list.json"\n')
    plan = subcommand(
        "dub", files[1], "--config", media / "options.toml", "--dry_run", folder=tmp_path
    )
    assert "would make list-pair.mp4: 60 frames" in plan.stdout
    done = subcommand("dub", *files, "--face", "1", "--keep_audio", "-20", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "15 of 60 frames synthesised (45 outside the segments: unchanged)" in done.stdout
    result = tmp_path / "track-pair.mp4"
    assert verify(result).state == "intact"
    assert probe_video(result).frames == FRAMES
    own, heard = read_audio(media / "pair.mp4", RATE), read_audio(result, RATE)
    assert heard_outside(result, own, [(0.5, 1.1)]) > 25
    inside = slice(round(0.55 * RATE), round(1.05 * RATE))
    expected = read_audio(media / "track.wav", RATE)[inside] + 0.1 * own[inside]
    assert np.corrcoef(heard[inside], expected)[0, 1] > 0.95


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(run_py: CommandLine, media: Path) -> None:
    listed = [
        {"start": 0.5, "end": 1.1, "audio": "one.wav", "speaker": 1},
        {"start": 0.9, "end": 1.5, "audio": "two.wav", "speaker": 2},
    ]
    (media / "both.json").write_text(json.dumps(listed))
    files = ("--video", media / "pair.mp4", "--segments", media / "both.json")
    folder = run_py.workspace / "output/both-pair"
    first = folder / "texture-face1.npy"
    with subprocess.Popen(run_py.command(*files), stderr=subprocess.DEVNULL) as process:
        wait_until(first.is_file, "textures of the first person")
        process.kill()
    kept = first.stat().st_mtime_ns
    done = run_py(*files)
    assert first.stat().st_mtime_ns == kept
    assert "25 of 60 frames synthesised" in done.stdout  # five of them twice
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    # Nothing is made twice; a range that is moved has only that person's mouth made again.
    assert run_py(*files).stdout.count("up to date") == 4
    listed[1]["start"], listed[1]["end"] = 1.4, 2.0
    (media / "both.json").write_text(json.dumps(listed))
    done = run_py(*files)
    assert "texture: 15 frames" in done.stdout
    assert first.stat().st_mtime_ns == kept


@pytest.mark.slow
def test_a_preview_ends_with_the_speech_though_the_sound_goes_on(
    tmp_path: Path, media: Path
) -> None:
    files = (media / "track.wav", media / "pair.mp4", "--face", "1", "-o", "x.mp4")
    done = subcommand("dub", *files, "--keep_audio", "0", "--preview", "1.2", folder=tmp_path)
    assert "30 of 30 frames synthesised" in done.stdout
    assert probe_video(tmp_path / "x.mp4").frames == 30


@pytest.mark.parametrize(
    ("entries", "options", "message"),
    [
        (
            [{"start": 1, "end": 1.3, "audio": "one.wav"}],
            (),
            "entry 1: one.wav is 0.60 s long, the",
        ),
        ([{"start": 1, "end": 2}], (), "entry 1: no sound for this range; give the dubbed track"),
        ([{"start": 1, "end": 2}], ("--preview", "1"), "--preview can't go with --segments"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path,
    media: Path,
    entries: list[dict[str, object]],
    options: tuple[str, ...],
    message: str,
) -> None:
    listed = media / "wrong.json"
    listed.write_text(json.dumps(entries))
    done = subcommand_here(
        "dub", media / "pair.mp4", "--segments", listed, *options, folder=tmp_path
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert message in line
    assert line.startswith("error: ")
    assert not (tmp_path / "wrong-pair.mp4").exists()
