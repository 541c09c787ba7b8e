"""Odd sounds: nothing late, nothing too long, nothing that is no number, or one line of refusal."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from av import AudioFrame
from torture_maker import (
    BURSTS,
    SIZE,
    Case,
    Sound,
    built,
    bursts,
    concatenated,
    film,
    onsets,
    refused_in_one_line,
    replaced,
    sound_file,
    wav,
)

from audio2video.media import source
from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.clock import rejoined
from audio2video.media.sound import extract_sound
from audio2video.media.video import Frame, VideoWriter

EVERY = 2.0  # seconds, of all sounds but those that say otherwise


def pcm(kind: str = "s16", rate: int = 16000, channels: int = 1) -> Callable[[Path], Path]:
    return lambda path: wav(path, bursts(EVERY, rate, channels), rate, kind)


def coded(
    codec: str, rate: int = 48000, channels: int = 1, format: str | None = None
) -> Callable[[Path], Path]:
    return lambda path: sound_file(
        path, Sound(bursts(EVERY, rate, channels), rate, codec), format=format
    )


def spoilt(value: float) -> Callable[[Path], Path]:
    """A tenth of a second of the float WAV is this."""

    def make(path: Path) -> Path:
        samples = bursts(EVERY, 16000).astype(np.float64)
        samples[0, 7200:8800] = value
        return wav(path, samples, 16000, "f32")

    return make


def level(gain: float = 1, offset: float = 0) -> Callable[[Path], Path]:
    return lambda path: wav(path, bursts(EVERY, 16000) * gain + offset, 16000)


def heard_case(what: str, name: str, make: Callable[[Path], Path], note: str = "") -> Case:
    return Case(what, name, make, note, heard=BURSTS, seconds=EVERY)


def two(suffix: str, codec: str, **options: str) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        parts = [path.with_name(f"{k}.{suffix}") for k in range(2)]
        return concatenated(path, *(coded(codec, **options)(part) for part in parts))  # type: ignore[arg-type]

    return make


FORMATS = [
    *(
        heard_case(f"WAV, {what}", f"{kind}.wav", pcm(kind))
        for kind, what in {
            "u8": "8-bit",
            "s16": "16-bit",
            "s24": "24-bit",
            "s32": "32-bit",
            "f32": "32-bit float",
            "f64": "64-bit float",
        }.items()
    ),
    heard_case("WAV, A-law", "alaw.wav", coded("pcm_alaw", 8000)),
    heard_case("MP3", "a.mp3", coded("libmp3lame", 44100), "the encoder's delay is taken off"),
    heard_case("AAC in MP4", "a.m4a", coded("aac"), "as above"),
    heard_case("AAC alone (ADTS)", "a.aac", coded("aac", format="adts"),
               "it does not tell the encoder's delay: 21 ms late"),
    heard_case("Opus", "a.opus", coded("libopus", format="ogg")),
    heard_case("FLAC", "a.flac", coded("flac")),
    heard_case("ALAC", "alac.m4a", coded("alac")),
    heard_case("WavPack", "a.wv", coded("wavpack")),
    heard_case("MP2", "a.mp2", coded("mp2"), "10 ms late"),
    heard_case("AC-3, 5.1", "a.ac3", coded("ac3", channels=6), "5 ms late"),
    heard_case("AMR", "a.amr", coded("libopencore_amrnb", 8000, format="amr"), "20 ms late"),
    heard_case("sound of a video", "film.mkv",
               lambda path: film(path, sounds=[Sound(bursts(EVERY, 48000), codec="flac")])),
    Case("two MP3 files joined", "joined.mp3", two("mp3", "libmp3lame"),
         heard=[*BURSTS, *(t + 2.04 for t in BURSTS)], seconds=4.05),
    Case("two Ogg files joined", "joined.opus", two("ogg", "libopus"),
         heard=[*BURSTS, *(t + 2 for t in BURSTS)], seconds=4),
]  # fmt: skip

RATES = [
    *(heard_case(f"{rate} Hz", f"rate{rate}.wav", pcm(rate=rate), note)
      for rate, note in {
          4000: "", 8000: "", 11025: "", 96000: "",
          192_000: "the result has 96 kHz, the most that AAC knows", 768_000: "as above",
      }.items()),
    *(Case(f"{rate} Hz", f"rate{rate}.wav",
           lambda path, rate=rate: wav(path, bursts(1, 8000), rate),
           refused=f"sound of {rate} samples per second; "
           "convert it to between 4000 and 768000; 16000 is enough for speech")
      for rate in (1, 3999, 2**31 - 1)),
    *(heard_case(f"{count} channels", f"channels{count}.wav", pcm(channels=count))
      for count in (1, 2, 3, 4, 5, 7)),
    *(heard_case(what, f"surround{count}.flac", coded("flac", channels=count), note)
      for count, what, note in (
          (6, "6 channels (5.1)", ""),
          (8, "8 channels (7.1)", "the result has 2: AAC would have 8, players often not"))),
    heard_case("16 channels", "channels16.wav", pcm(channels=16), "the result has 2"),
]  # fmt: skip

CONTENT = [
    Case("one sample", "one.wav", lambda path: wav(path, np.full((1, 1), 0.5), 16000),
         "but sound shorter than 0.2 s is refused as speech", heard=(0,), seconds=1 / 16000),
    Case("no samples", "none.wav", lambda path: wav(path, np.zeros((1, 0)), 16000),
         refused="there is not one sample in its sound track; "
         "play it to check it, or convert it to MP4 or WAV"),
    Case("silence", "silence.wav", lambda path: wav(path, np.zeros((1, 32000)), 16000),
         "the mouth stays shut", heard=(), seconds=EVERY),
    heard_case("clipped", "clipped.wav", level(20)),
    Case("DC offset", "offset.wav", level(0.4, 0.25), "taken away",
         heard=(0,), seconds=EVERY),
    heard_case("float samples that are no numbers (NaN)", "nan.wav", spoilt(np.nan),
               "silent there"),
    Case("float samples that are infinite", "inf.wav", spoilt(np.inf), "full scale there",
         heard=(0.24, 0.45, *BURSTS[1:]), seconds=EVERY),
    Case("float samples of 1e38", "huge.wav", spoilt(1e38), "as above",
         heard=(0.24, 0.45, *BURSTS[1:]), seconds=EVERY),
    Case("sound that begins 10 h after the pictures", "late.mkv",
         lambda path: film(path, sounds=[
             Sound(bursts(1, 48000), codec="pcm_s16le", start=Fraction(36000))]),
         refused="the sound's clock leaves out 36000 s before its beginning; "
         "its time stamps are damaged; convert it to WAV"),
    Case("sound whose clock jumps an hour", "hour.mkv",
         lambda path: film(path, sounds=[
             Sound(bursts(1, 48000), codec="pcm_s16le", jumps=[(0.52, 3600)])]),
         refused="the sound's clock leaves out 3600 s up to 3600.52 s; "
         "its time stamps are damaged; convert it to WAV"),
    Case("a video without sound", "mute.mp4", film,
         refused="it has no sound; no audio stream in it"),
    Case("sound of an unknown kind", "unknown.mkv",
         lambda path: replaced(
             film(path.with_name("a.mkv"), sounds=[Sound(bursts(1, 48000))]), path,
             b"A_AAC", b"A_XYZ"),
         refused="its sound is of a kind that is not known here; "
         "play it to check it, or convert it to MP4 or WAV"),
    Case("zero length", "empty.wav", lambda path: path.touch(),
         refused="the file is empty (0 bytes); copy or download it again"),
    Case("text as .mp3", "text.mp3", lambda path: (path.write_text("la la\n" * 99), path)[1],
         refused="not a video or audio file that can be read: damaged, incomplete or of another "
         "kind; play it to check it, or convert it to MP4 or WAV"),
]  # fmt: skip

GROUPS = {"Sound formats": FORMATS, "Rates and channels": RATES, "What sounds hold": CONTENT}
CASES = [case for group in GROUPS.values() for case in group]


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=str)
def test_refused_with_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], case: Case
) -> None:
    refused_in_one_line(case, built(case, tmp_path), (probe_audio, read_audio), capfd)


@pytest.mark.parametrize("case", [case for case in CASES if not case.refused], ids=str)
def test_sound_is_whole_and_on_time(tmp_path: Path, case: Case) -> None:
    path = built(case, tmp_path)
    samples = read_audio(path)
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1
    seconds = len(samples) / 16000
    assert probe_audio(path).duration == pytest.approx(seconds, abs=1e-3)
    assert case.seconds is not None
    assert 0 <= seconds - case.seconds < 1 / 25
    assert case.heard is not None
    heard = onsets(samples)
    assert len(heard) == len(case.heard)
    assert np.abs(np.subtract(heard, case.heard)).max(initial=0) < 1 / 25
    assert abs(extract_sound(path, tmp_path / "speech.wav") - len(samples)) <= 1


@pytest.mark.parametrize("name", ["nan.wav", "huge.wav", "surround8.flac", "rate192000.wav"])
def test_odd_sound_goes_into_a_result(tmp_path: Path, name: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    sound, result = built(case, tmp_path), tmp_path / "result.mp4"
    gray = Frame(np.full((SIZE[1] * 3 // 2, SIZE[0]), 128, np.uint8), "bt601")
    with VideoWriter(result, *SIZE, Fraction(25), audio=sound) as writer:
        for _ in range(50):
            writer.write(gray)
    heard, given = onsets(read_audio(result)), onsets(read_audio(sound))
    assert heard == pytest.approx(given, abs=0.01)
    assert np.isfinite(read_audio(result)).all()


def test_a_clock_that_jumps_back_goes_on() -> None:
    ticks = np.array([10, 20, 30, 5, 15, 40, 40, 50])
    assert rejoined(ticks).tolist() == [10, 20, 30, 40, 50, 75, 85, 95]
    assert rejoined(np.array([7])).tolist() == [7]
    assert rejoined(np.array([7, 7, 3])).tolist() == [7, 8, 9]


def stamped(*times: float | None) -> list[AudioFrame]:
    """Frames of 0.1 s at 16 kHz with these time stamps, seconds."""
    frames = []
    for time in times:
        frame = AudioFrame(format="flt", layout="mono", samples=1600)
        frame.sample_rate, frame.time_base = 16000, Fraction(1, 1000)
        frame.pts = None if time is None else round(time * 1000)
        frames.append(frame)
    return frames


@pytest.mark.parametrize(
    ("times", "alone", "in_film"),
    [
        ([5, 5.1, 5.2, 5.3], [0] * 4, [0] * 4),
        ([5, 5.11, 5.22, 5.33, 5.44], [0] * 4 + [640], [0] * 4 + [640]),  # a slow clock adds up
        ([0, 0.1, None, 0.3], [0] * 4, [0] * 4),
        ([None, 0.1, 0.2], [0] * 3, [0] * 3),
        ([0, 0.1, 0.5, 0.6], [0, 0, 4800, 0], [0, 0, 4800, 0]),
        ([3, 3.1, 0, 0.1], [0] * 4, [0, 0, 800, 0]),  # the pictures go on 0.05 s later
        ([3, 3.1, 0, 0.1, 0.2, 0, 0.1], [0] * 7, [0, 0, 800, 0, 0, -1600, 0]),
        ([3, 3.1, 3.15, 3.25], [0] * 4, [0, 0, -800, 0]),
    ],
)
def test_sound_is_held_to_its_clock(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    times: list[float],
    alone: list[int],
    in_film: list[int],
) -> None:
    index = SimpleNamespace(joins=(Fraction(325, 100), Fraction(345, 100)))
    monkeypatch.setattr(source, "index_video", lambda path: index)
    for pictures, expected in ((False, alone), (True, in_film)):
        clock = source._Clock(tmp_path, 16000, pictures)
        assert [clock.late(frame) for frame in stamped(*times)] == expected
