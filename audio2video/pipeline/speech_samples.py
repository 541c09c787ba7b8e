"""The speech of a file as samples on disk: memory does not grow with its length."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .._typing import I16
from ..media.audio import probe_audio, read_audio
from ..media.sound import extract_channels, read_channels
from ..models.encoder_files import load_detector
from ..speech.channels import ChannelMix, choose_mix
from ..speech.detector import SpeechDetector
from ..speech.hearing import Hearing, listen
from ..speech.recording import as_pcm
from ..speech.units import SAMPLE_RATE
from ..storage.files import remove, sweep, temporary_beside

HEADER = 44
"""Bytes before the samples of a WAV file that holds nothing else."""

PART = 60 * SAMPLE_RATE
"""Samples that are worked on at once."""


@dataclass(frozen=True)
class HeardFile:
    """What was found out about the sound of a file; small, and kept while its steps run.

    Parameters
    ----------
    mix : ChannelMix
    hearing : Hearing
    """

    mix: ChannelMix
    hearing: Hearing


@contextmanager
def speech_of(
    audio: Path,
    product: Path,
    detector: Callable[[], SpeechDetector],
    known: HeardFile | None = None,
) -> Iterator[tuple[I16, HeardFile]]:
    """Decode the speech of a file, for as long as the ``with`` block lasts.

    Parameters
    ----------
    audio : Path
    product : Path
        What is made of it; the samples lie beside that under temporary names.
    detector : callable
        Gives the speech detector; not called if the file is known.
    known : HeardFile, optional
        What was found out about this file before.

    Yields
    ------
    samples : ndarray of int16, shape (n,)
        Mono at 16 kHz, the speech equally loud throughout; memory-mapped.
    heard : HeardFile

    Raises
    ------
    Audio2VideoError
        It can't be decoded, or there is no room for it.
    """
    even = temporary_beside(product.with_suffix(".wav")).with_suffix(".even.wav")
    try:
        with mixed_sound(audio, product, detector, known.mix if known else None) as (mono, mix):
            heard = known or HeardFile(mix, listen(mono, detector()))
            _write(even, mono, heard.hearing.even)
        yield _read(even, 1)[:, 0], heard
    finally:
        remove(even)


@contextmanager
def mixed_sound(
    audio: Path,
    product: Path,
    detector: Callable[[], SpeechDetector],
    mix: ChannelMix | None = None,
) -> Iterator[tuple[I16, ChannelMix]]:
    """Decode a file and mix its channels so that the voice is heard, as long as the block lasts.

    Parameters
    ----------
    audio, product
        As for `speech_of`.
    detector : callable
        Gives the speech detector, where channels have different sounds.
    mix : ChannelMix, optional
        How the channels are mixed, if that is known.

    Yields
    ------
    samples : ndarray of int16, shape (n,)
        Mono at 16 kHz; memory-mapped.
    mix : ChannelMix

    Raises
    ------
    Audio2VideoError
        It can't be decoded, or there is no room for it.
    """
    place = product.with_suffix(".wav")
    decoded = temporary_beside(place).with_suffix(".decoded.wav")
    mixed = decoded.with_suffix(".mixed.wav")
    sweep(place)
    try:
        usual = extract_channels(audio, decoded)
        channels = _read(decoded, len(usual))
        chosen = mix or choose_mix(channels, usual, detector)
        _write(mixed, channels, lambda part, _: chosen.mixed(part))
        remove(decoded)
        yield _read(mixed, 1)[:, 0], chosen
    finally:
        for path in (decoded, mixed):
            remove(path)


def read_speech(audio: Path) -> I16:
    """Read the speech of a file into memory, mixed of the channels that carry the voice.

    Parameters
    ----------
    audio : Path
        A file with sound.

    Returns
    -------
    ndarray of int16, shape (n,)
        Mono at 16 kHz.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, or has no sound that can be decoded.
    """
    if probe_audio(audio).channels > 1:
        return mix_channels(*read_channels(audio, SAMPLE_RATE))
    return mix_channels(read_audio(audio, SAMPLE_RATE)[:, np.newaxis], np.ones(1, np.float32))


def mix_channels(samples: NDArray[np.floating], usual: NDArray[np.float32]) -> I16:
    """Mix channels so that the voice is heard.

    Parameters
    ----------
    samples : ndarray, shape (n, channels)
        Full scale 1, at 16 kHz.
    usual : ndarray of float32, shape (channels,)
        Shares of the channels in the usual downmix.

    Returns
    -------
    ndarray of int16, shape (n,)
    """
    pcm = as_pcm(np.asarray(samples, np.float64))
    return pcm[:, 0] if len(usual) == 1 else choose_mix(pcm, usual, load_detector).mixed(pcm)


def level_speech(samples: I16) -> tuple[I16, Hearing]:
    """Level speech in memory as `speech_of` does on disk.

    Returns
    -------
    samples : ndarray of int16, shape (n,)
        The speech equally loud throughout.
    hearing : Hearing
    """
    hearing = listen(samples, load_detector())
    return hearing.even_whole(samples), hearing


def _read(path: Path, channels: int) -> I16:
    samples = np.memmap(path, np.dtype("<i2"), "r", offset=HEADER)
    return np.asarray(samples.reshape(-1, channels))


def _write(path: Path, samples: I16, change: Callable[[I16, int], I16]) -> None:
    """Write what becomes of samples as mono WAV, part by part."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for start in range(0, len(samples), PART):
            file.writeframesraw(change(samples[start : start + PART], start).tobytes())
