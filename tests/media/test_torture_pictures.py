"""Odd video files: every picture at its time, upright and in its colours, or refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from media_maker import number_of, set_display_matrix
from torture_maker import (
    BURSTS,
    SIZE,
    U8,
    Case,
    Sound,
    built,
    bursts,
    concatenated,
    corner_colours,
    film,
    moved_clusters,
    onsets,
    refused_in_one_line,
    remuxed,
    replaced,
    scene,
    sound_file,
    wav,
    with_subtitles,
)

from audio2video.errors import Audio2VideoError
from audio2video.media import info
from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.interlace import deinterlaced
from audio2video.media.video import VideoReader, probe_video

MS, TS = Fraction(1, 1000), Fraction(1, 90000)
SPOKEN = (Sound(bursts(2, 48000)),)
QUICK = {"deadline": "realtime", "cpu-used": "8"}
HEVC = {"preset": "ultrafast", "x265-params": "log-level=none"}
NO_B = {"crf": "10", "preset": "veryfast", "bf": "0"}
GRAY = ((91.0,) * 3, (78.0,) * 3)  # luma of the two colours
EVERY_40_MS = [40 * k for k in range(50)]


def of(**options: object) -> Callable[[Path], Path]:
    return lambda path: film(path, **options)  # type: ignore[arg-type]


def beside(name: str, path: Path, **options: object) -> Path:
    """A film that is the raw material of another."""
    return film(path.with_name(name), **options)  # type: ignore[arg-type]


def flat(size: tuple[int, int]) -> Callable[[Path], Path]:
    def draw(k: int) -> U8:
        return np.full((size[1], size[0], 3), 4 * k, np.uint8)

    return of(codec="png", pix_fmt="rgb24", size=size, draw=draw)


def see_through(k: int) -> U8:
    alpha = np.full((SIZE[1], SIZE[0], 1), 255, np.uint8)
    alpha[:, SIZE[0] // 2 :] = 0
    return np.concatenate([scene(k), alpha], axis=2)


def woven(k: int) -> U8:
    """Upper field of moment k, lower field of the next."""
    picture = scene(k)
    picture[1::2] = scene(k + 1)[1::2]
    return picture


def turned(matrix: Sequence[int], stored: Callable[[U8], U8]) -> Callable[[Path], Path]:
    return lambda path: set_display_matrix(film(path, stored=stored), *matrix)


def resampled(times: Sequence[int], tail: int = 40) -> list[int]:
    """Numbers that a player at 25 fps shows of pictures at these times (ms)."""
    begin = [time - times[0] for time in times]
    frames = round((begin[-1] + tail) / 40)
    return [max(i for i, time in enumerate(begin) if time <= 40 * k + 1) for k in range(frames)]


UNEVEN = np.cumsum([0] + [40] * 10 + [80, 120, 40, 200] + [40] * 35).tolist()
STILL_2_S = [time + (2000 if k >= 25 else 0) for k, time in enumerate(EVERY_40_MS)]
STILL_1_H = [time + (3_600_000 if k >= 25 else 0) for k, time in enumerate(EVERY_40_MS)]
TWICE_THE_SAME = [time - (40 if k == 20 else 0) for k, time in enumerate(EVERY_40_MS)]
WRAPPING = [2**33 - 90000 + 3600 * k for k in range(50)]


def part(path: Path, number: int, **options: object) -> Path:
    """One of several films that count on."""
    first = 50 * number
    return beside(f"{number}.ts", path, draw=lambda k: scene(first + k), **options)


CONTAINERS = [
    Case(f"{what}", f"plain.{suffix}", of(sounds=SPOKEN), heard=BURSTS)
    for suffix, what in {
        "mp4": "MP4: H.264 with B-frames, AAC",
        "mov": "MOV",
        "mkv": "Matroska",
        "ts": "MPEG-TS",
        "flv": "FLV",
        "nut": "NUT",
    }.items()
] + [
    Case("WebM: VP9, Opus", "plain.webm",
         of(codec="libvpx-vp9", options=QUICK, sounds=[Sound(bursts(2, 48000), codec="libopus")]),
         heard=BURSTS),
    Case("AVI: MPEG-4 part 2, PCM", "plain.avi",
         of(codec="mpeg4", sounds=[Sound(bursts(2, 48000), codec="pcm_s16le")]), heard=BURSTS),
    Case("MPEG-PS: MPEG-2, MP2", "plain.mpg",
         of(codec="mpeg2video", sounds=[Sound(bursts(2, 48000), codec="mp2")]), heard=BURSTS),
    Case("AV1", "av1.mp4", of(codec="libsvtav1", options={"preset": "12"})),
    Case("HEVC", "hevc.mp4", of(codec="libx265", options=HEVC)),
    Case("ProRes", "prores.mov", of(codec="prores_ks", pix_fmt="yuv422p10le")),
    Case("uncompressed", "raw.avi", of(codec="rawvideo", pix_fmt="bgr24")),
    Case("animated GIF", "moving.gif", of(codec="gif", pix_fmt="rgb8"), "256 colours"),
    Case("30000/1001 frames per second", "ntsc.mkv", of(rate=Fraction(30000, 1001)),
         rate=Fraction(30000, 1001)),
]  # fmt: skip

COLOURS = [
    Case("10-bit HDR, PQ and BT.2020", "pq.mp4",
         of(codec="libx265", pix_fmt="yuv420p10le", colours=(1, 9, 9, 16), options=HEVC),
         "8 bits per colour; the result keeps the HDR tags, it is not made SDR"),
    Case("10-bit HDR, HLG and BT.2020", "hlg.mov",
         of(codec="libx265", pix_fmt="yuv420p10le", colours=(1, 9, 9, 18), options=HEVC),
         "as above"),
    Case("10-bit 4:2:2", "v210.mov", of(codec="v210", pix_fmt="yuv422p10le")),
    Case("12-bit 4:2:2", "bits12.mkv", of(codec="ffv1", pix_fmt="yuv422p12le")),
    Case("16-bit RGB, FFV1", "rgb48.mkv", of(codec="ffv1", pix_fmt="rgb48le")),
    Case("16-bit RGB, PNG", "png48.mov", of(codec="png", pix_fmt="rgb48be")),
    Case("16-bit grey", "gray16.mkv", of(codec="ffv1", pix_fmt="gray16le"), colours=GRAY),
    Case("8-bit grey", "gray8.mkv", of(codec="ffv1", pix_fmt="gray"), colours=GRAY),
    Case("full range, 8-bit", "full8.mp4", of(pix_fmt="yuvj420p", colours=(2, 6, 6, 6))),
    Case("full range, 10-bit", "full10.mp4", of(pix_fmt="yuv420p10le", colours=(2, 1, 1, 1))),
    Case("alpha, VP9", "alpha.webm",
         of(codec="libvpx-vp9", pix_fmt="yuva420p", options=QUICK, draw=see_through),
         "transparency is ignored"),
    Case("alpha, ProRes 4444", "alpha.mov",
         of(codec="prores_ks", pix_fmt="yuva444p10le", draw=see_through), "as above"),
    Case("alpha, FFV1", "alpha.mkv", of(codec="ffv1", pix_fmt="bgra", draw=see_through),
         "as above"),
    Case("colours by YCgCo", "ycgco.mkv", of(colours=(1, 8, 1, 1)),
         refused="colours by a rare matrix (code 8 of H.273); convert it to BT.709"),
    Case("interlaced, upper field first", "tff.mp4",
         of(draw=woven, options={"crf": "4", "x264-params": "tff=1"}),
         "deinterlaced; shows the upper field's moment"),
    Case("interlaced, lower field first", "bff.mkv",
         of(draw=woven, options={"crf": "4", "x264-params": "bff=1"}), "as above"),
    Case("interlaced MPEG-2", "woven.ts",
         of(codec="mpeg2video", draw=woven, gop=1,
            options={"flags": "+ildct+ilme", "b": "20M"}), "as above"),
]  # fmt: skip

SIZES = [
    Case("1x1", "one.mov", flat((1, 1)),
         refused="pictures of 1x1 are too small; a face must be seen"),
    Case("2x1", "two.mov", flat((2, 1)),
         refused="pictures of 2x1 are too small; a face must be seen"),
    Case("1x200", "thin.mov", flat((1, 200)),
         refused="pictures of 1x200 are too small; a face must be seen"),
    Case("2x2", "tiny.mov", flat((2, 2)), "but no face is found in it", size=(2, 2)),
    Case("3x5", "odd.mov", flat((3, 5)), "as 2x4, and no face is found in it", size=(2, 4)),
    Case("191x95", "smaller.mkv", of(codec="ffv1", size=(191, 95)), "as 190x94", size=(190, 94)),
    Case("193x97, 4:4:4", "larger.mp4", of(pix_fmt="yuv444p", size=(193, 97)), "as 192x96"),
    Case("a header that says 65280x65280", "vast.mkv",
         lambda path: replaced(
             beside("square.mkv", path, size=(256, 256), codec="rawvideo"), path,
             b"\xb0\x82\x01\x00\xba\x82\x01\x00", b"\xb0\x82\xff\x00\xba\x82\xff\x00"),
         refused="not one frame of the video can be decoded; "
         "play it to check it, or convert it to MP4 or WAV"),
    Case("pixels that are not square", "wide.mp4", of(aspect=Fraction(16, 11)),
         "the result has the same shape of pixels"),
]  # fmt: skip

TURNS = [
    Case("rotated by 90 degrees", "r90.mp4", turned((0, 1, -1, 0), lambda p: np.rot90(p, 1))),
    Case("rotated by 180 degrees", "r180.mp4", turned((-1, 0, 0, -1), lambda p: np.rot90(p, 2))),
    Case("rotated by 270 degrees", "r270.mp4", turned((0, -1, 1, 0), lambda p: np.rot90(p, -1))),
    Case("mirrored", "flip.mp4", turned((-1, 0, 0, 1), np.fliplr)),
    Case("upside down, mirrored", "vflip.mp4", turned((1, 0, 0, -1), np.flipud)),
    Case("rotated by 90 degrees and mirrored", "t.mp4",
         turned((0, 1, 1, 0), lambda p: p.transpose(1, 0, 2))),
    Case("rotated by 270 degrees and mirrored", "tt.mp4",
         turned((0, -1, -1, 0), lambda p: np.rot90(p, 2).transpose(1, 0, 2))),
    Case("a rotation that is all zeros", "zero.mp4", turned((0, 0, 0, 0), lambda p: p),
         "not rotated"),
]  # fmt: skip

CLOCKS = [
    Case("variable rate", "vfr.mkv", of(times=UNEVEN, tick=MS, sounds=SPOKEN),
         "frames are repeated to make the most usual rate constant",
         numbers=resampled(UNEVEN), heard=BURSTS),
    Case("first time stamp negative", "negative.mkv",
         of(times=[t - 1000 for t in EVERY_40_MS], tick=MS, codec="ffv1",
            sounds=[Sound(bursts(2, 48000), codec="pcm_s16le")]),
         "begins with the first picture", heard=[t + 1 for t in BURSTS]),
    Case("pictures begin 0.1 s after the sound", "late.mkv",
         of(times=[t + 100 for t in EVERY_40_MS], tick=MS, sounds=SPOKEN),
         "the sound before them is left out", heard=[t - 0.1 for t in BURSTS]),
    Case("an edit list that leaves out the first second", "edits.mp4",
         of(times=[t - 1000 for t in EVERY_40_MS], tick=MS, sounds=SPOKEN),
         "left out", numbers=range(25, 50), heard=BURSTS),
    Case("clock jumps 2 s forwards", "forwards.mkv", of(times=STILL_2_S, tick=MS),
         "the picture stands still meanwhile", numbers=resampled(STILL_2_S)),
    Case("clock jumps an hour forwards", "hour.mkv", of(times=STILL_1_H, tick=MS),
         refused="its clock stands still or leaves out 3600 s, most of it after frame 24; "
         "its time stamps are damaged, or cut it; convert it to a constant frame rate"),
    Case("clock jumps 0.4 s back", "back.mkv",
         lambda path: moved_clusters(
             beside("a.mkv", path, sounds=SPOKEN, muxer={"cluster_time_limit": "500"}),
             path, 2, -400),
         "goes on as if it had not", heard=BURSTS),
    Case("clock jumps back to the start: four MPEG-TS files joined", "joined.ts",
         lambda path: concatenated(path, *(part(path, k, sounds=SPOKEN) for k in range(4))),
         "all of all, and the sound of each goes with its pictures",
         numbers=range(200), heard=[t + 2 * k for k in range(4) for t in BURSTS]),
    Case("clock passes its largest number (MPEG-TS)", "wrap.ts",
         of(times=WRAPPING, tick=TS,
            sounds=[Sound(bursts(2, 48000), start=Fraction(2**33 - 90000, 90000))]),
         heard=BURSTS),
    Case("two pictures at one time", "double.mkv", of(times=TWICE_THE_SAME, tick=MS, codec="ffv1"),
         "one of them is left out", numbers=[*range(20), 19, *range(21, 50)]),
    Case("time stamps that count frames: 1000 fps", "fast.mkv", of(times=range(50), tick=MS),
         refused="its frame times make 1000 frames per second; "
         "convert it to a constant rate between 1 and 480"),
    Case("one picture every 5 s", "slow.mkv",
         of(frames=10, times=[5000 * k for k in range(10)], tick=MS),
         refused="its frame times make 0.2 frames per second; "
         "convert it to a constant rate between 1 and 480"),
    Case("first picture is no key frame (Matroska)", "nokey.mkv",
         lambda path: remuxed(beside("a.mkv", path, sounds=SPOKEN, options=NO_B), path, skip=5),
         "begins with the first key frame, and so does the sound",
         numbers=range(12, 50), heard=[t - 0.48 for t in BURSTS[1:]]),
    Case("first picture is no key frame (MPEG-TS)", "nokey.ts",
         lambda path: remuxed(beside("a.ts", path, sounds=SPOKEN, options=NO_B), path, skip=5),
         "as above", numbers=range(12, 50), heard=[t - 0.48 for t in BURSTS[1:]]),
]  # fmt: skip

OTHER = Sound(bursts(2, 44100, 2) * 0)  # silent, so that choosing it would be noticed
STREAMS = [
    Case("several videos and sounds, and subtitles first", "many.mkv",
         lambda path: with_subtitles(
             beside("a.mp4", path, decoys=1, sounds=[*SPOKEN, OTHER]), path),
         "those marked as default, else the first", heard=BURSTS),
    Case("several videos and sounds, and data (MPEG-TS)", "many.ts",
         of(decoys=1, data=True, sounds=[*SPOKEN, OTHER]), "as above", heard=BURSTS),
    Case("cover art as the first video stream", "cover.mp4",
         lambda path: remuxed(beside("a.mp4", path, sounds=SPOKEN), path, cover=True),
         "passed over", heard=BURSTS),
    Case("first sound of an unknown kind, second known", "second.mkv",
         lambda path: replaced(
             beside("a.mkv", path, sounds=[OTHER, *SPOKEN]), path, b"A_AAC", b"A_XYZ", 1),
         "the second is used", heard=BURSTS),
    Case("pictures of an unknown kind", "unknown.mkv",
         lambda path: replaced(beside("a.mkv", path), path, b"V_MPEG4/ISO/AVC", b"V_MPEGX/ISO/AVC"),
         refused="its pictures are of a kind that is not known here; "
         "play it to check it, or convert it to MP4 or WAV"),
    Case("no sound", "mute.mp4", of(), "as a target; it can't be the speech"),
    Case("sound 0.5 s later than the pictures", "later.mp4",
         of(sounds=[Sound(bursts(2, 48000), start=Fraction(1, 2))]), "silence before it",
         heard=[t + 0.5 for t in BURSTS]),
    Case("sound 0.5 s earlier than the pictures", "earlier.mkv",
         of(sounds=[Sound(bursts(2, 48000), codec="pcm_s16le", start=Fraction(-1, 2))]),
         "what is before the first picture is left out", heard=[t - 0.5 for t in BURSTS[1:]]),
    Case("sound twice as long as the pictures", "longer.mkv",
         of(frames=25, sounds=SPOKEN), "all of it", numbers=range(25), heard=BURSTS),
    Case("sound half as long as the pictures", "shorter.mkv",
         of(sounds=[Sound(bursts(1, 48000))]), heard=BURSTS[:2]),
    Case("sound with a gap of 1 s", "gap.mkv",
         of(sounds=[Sound(bursts(2, 48000), jumps=[(0.5, 1)])]),
         "gaps of 40 ms or more become silence", heard=[BURSTS[0], *(t + 1 for t in BURSTS[1:])]),
]  # fmt: skip

FILES = [
    Case("wrong extension: MP4 as .avi", "really.avi",
         lambda path: beside("a.mp4", path, sounds=SPOKEN).rename(path),
         "the content counts", heard=BURSTS),
    Case("wrong extension: Matroska as .wav", "really.wav",
         lambda path: beside("a.mkv", path, sounds=SPOKEN).rename(path), "as above", heard=BURSTS),
    Case("sound only, as a video", "sound.mp4",
         lambda path: sound_file(path, SPOKEN[0]),
         refused="there are no moving pictures in it (only sound); give a video"),
    Case("WAV as .mp4, as a video", "wav.mp4", lambda path: wav(path, bursts(1, 16000), 16000),
         refused="there are no moving pictures in it (only sound); give a video"),
    Case("still picture as .mp4", "still.mp4",
         lambda path: (path.write_bytes(cv2.imencode(".png", scene(0))[1].tobytes()), path)[1],
         refused="a picture, text or playlist, not a video or audio file; "
         "give a recording: a still made into a video shows no mouth that moves"),
    Case("text as .mp4", "text.mp4", lambda path: (path.write_text("no film\n" * 99), path)[1],
         refused="not a video or audio file that can be read: damaged, incomplete or of another "
         "kind; play it to check it, or convert it to MP4 or WAV"),
    Case("zero length", "empty.mp4", lambda path: path.touch(),
         refused="the file is empty (0 bytes); copy or download it again"),
    Case("no such file", "gone.mp4", lambda path: path,
         refused="no such file; check its name"),
    Case("a folder", "folder.mp4", lambda path: path.mkdir(),
         refused="this is a folder, not a media file; name a file"),
]  # fmt: skip

GROUPS = {
    "Containers and codecs": CONTAINERS,
    "Colours and depth": COLOURS,
    "Sizes": SIZES,
    "Orientation": TURNS,
    "Time stamps": CLOCKS,
    "Streams": STREAMS,
    "Files": FILES,
}
CASES = [case for group in GROUPS.values() for case in group]


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=str)
def test_refused_with_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], case: Case
) -> None:
    refused_in_one_line(case, built(case, tmp_path), (probe_video, VideoReader), capfd)


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
def test_pictures_and_sound_are_where_they_belong(tmp_path: Path, case: Case) -> None:
    path = built(case, tmp_path)
    with VideoReader(path) as video:
        found = video.info
        frames = list(video.read())
        last = [frame.planes for frame in video.read(range(found.frames - 1, found.frames - 4, -1))]
    assert found == probe_video(path)
    assert found.rate == case.rate
    assert found.duration == len(case.numbers) / case.rate
    assert (found.width, found.height) == case.size
    assert len(frames) == len(case.numbers)
    for picture, frame in zip(last, reversed(frames[-3:]), strict=True):
        np.testing.assert_array_equal(picture, frame.planes)
    if found.width >= 160:
        assert [number_of(frame.y) for frame in frames] == list(case.numbers)
        for seen, drawn in zip(corner_colours(frames[7].rgb()), case.colours, strict=True):
            # The libraries of Python 3.10 show HDR by a level or two otherwise than newer ones.
            assert np.abs(seen - drawn).max() <= 8
    if case.heard is None:
        return
    heard = onsets(read_audio(path))
    assert len(heard) == len(case.heard)
    assert np.abs(np.subtract(heard, case.heard)).max() < 1 / 25
    assert probe_audio(path).duration == pytest.approx(len(read_audio(path)) / 16000, abs=1e-3)


@pytest.mark.parametrize("name", ["tff.mp4", "bff.mkv", "woven.ts"])
def test_no_comb_is_left(tmp_path: Path, name: str) -> None:
    (case,) = (case for case in COLOURS if case.name == name)
    with VideoReader(built(case, tmp_path)) as video:
        for k, frame in enumerate(video.read()):
            for row in range(4, 12):
                assert number_of(np.roll(frame.y, 8 - row, axis=0)) == k
            assert deinterlaced(frame.y) is not frame.y


def test_hdr_and_pixel_aspect_are_noted(tmp_path: Path) -> None:
    pq = probe_video(built(COLOURS[0], tmp_path))
    assert (pq.colour.primaries, pq.colour.transfer) == (9, 16)
    assert probe_video(built(SIZES[-1], tmp_path)).sample_aspect == Fraction(16, 11)


def test_pictures_that_take_too_much_memory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "a.mp4", 2)
    monkeypatch.setattr(info, "MAX_PIXELS", SIZE[0] * SIZE[1] - 1)
    with pytest.raises(Audio2VideoError, match=r"pictures of 192x96 are too large; .*scale"):
        probe_video(path)


def test_deinterlacing_leaves_what_does_not_move(rng: np.random.Generator) -> None:
    still = np.full((64, 64), 90, np.uint8)
    still[20:44, 20:44] = 180  # edges
    still[11] = 250  # a thin line in either field
    still[50] = 10
    still[:, 30] = 0
    np.testing.assert_array_equal(deinterlaced(still), still)
    grain = (still + rng.integers(0, 8, still.shape)).astype(np.uint8)
    assert (deinterlaced(grain) != grain).mean() < 0.1
    one, two = np.roll(still, 0, axis=1), np.roll(still, 8, axis=1)
    comb = one.copy()
    comb[1::2] = two[1::2]
    left = np.abs(deinterlaced(comb).astype(int) - one)[24:40]
    assert np.abs(comb.astype(int) - one)[24:40].max() > 80
    assert left.max() <= 1
    for shape in [(1, 4), (2, 4), (3, 3), (4, 1)]:
        tiny = rng.integers(0, 256, shape).astype(np.uint8)
        assert deinterlaced(tiny).shape == shape
        np.testing.assert_array_equal(deinterlaced(tiny)[::2], tiny[::2])


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="no scheduling policies here")
def test_encoding_leaves_the_scheduling_of_this_process_alone(tmp_path: Path) -> None:
    before = os.sched_getscheduler(0)
    film(tmp_path / "av1.mp4", 5, codec="libsvtav1", options={"preset": "12"})
    assert os.sched_getscheduler(0) == before
