"""``python -m benchmarks.watermark_sound SOUND...``: a mark in the sound, its cost and survival.

Each sound, which bears no mark, is marked under a key of this program's own and becomes the AAC
track of a result, as results have it. That is changed in many ways, and searched for the mark in 5
seconds from its middle. Sounds shorter than 8 seconds are joined with the next ones of the same
folder. ``--clean`` searches sounds as they are and changed, under several keys, and holds the
scores against what chance gives.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import groupby
from pathlib import Path

import av
import numpy as np
from av.audio.layout import AudioLayout
from numpy.typing import NDArray

from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.samples import arrays, audio_frame, resample
from audio2video.media.soundtrack import SoundTrack
from audio2video.watermark.sound_detection import RATE, SoundFinding, search_sound
from audio2video.watermark.sound_embedding import SoundEmbedder
from audio2video.watermark.sound_masking import band_powers, critical_band, thresholds
from audio2video.watermark.sound_pattern import BANDS, LOWEST, WIDTH

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
SECONDS, SHORTEST, LONGEST = 5, 8, 15
PIECE, TOGETHER = 10, 60
KEYS = [bytes([k]) * 32 for k in range(1, 5)]
NUMBER = 0x5A3C0


@dataclass(frozen=True)
class Piece:
    """Mono samples and their rate."""

    samples: F32
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate

    def at(self, rate: int) -> Piece:
        """Give it at another rate."""
        if rate == self.rate:
            return self
        blocks = resample(iter([self.samples[None]]), "mono", self.rate, "mono", rate)
        return Piece(np.concatenate([block[0] for block in blocks]), rate)


Change = Callable[[Piece], Piece]


def coded(codec: str, kbit: int, container: str, rate: int | None, piece: Piece) -> Piece:
    """Encode and decode, at the encoder's own rate where it has not all of them."""
    known = piece.at(piece.rate if rate is None else rate)
    memory = io.BytesIO()
    with av.open(memory, "w", format=container) as file:
        stream = file.add_stream(codec, rate=known.rate, layout="mono")
        stream.codec_context.bit_rate = kbit * 1000
        block = 64 * (stream.codec_context.frame_size or 1024)
        for start in range(0, len(known.samples), block):
            samples = np.clip(known.samples[None, start : start + block], -1, 1)
            frame = audio_frame(samples, "mono", known.rate)
            frame.pts, frame.time_base = start, Fraction(1, known.rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return decoded(memory).at(piece.rate)


def decoded(memory: io.BytesIO) -> Piece:
    """Decode the sound of a file in memory."""
    memory.seek(0)
    with av.open(memory) as file:
        rate = file.streams.audio[0].rate
        resampler = av.AudioResampler("flt", "mono", rate)
        frames = [one for frame in file.decode(audio=0) for one in resampler.resample(frame)]
        parts = [block[0] for block in arrays([*frames, *resampler.resample(None)])]
    return Piece(np.concatenate(parts), rate)


def with_noise(decibels: float, piece: Piece) -> Piece:
    """Add white noise, so much weaker than the sound."""
    rng = np.random.default_rng(len(piece.samples))
    level = math.sqrt(float(np.mean(piece.samples.astype(np.float64) ** 2)))
    noise = rng.normal(0.0, level * 10 ** (-decibels / 20), len(piece.samples))
    return Piece(np.asarray(piece.samples + noise, np.float32), piece.rate)


def at_tempo(factor: float, piece: Piece) -> Piece:
    """Play it faster at the same pitch (FFmpeg's atempo)."""
    graph = av.filter.Graph()
    base = Fraction(1, piece.rate)
    source = graph.add_abuffer(sample_rate=piece.rate, format="flt", layout="mono", time_base=base)
    changer, sink = graph.add("atempo", str(factor)), graph.add("abuffersink")
    source.link_to(changer)
    changer.link_to(sink)
    graph.configure()
    frame = audio_frame(piece.samples[None], "mono", piece.rate)
    frame.pts, frame.time_base = 0, base
    graph.push(frame)
    graph.push(None)
    parts: list[F32] = []
    while True:
        try:
            given = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return Piece(np.concatenate(parts), piece.rate)
        parts.append(np.asarray(given.to_ndarray(), np.float32).reshape(-1))


def at_speed(factor: float, piece: Piece) -> Piece:
    """Play it faster and higher."""
    slower = piece.at(round(piece.rate / factor))
    return Piece(slower.samples, piece.rate)


def louder(decibels: float, piece: Piece) -> Piece:
    """Change the level; what is beyond full scale is clipped."""
    changed = np.clip(piece.samples * np.float32(10 ** (decibels / 20)), -1, 1)
    return Piece(changed, piece.rate)


def in_a_room(piece: Piece) -> Piece:
    """Add the reverberation of a small room: noise that decays by 60 dB in 0.4 s."""
    rng, length = np.random.default_rng(1), round(0.4 * piece.rate)
    tail = rng.normal(0, 1, length) * 10 ** (-3 * np.arange(length) / length)
    tail[0] = math.sqrt(float((tail[1:] ** 2).sum()))  # as loud as all that is reflected
    size = len(piece.samples) + length
    whole = np.fft.irfft(np.fft.rfft(piece.samples, size) * np.fft.rfft(tail, size), size)
    whole *= float(piece.samples.std()) / float(whole.std())
    return Piece(np.asarray(whole[: len(piece.samples)], np.float32), piece.rate)


def narrow(rate: int, piece: Piece) -> Piece:
    """Bring it to a low rate and back."""
    return piece.at(rate).at(piece.rate)


def low_bits(piece: Piece) -> Piece:
    """Leave 8 bits of each sample."""
    return Piece(np.asarray(np.rint(piece.samples * 127) / 127, np.float32), piece.rate)


AAC, OPUS, MP3 = ("aac", "mp4"), ("libopus", "ogg"), ("libmp3lame", "mp3")


def _through(codec: tuple[str, str], kbit: int, rate: int | None = None) -> Change:
    return partial(coded, codec[0], kbit, codec[1], rate)


CHANGES: dict[str, list[Change]] = {
    "as it is": [],
    "AAC, 128 kbit/s": [_through(AAC, 128)],
    "AAC, 64 kbit/s": [_through(AAC, 64)],
    "AAC, 128 kbit/s, twice": [_through(AAC, 128)] * 2,
    "AAC, 64 kbit/s, twice": [_through(AAC, 64)] * 2,
    "Opus, 64 kbit/s": [_through(OPUS, 64, 48_000)],
    "Opus, 24 kbit/s": [_through(OPUS, 24, 48_000)],
    "Opus, 12 kbit/s": [_through(OPUS, 12, 48_000)],
    "MP3, 128 kbit/s": [_through(MP3, 128, 44_100)],
    "MP3, 64 kbit/s": [_through(MP3, 64, 44_100)],
    "MP3, 32 kbit/s": [_through(MP3, 32, 22_050)],
    "resampled to 32 kHz": [partial(narrow, 32_000)],
    "resampled to 8 kHz": [partial(narrow, 8_000)],
    "-12 dB": [partial(louder, -12.0)],
    "+12 dB, clipped": [partial(louder, 12.0)],
    "8 bits": [low_bits],
    "noise, 30 dB SNR": [partial(with_noise, 30.0)],
    "noise, 20 dB SNR": [partial(with_noise, 20.0)],
    "noise, 10 dB SNR": [partial(with_noise, 10.0)],
    "reverberation, 0.4 s": [in_a_room],
    "speed +5 %": [partial(at_speed, 1.05)],
    "speed -5 %": [partial(at_speed, 0.95)],
    "speed +8 %": [partial(at_speed, 1.08)],
    "tempo +5 %": [partial(at_tempo, 1.05)],
    "tempo -5 %": [partial(at_tempo, 0.95)],
    "speed +3 %, MP3 64 kbit/s": [partial(at_speed, 1.03), _through(MP3, 64, 44_100)],
    "8 kHz, Opus 24 kbit/s": [partial(narrow, 8_000), _through(OPUS, 24, 48_000)],
}

CLEAN: dict[str, list[Change]] = {
    name: CHANGES[name]
    for name in (
        *("as it is", "AAC, 64 kbit/s", "Opus, 64 kbit/s", "MP3, 64 kbit/s"),
        *("resampled to 8 kHz", "tempo -5 %"),
    )
} | {"speed +3 %": [partial(at_speed, 1.03)]}


class _Given:
    """Samples as a sound that a result is written from."""

    def __init__(self, samples: F32, rate: int) -> None:
        self.rate, self.layout, self._samples = rate, AudioLayout("mono"), samples

    def blocks(self) -> Iterator[F32]:
        yield self._samples[None]

    def close(self) -> None:
        pass


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.watermark_sound")
    parser.add_argument("sounds", nargs="+", type=Path, metavar="SOUND")
    parser.add_argument("--clean", action="store_true", help="look for marks where there are none")
    parser.add_argument("--changes", nargs="+", choices=list(CHANGES), default=list(CHANGES))
    parser.add_argument("--workers", type=int, default=1, help="processes (default: 1)")
    asked = parser.parse_args(words)
    with ProcessPoolExecutor(asked.workers) as pool:
        if asked.clean:
            groups = list(_joined(asked.sounds, TOGETHER, rest=True))
            _tell_false_alarms(pool.map(_clean, groups))
        else:
            groups = list(_joined(asked.sounds, SHORTEST, rest=False))
            every: list[tuple[_Hidden, list[SoundFinding]]] = []
            for one in pool.map(partial(_survive, asked.changes), groups):
                every.append(one)
                if len(every) % 10 == 0 or len(every) == len(groups):
                    _tell_survival(every, asked.changes)
    return 0


def _joined(paths: Sequence[Path], least: float, rest: bool) -> Iterator[list[Path]]:
    """Give lists of files of one folder that last so long together; shorter ones if asked for."""
    for _, files in groupby(paths, lambda path: path.parent):
        group: list[Path] = []
        lasts = 0.0
        for path in files:
            group.append(path)
            lasts += float(probe_audio(path).duration)
            if lasts >= least:
                yield group
                group, lasts = [], 0.0
        if group and rest:
            yield group


def _read(paths: Sequence[Path]) -> Piece:
    rate = probe_audio(paths[0]).rate
    return Piece(np.concatenate([read_audio(path, rate) for path in paths]), rate)


@dataclass
class _Hidden:
    """How far a mark is from being heard."""

    level: float
    under: float
    under_peaq: float
    ratio: float
    ratio_peaq: float
    seconds: float


def _survive(names: Sequence[str], paths: Sequence[Path]) -> tuple[_Hidden, list[SoundFinding]]:
    whole = _read(paths)
    before = Piece(whole.samples[: LONGEST * whole.rate], whole.rate)
    began = time.process_time()
    embedder = SoundEmbedder(KEYS[0], NUMBER, before.rate, 1)
    parts = [embedder.mark(before.samples[None]), embedder.finish()]
    took = time.process_time() - began
    after = Piece(np.concatenate(parts, axis=1)[0], before.rate)
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4") as container:
        SoundTrack(container, _Given(np.clip(after.samples, -1, 1)[:], before.rate)).advance(None)
    result = decoded(memory)
    found = []
    for name in names:
        changed = result
        for change in CHANGES[name]:
            changed = change(changed)
        found.append(search_sound(_middle(changed).at(RATE).samples, KEYS[:1]))
    return _hidden(before, after, took / before.seconds), found


def _middle(piece: Piece) -> Piece:
    length = SECONDS * piece.rate
    start = max(0, (len(piece.samples) - length) // 2)
    return Piece(piece.samples[start : start + length], piece.rate)


def _hidden(before: Piece, after: Piece, cost: float) -> _Hidden:
    """Compare the mark with what masks it, in frames of another length than the embedder's."""
    size = round(0.02 * before.rate)
    window = np.hanning(size)

    def power(samples: F32) -> F32:
        frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
        return np.asarray(np.abs(np.fft.rfft(frames * window)) ** 2, np.float32)

    lines = np.asarray(np.fft.rfftfreq(size, 1.0 / before.rate), np.float64)
    sound, mark = power(before.samples), power(after.samples - before.samples)
    noise = band_powers(mark, lines)
    inside = slice(
        int(critical_band(np.array([LOWEST]))[0]),
        int(critical_band(np.array([LOWEST + WIDTH * BANDS]))[0]),
    )
    heard = sound.sum(axis=1) > 1e-7 * sound.sum(axis=1).max()
    mask = thresholds(sound, lines)
    # PEAQ's offsets from an excitation: 3 dB up to 12 Bark, a quarter of the Bark number above.
    bark = np.arange(noise.shape[1]) + 0.5
    tones = 10 ** (np.where(bark <= 12, 3.0, 0.25 * bark) / 10)
    peaq = band_powers(sound, lines) / tones
    told = []
    for limit in (mask, peaq):
        ratio = (noise / (limit + 1e-20))[heard][:, inside]
        told.append((float((ratio < 1).mean()), 10 * math.log10(float(ratio.mean()))))
    change = float(np.std(after.samples - before.samples)) / float(np.std(before.samples))
    return _Hidden(20 * math.log10(change), told[0][0], told[1][0], told[0][1], told[1][1], cost)


def _tell_survival(
    every: Sequence[tuple[_Hidden, list[SoundFinding]]], names: Sequence[str]
) -> None:
    hidden = [one for one, _ in every]
    print(f"{len(every)} sounds\n\n| | median | worst |\n|---|---|---|")
    for words, values, worst in (
        ("mark against sound, dB", [one.level for one in hidden], max),
        ("share under the threshold (Johnston)", [one.under for one in hidden], min),
        ("noise-to-mask ratio (Johnston), dB", [one.ratio for one in hidden], max),
        ("share under the threshold (PEAQ's offsets)", [one.under_peaq for one in hidden], min),
        ("noise-to-mask ratio (PEAQ's offsets), dB", [one.ratio_peaq for one in hidden], max),
        ("processor time per second of sound, ms", [1e3 * one.seconds for one in hidden], max),
    ):
        print(f"| {words} | {np.median(values):.4g} | {worst(values):.4g} |")
    print("\n| change | found | read rightly | read wrongly | least and median score |")
    print("|---|---|---|---|---|")
    for number, name in enumerate(names):
        found = [findings[number] for _, findings in every]
        yes = [one for one in found if one.found]
        right = sum(one.number == NUMBER for one in yes)
        scores = [one.score for one in found]
        print(
            f"| {name} | {len(yes)} of {len(found)} | {right} | {len(yes) - right} "
            f"| {min(scores):.1f}, {np.median(scores):.1f} |",
            flush=True,
        )


def _clean(paths: Sequence[Path]) -> tuple[float, list[SoundFinding]]:
    """Search pieces of a sound that bears no mark, changed and unchanged, under all keys."""
    whole, found, seconds = _read(paths), [], 0.0
    for changes in CLEAN.values():
        changed = whole
        for change in changes:
            changed = change(changed)
        samples = changed.at(RATE).samples
        seconds += len(samples) / RATE
        for start in range(0, max(1, len(samples) - RATE), PIECE * RATE):
            piece = samples[start : start + PIECE * RATE]
            found.append(search_sound(piece, KEYS))
    return seconds, found


def _tell_false_alarms(results: Iterator[tuple[float, list[SoundFinding]]]) -> None:
    """Compare the best scores of searches with the bound on them."""
    seconds, chances, scores, alarms = 0.0, [], [], 0
    for more, found in results:
        seconds += more
        scores += [one.score for one in found]
        chances += [one.chance for one in found]
        alarms += sum(one.found for one in found)
        _tell_scores(seconds, scores, chances, alarms)


def _tell_scores(
    seconds: float, scores: Sequence[float], chances: Sequence[float], alarms: int
) -> None:
    print(f"{seconds / 3600:.2f} hours, {len(scores)} searches, {alarms} found", flush=True)
    print(f"score: median {np.median(scores):.2f}, highest {max(scores):.2f}")
    print("| chance | searches with less | expected at most |\n|---|---|---|")
    for chance in (0.5, 0.1, 0.01, 0.001):
        below = sum(one < chance for one in chances)
        print(f"| {chance:g} | {below} | {chance * len(scores):.1f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
