"""Reading video: exact rate and count, any order, upright, and clear errors."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_maker import make_audio, make_video, number_of, numbered, set_display_matrix, speechlike

from audio2video.errors import BadFileError, MissingFileError
from audio2video.media.reader import _Kept
from audio2video.media.video import VideoReader, probe_video

NTSC = Fraction(30000, 1001)
MS = Fraction(1, 1000)


def numbers(path, indices=None, **options):
    with VideoReader(path, **options) as video:
        return [number_of(frame.y) for frame in video.read(indices)]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "mov", "webm", "h264"])
@pytest.mark.parametrize("rate", [Fraction(25), NTSC, Fraction(24000, 1001), Fraction(60)])
def test_rate_and_count_are_exact_in_any_container(tmp_path, suffix, rate):
    codec = "libvpx" if suffix == "webm" else "libx264"
    path = make_video(tmp_path / f"a.{suffix}", 40, rate=rate, codec=codec)
    info = probe_video(path)
    assert info.frames == 40
    if suffix != "h264":  # a bare stream has no clock
        assert info.rate == rate
        assert info.duration == 40 / rate
    assert not info.variable_rate
    assert not info.has_audio
    assert (info.width, info.height) == (192, 96)
    assert info.codec == {"libvpx": "vp8"}.get(codec, "h264")
    assert numbers(path) == list(range(40))
    order = [39, 3, 3, 20, 19, 18, 39]
    assert numbers(path, order) == order


def test_without_time_stamps_frames_are_counted(tmp_path):
    path = make_video(tmp_path / "a.avi", 30, codec="mpeg4", bframes=0)
    assert probe_video(path).frames == 30
    assert numbers(path, [29, 5, 6]) == [29, 5, 6]


def test_variable_rate_becomes_constant(tmp_path):
    gaps = [33, 33, 34] * 5 + [100, 67, 200] + [33, 34, 33] * 5
    times = np.concatenate([[0], np.cumsum(gaps)]).tolist()
    path = make_video(tmp_path / "a.mkv", len(times), times=times, tick=MS, rate=Fraction(30))
    info = probe_video(path)
    assert info.variable_rate
    assert info.rate in (30, NTSC)
    expected = [
        max(i for i, t in enumerate(times) if t * MS <= k / info.rate + MS)
        for k in range(info.frames)
    ]
    assert numbers(path) == expected
    assert abs(info.duration - (times[-1] + 33) * MS) < Fraction(1, 25)
    back = list(range(info.frames - 1, -1, -1))
    assert numbers(path, back) == expected[::-1]


@pytest.mark.parametrize("bframes", [0, 3])
@pytest.mark.parametrize("gop", [1, 7, 250])
def test_any_order_equals_the_forward_order(tmp_path, rng, bframes, gop):
    path = make_video(tmp_path / "a.mp4", 60, gop=gop, bframes=bframes)
    fro = [*range(60), *range(58, -1, -1), *range(1, 30)]
    shuffled = rng.permutation(60).tolist()
    for order in (fro, shuffled, [5] * 4 + [4, 4, 5], list(range(0, 60, 13)), []):
        for room in (2, 9, 1000):
            buffer_bytes = room * 192 * 96 * 3 // 2
            assert numbers(path, order, buffer_bytes=buffer_bytes) == order


def test_seeking_gives_the_same_bytes(tmp_path):
    path = make_video(tmp_path / "a.mp4", 60, gop=10, bframes=3)
    with VideoReader(path) as video:
        forward = [frame.planes for frame in video.read()]
        for k in (55, 31, 30, 29, 0, 42):
            (frame,) = video.read([k])
            np.testing.assert_array_equal(frame.planes, forward[k])


def test_repeated_frames_are_independent(tmp_path):
    path = make_video(tmp_path / "a.mp4", 10)
    with VideoReader(path) as video:
        for order in ([3, 3, 3, 4], [4, 3, 4, 3, 3]):
            for frame in video.read(order):
                assert number_of(frame.y) in (3, 4)
                frame.y[:] = 0
        (again,) = video.read([3])
        assert number_of(again.y) == 3


def loads(order: list[int], room: int, gop: int) -> int:
    """Pictures that a plain decoder makes with what is kept; never more than ``room`` of them."""
    kept, decoded, here = _Kept(np.array(order), room), 0, None
    for position, wanted in enumerate(order):
        kept.now = position
        picture = kept.take(wanted)
        if picture is None:
            start = wanted - wanted % gop
            if here is not None and start <= here <= wanted:
                start = here if here == wanted else here + 1
            for source in range(start, wanted + 1):
                decoded += 1
                kept.offer(source, source)
            picture = here = wanted
        assert picture == wanted
        assert len(kept._pictures) <= room
    return decoded


def test_reading_backwards_decodes_as_often_as_memory_allows():
    back = list(range(199, -1, -1))
    assert loads(back, 200, gop=250) == 200
    # The wanted frame and 20 before it at a time, each time from the key frame on.
    assert loads(back, 20, gop=250) == sum(range(200, 0, -21))
    assert loads(back, 20, gop=20) == 200
    assert loads([*range(200), *back], 50, gop=250) < 200 + 160 + 110 + 60 + 20
    assert loads(list(range(200)), 2, gop=10) == 200


@given(
    st.lists(st.integers(0, 30), max_size=60), st.integers(1, 8), st.sampled_from([1, 5, 10, 40])
)
def test_what_is_kept_is_right_and_bounded(order, room, gop):
    assert loads(order, room, gop) <= len(order) * gop


def test_frames_outside_are_refused(tmp_path):
    path = make_video(tmp_path / "a.mp4", 5)
    with VideoReader(path) as video:
        for bad in ([5], [-1]):
            with pytest.raises(IndexError, match="of 5"):
                video.read(bad)


TURNS = {  # matrix (a, b, c, d) -> clockwise degrees, and how numpy does it
    (0, 1, -1, 0): (90, lambda y: np.rot90(y, -1)),
    (-1, 0, 0, -1): (180, lambda y: np.rot90(y, 2)),
    (0, -1, 1, 0): (270, lambda y: np.rot90(y, 1)),
    (-1, 0, 0, 1): (0, np.fliplr),
}


@pytest.mark.parametrize("matrix", TURNS)
def test_rotated_video_is_turned_upright(tmp_path, matrix):
    degrees, turn = TURNS[matrix]
    plain = make_video(tmp_path / "plain.mp4", 5)
    turned = set_display_matrix(make_video(tmp_path / "turned.mp4", 5), *matrix)
    with VideoReader(plain) as a, VideoReader(turned) as b:
        assert b.info.rotation == degrees
        for one, other in zip(a.read(), b.read(), strict=True):
            np.testing.assert_array_equal(other.y, turn(one.y))
            np.testing.assert_array_equal(other.u, turn(one.u))
            assert (b.info.height, b.info.width) == other.y.shape
            assert other.planes.flags.c_contiguous


def test_odd_sizes_lose_a_pixel(tmp_path):
    path = make_video(tmp_path / "a.mkv", 5, size=(191, 95), codec="mpeg4")
    info = probe_video(path)
    assert (info.width, info.height) == (190, 94)
    assert numbers(path) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"),
    [
        ("libx264", "yuv420p10le", "mp4"), ("libx264", "yuv444p", "mp4"),
        ("libx264", "yuvj420p", "mp4"), ("ffv1", "bgra", "mkv"),
        ("png", "rgb24", "mov"),
    ],
)  # fmt: skip
def test_other_pixel_formats_come_out_the_same(tmp_path, codec, pix_fmt, suffix):
    tags = (2 if pix_fmt == "yuvj420p" else 1, 6, 2, 2)
    colours = tags if codec == "libx264" else None
    path = make_video(tmp_path / f"a.{suffix}", 3, codec=codec, pix_fmt=pix_fmt, colours=colours)
    expected = numbered(2)[:96]
    with VideoReader(path) as video:
        assert video.info.matrix == "bt601"
        *_, frame = video.read()
        inner = np.s_[4:12, 4:12]  # a square of the number, free of ringing
        assert abs(int(np.median(frame.y[inner])) - int(expected[inner][0, 0])) <= 2
        assert abs(int(frame.y[60, 150]) - int(expected[60, 150])) <= 3
        assert abs(int(frame.u[40, 40]) - 128) <= 1


@pytest.mark.parametrize(("tags", "matrix"), [((1, 1, 1, 1), "bt709"), ((1, 6, 6, 6), "bt601")])
def test_colour_tags_decide_the_matrix(tmp_path, tags, matrix):
    info = probe_video(make_video(tmp_path / "a.mp4", 3, colours=tags))
    assert info.matrix == matrix
    assert (info.colour.space, info.colour.primaries, info.colour.transfer) == tags[1:]


@pytest.mark.parametrize("name", ["a b é 漢.mp4", "-x.mp4", "file:x.mp4", "a%03d.mp4", "'q\".mp4"])
def test_any_file_name_works(tmp_path, monkeypatch, name):
    path = make_video(tmp_path / "plain.mp4", 4)
    path.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert numbers(name) == [0, 1, 2, 3]


def test_cover_art_is_not_a_video(tmp_path, rng):
    import av

    path = tmp_path / "song.mp3"
    cover = make_video(tmp_path / "cover.mov", 1, codec="png", pix_fmt="rgb24")
    with av.open(str(cover)) as source, av.open(str(path), "w") as out:
        audio = out.add_stream("libmp3lame", rate=44100, layout="mono")
        picture = out.add_stream_from_template(source.streams.video[0])
        picture.disposition = av.stream.Disposition.attached_pic.value
        block = av.AudioFrame.from_ndarray(speechlike(1, 44100, rng), "fltp", "mono")
        block.sample_rate = 44100
        packets = [*audio.encode(block), *audio.encode(None)]
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = picture
                out.mux(packet)
        out.mux(packets)
    with pytest.raises(BadFileError, match=r"no moving pictures in it \(only sound\)"):
        probe_video(path)


def make_bad(kind, folder, rng):
    path = folder / "clip.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("This is not a film.\n" * 100)
    elif kind == "text.txt":
        path = folder / "clip.txt"  # which libav would show as scrolling letters
        path.write_text("This is not a film.\n" * 100)
    elif kind == "playlist":
        path = folder / "clip.m3u8"
        path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.ts\n")
    elif kind == "folder":
        path.mkdir()
    elif kind == "no moov":
        data = make_video(path, 50).read_bytes()
        path.write_bytes(data[: len(data) // 2])
    elif kind == "sound only":
        path = make_audio(folder / "clip.m4a", speechlike(1, 44100, rng), 44100, "aac")
    return path


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("missing", MissingFileError, "no such file"),
        ("empty", BadFileError, r"the file is empty \(0 bytes\)"),
        ("text", BadFileError, "not a video or audio file"),
        ("text.txt", BadFileError, "can't be read|not a video"),
        ("playlist", BadFileError, "can't be read|not a video"),
        ("folder", BadFileError, "this is a folder"),
        ("no moov", BadFileError, "damaged, incomplete"),
        ("sound only", BadFileError, r"no moving pictures in it \(only sound\)"),
    ],
)
def test_errors_name_file_and_reason(tmp_path, rng, capfd, kind, error, message):
    path = make_bad(kind, tmp_path, rng)
    with pytest.raises(error, match=message) as caught:
        probe_video(path)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def faststart(path, frames=100):
    from audio2video.media.video import Frame, VideoWriter

    with VideoWriter(path, 192, 96, Fraction(25)) as writer:
        for k in range(frames):
            writer.write(Frame(numbered(k), "bt601"))
    return path


def test_a_file_that_breaks_off_is_refused(tmp_path, rng):
    data = faststart(tmp_path / "a.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(BadFileError, match=r"breaks off after frame \d+ \(\d\.\d\d s\)"):
        probe_video(tmp_path / "cut.mp4")


def test_matroska_that_breaks_off_is_refused(tmp_path):
    data = make_video(tmp_path / "a.mkv", 100).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(BadFileError, match="breaks off after frame"):
        probe_video(tmp_path / "cut.mkv")


def test_one_damaged_frame_is_bridged_and_many_are_refused(tmp_path, capfd):
    import av

    path = make_video(tmp_path / "a.mp4", 100, gop=100, bframes=0)
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())

    def spoil(first, last):
        spoilt = bytearray(data)
        for pos, size in places[first:last]:
            spoilt[pos : pos + size] = b"\xff" * size
        (tmp_path / "bad.mp4").write_bytes(bytes(spoilt))
        return tmp_path / "bad.mp4"

    shown = numbers(spoil(50, 51))
    assert len(shown) == 100
    assert shown[:51] == [*range(50), 49]
    with pytest.raises(BadFileError, match=r"decoding fails at frame 60 \(2\.40 s\) of 100"):
        numbers(spoil(60, 100))
    with pytest.raises(BadFileError, match=r"decoding fails at frame 20 \(0\.80 s\) of 100"):
        numbers(spoil(20, 60))
    with pytest.raises(BadFileError, match="not one frame"):
        numbers(spoil(0, 100))
    assert capfd.readouterr() == ("", "")


def test_importing_the_package_loads_no_codec():
    code = "import sys, audio2video; sys.exit('av' in sys.modules or 'numpy' in sys.modules)"
    root = Path(__file__).resolve().parent.parent.parent
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=root).returncode == 0


def test_real_clips(shared_data):
    expected = {
        "targets/room_20s.mp4": (1080, 1920, Fraction(30), 600, "hevc"),
        "targets/garden_10s.mp4": (1080, 1920, Fraction(25), 250, "hevc"),
        "targets/address_8s.mp4": (512, 512, Fraction(25), 200, "mpeg4"),
        "targets/weekly_24s_silent.mp4": (256, 256, Fraction(25), 600, "mpeg4"),
        "targets/weekly_5s.mp4": (640, 480, NTSC, 147, "h264"),
        "bad/no_face.mp4": (960, 540, Fraction(24), 95, "h264"),
        "grid_s1/bbaf2n.mkv": (360, 288, Fraction(25), 75, "h264"),
    }
    for name, facts in expected.items():
        info = probe_video(shared_data / name)
        assert (info.width, info.height, info.rate, info.frames, info.codec) == facts
        assert not info.variable_rate
        assert info.has_audio == ("silent" not in name)


@pytest.mark.parametrize("name", ["targets/weekly_5s.mp4", "grid_s1/bbaf2n.mkv", "bad/no_face.mp4"])
def test_real_clips_backwards(shared_data, name):
    with VideoReader(shared_data / name, buffer_bytes=2**23) as video:
        forward = [hash(frame.planes.tobytes()) for frame in video.read()]
        assert len(forward) == video.info.frames
        backward = [
            hash(frame.planes.tobytes()) for frame in video.read(range(len(forward) - 1, -1, -1))
        ]
    assert backward == forward[::-1]
