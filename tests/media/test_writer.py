"""Writing: exact times, unshifted sound, atomic, deterministic."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from media_maker import (
    delay_seconds,
    make_audio,
    make_video,
    number_of,
    numbered,
    set_display_matrix,
    speechlike,
)

from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.media.audio import probe_audio, read_audio, write_wav
from audio2video.media.video import Frame, VideoReader, VideoWriter, probe_video

ROOT = Path(__file__).resolve().parent.parent.parent
RATES = [Fraction(25), Fraction(30000, 1001), Fraction(24000, 1001), Fraction(60), Fraction(25, 2)]


def write(path, frames=50, rate=Fraction(25), **options):
    with VideoWriter(path, 192, 96, rate, **options) as writer:
        for k in range(frames):
            writer.write(Frame(numbered(k), "bt601"))
    return path


@pytest.mark.parametrize("rate", RATES)
def test_times_are_exact(tmp_path, rate):
    path = write(tmp_path / "a.mp4", 60, rate)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        times = [frame.pts * stream.time_base for frame in container.decode(stream)]
        assert stream.average_rate == rate
        assert stream.start_time == 0
        assert stream.duration * stream.time_base == 60 / rate
        assert stream.codec_context.pix_fmt == "yuv420p"
    assert times == [k / rate for k in range(60)]
    with VideoReader(path) as video:
        assert [number_of(frame.y) for frame in video.read()] == list(range(60))


def test_index_comes_before_the_data(tmp_path):
    data = write(tmp_path / "a.mp4", 5).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("rate", "channels", "to_rate", "to_channels"),
    [
        (44100, 1, 44100, 1), (48000, 2, 48000, 2), (16000, 1, 16000, 1), (8000, 1, 8000, 1),
        (44100, 6, 44100, 6), (192000, 2, 96000, 2), (37800, 1, 44100, 1), (22050, 8, 22050, 2),
    ],
)  # fmt: skip
def test_sound_is_kept_and_not_shifted(tmp_path, rng, rate, channels, to_rate, to_channels):
    said = speechlike(2.3, rate, rng)[0]
    write_wav(tmp_path / "said.wav", np.stack([said] * channels, 1), rate)
    path = write(tmp_path / "a.mp4", 58, audio=tmp_path / "said.wav")
    info = probe_audio(path)
    assert (info.rate, info.channels, info.codec) == (to_rate, to_channels, "aac")
    assert (
        0
        <= info.duration - Fraction(len(said), rate)
        <= Fraction(1024, to_rate) + Fraction(1, rate)
    )
    assert probe_video(path).duration == Fraction(58, 25)
    heard, expected = read_audio(path, 48000), read_audio(tmp_path / "said.wav", 48000)
    assert abs(delay_seconds(heard, expected, 48000)) < 1e-3
    both = min(len(heard), len(expected))
    assert np.corrcoef(heard[:both], expected[:both])[0, 1] > 0.95


def test_sound_begins_with_the_first_frame_for_any_player(tmp_path, rng):
    write_wav(tmp_path / "said.wav", speechlike(2, 44100, rng)[0], 44100)
    path = write(tmp_path / "a.mp4", audio=tmp_path / "said.wav")
    with av.open(str(path)) as container:
        # The encoder's priming comes before zero and is marked to be thrown away.
        assert container.streams.video[0].start_time == 0
        assert container.streams.audio[0].start_time == 0
        first = next(container.decode(audio=0))
        assert first.pts == 0


@pytest.mark.parametrize("seconds", [Fraction(1), Fraction(7, 5), Fraction(60)])
def test_sound_is_cut_where_it_is_asked_to(tmp_path, rng, seconds):
    said = speechlike(2, 44100, rng)[0]
    write_wav(tmp_path / "said.wav", said, 44100)
    path = write(tmp_path / "a.mp4", 25, audio=tmp_path / "said.wav", audio_seconds=seconds)
    assert 0 <= probe_audio(path).duration - min(seconds, 2) <= Fraction(1024, 44100)


def test_sound_of_a_video_keeps_its_offset(tmp_path, rng):
    said = speechlike(2, 44100, rng)
    source = make_video(
        tmp_path / "late.mkv", 75, sound=said, sound_codec="pcm_s16le", sound_start=Fraction(1, 2)
    )
    heard = read_audio(write(tmp_path / "a.mp4", 75, audio=source), 44100)
    assert delay_seconds(heard, said[0], 44100) == pytest.approx(0.5, abs=1e-3)


def test_mp3_sound_is_not_shifted(tmp_path, rng):
    said = speechlike(2, 44100, rng)
    mp3 = make_audio(tmp_path / "said.mp3", said, 44100, "libmp3lame")
    heard = read_audio(write(tmp_path / "a.mp4", audio=mp3), 44100)
    assert abs(delay_seconds(heard, said[0], 44100)) < 1e-3


def test_streams_are_interleaved(tmp_path, rng):
    write_wav(tmp_path / "said.wav", speechlike(8, 44100, rng)[0], 44100)
    path = write(tmp_path / "a.mp4", 200, audio=tmp_path / "said.wav")
    latest = {"audio": 0.0, "video": 0.0}
    apart = 0.0
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.size:
                latest[packet.stream.type] = float(packet.dts * packet.time_base)
                apart = max(apart, abs(latest["audio"] - latest["video"]))
    assert apart < 1.1


def test_the_same_input_gives_the_same_bytes(tmp_path, rng):
    write_wav(tmp_path / "said.wav", speechlike(2, 44100, rng)[0], 44100)
    options = {"audio": tmp_path / "said.wav", "metadata": {"comment": "made"}}
    one, two = (write(tmp_path / name, **options) for name in ("one.mp4", "two.mp4"))
    assert one.read_bytes() == two.read_bytes()


def test_the_bytes_do_not_depend_on_stale_memory(tmp_path, rng):
    write_wav(tmp_path / "said.wav", speechlike(1, 44100, rng)[0], 44100)
    code = """
import sys
from fractions import Fraction
import numpy as np
from audio2video.media.video import VideoWriter
picture = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
with VideoWriter(sys.argv[1], 320, 240, Fraction(25), audio=sys.argv[2]) as writer:
    for k in range(25):
        writer.write(np.roll(picture, 5 * k, axis=1))
"""
    made = []
    for fill in ("1", "254"):  # glibc fills fresh memory with it; elsewhere it is just a rerun
        out = tmp_path / f"{fill}.mp4"
        command = [sys.executable, "-c", code, str(out), str(tmp_path / "said.wav")]
        env = {**os.environ, "MALLOC_PERTURB_": fill}
        subprocess.run(command, check=True, env=env, cwd=ROOT)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_tags_survive(tmp_path):
    tags = {"title": "Tïtle", "comment": "synthetic; a=b", "description": "long " * 100}
    path = write(tmp_path / "a.mp4", 5, metadata=tags)
    with av.open(str(path)) as container:
        assert tags.items() <= container.metadata.items()
        assert "creation_time" not in container.metadata
    with pytest.raises(ValueError, match=r"MP4 has no tags \['mood'\]"):
        VideoWriter(tmp_path / "b.mp4", 16, 16, Fraction(25), metadata={"mood": "blue"})
    assert not (tmp_path / "b.mp4").exists()


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (1, 6, 6, 6)])
def test_colours_are_those_of_the_source(tmp_path, tags, rng):
    source = make_video(tmp_path / "source.mp4", 8, colours=tags)
    with VideoReader(source) as video:
        frames = list(video.read())
        patch = np.full((32, 32, 3), (180, 90, 60), np.uint8)
        with VideoWriter(tmp_path / "a.mp4", 192, 96, Fraction(25), like=video.info) as writer:
            for k, frame in enumerate(frames):
                frame.paste(100, 40, patch)
                writer.write(frame if k % 2 else frame.rgb())  # both ways agree
    with VideoReader(tmp_path / "a.mp4") as video:
        assert video.info.colour == probe_video(source).colour
        for frame, before in zip(video.read(), frames, strict=True):
            middle = np.median(frame.rgb((108, 48, 124, 64)), axis=(0, 1))
            assert np.abs(middle - (180, 90, 60)).max() <= 3
            assert np.abs(frame.y.astype(int) - before.y).mean() < 1.5


def test_frames_of_another_matrix_are_converted(tmp_path):
    rgb = np.full((96, 192, 3), (180, 90, 60), np.uint8)
    frame = Frame.from_rgb(rgb, Frame(np.zeros((3, 2), np.uint8), "bt709"))
    with VideoWriter(tmp_path / "a.mp4", 192, 96, Fraction(25)) as writer:
        writer.write(frame)
    with VideoReader(tmp_path / "a.mp4") as video:
        assert video.info.matrix == "bt601"
        (back,) = video.read()
    assert np.abs(back.rgb().astype(int) - rgb).max() <= 3


def test_pixel_aspect_is_kept(tmp_path):
    source = tmp_path / "source.mkv"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 192, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        picture = av.VideoFrame.from_ndarray(numbered(0), format="yuv420p")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    info = probe_video(source)
    assert info.sample_aspect == Fraction(16, 15)
    assert probe_video(write(tmp_path / "a.mp4", 5, like=info)).sample_aspect == Fraction(16, 15)


def test_rotated_source_to_upright_result(tmp_path):
    source = set_display_matrix(make_video(tmp_path / "s.mp4", 5), 0, 1, -1, 0)
    with VideoReader(source) as video:
        info = video.info
        with VideoWriter(tmp_path / "a.mp4", info.width, info.height, info.rate, like=info) as out:
            for frame in video.read():
                out.write(frame)
    result = probe_video(tmp_path / "a.mp4")
    assert (result.width, result.height, result.rotation) == (96, 192, 0)


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"precious")

    def fail():
        with VideoWriter(path, 192, 96, Fraction(25)) as writer:
            writer.write(Frame(numbered(0), "bt601"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
    assert path.read_bytes() == b"precious"
    write(path, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]
    assert probe_video(path).frames == 3


@pytest.mark.parametrize("name", ["-x.mp4", "file:x.mp4", "ö 漢 %d.mp4", "x" * 250 + ".mp4"])
def test_any_file_name_works(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    write(name, 3)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert probe_video(name).frames == 3


def test_errors_of_the_target(tmp_path, capfd):
    with pytest.raises(Audio2VideoError, match=r"can't be written.*No such file") as caught:
        write(tmp_path / "none" / "a.mp4")
    assert caught.value.path == tmp_path / "none" / "a.mp4"
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(Audio2VideoError, match="can't be written"):
        write(tmp_path / "folder.mp4", 3)
    with pytest.raises(Audio2VideoError, match="no frame was written"):
        write(tmp_path / "a.mp4", 0)
    assert [p.name for p in tmp_path.iterdir()] == ["folder.mp4"]
    assert capfd.readouterr() == ("", "")


def test_errors_of_the_sound(tmp_path):
    with pytest.raises(MissingFileError, match="no such file"):
        write(tmp_path / "a.mp4", audio=tmp_path / "none.wav")
    film = make_video(tmp_path / "film.mp4", 3)
    with pytest.raises(BadFileError, match="it has no sound") as caught:
        write(tmp_path / "a.mp4", audio=film)
    assert caught.value.path == film
    assert [p.name for p in tmp_path.iterdir()] == ["film.mp4"]


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.999])
def test_a_full_disk_is_one_clear_error(tmp_path, rng, share):
    resource = pytest.importorskip("resource")
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    noise = rng.integers(0, 256, (60, 96, 192, 3)).astype(np.uint8)
    path = tmp_path / "a.mp4"

    def fill():
        with VideoWriter(path, 192, 96, Fraction(25)) as writer:
            for picture in noise:
                writer.write(picture)

    fill()
    size = path.stat().st_size
    path.unlink()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size * share), before[1]))
        with pytest.raises(Audio2VideoError, match=r"can't be written .*; is there room"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []


def test_wrong_calls_are_refused(tmp_path):
    with pytest.raises(ValueError, match="must be even, not 191x96"):
        VideoWriter(tmp_path / "a.mp4", 191, 96, Fraction(25))
    with (
        pytest.raises(ValueError, match=r"\(48, 48\) for a video of \(96, 192\)"),
        VideoWriter(tmp_path / "a.mp4", 192, 96, Fraction(25)) as writer,
    ):
        writer.write(np.zeros((48, 48, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []
