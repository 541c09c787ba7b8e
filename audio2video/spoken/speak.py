"""The speech of a text: spoken sentence by sentence, with the times of its words."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import resample_poly

from .._typing import F32, F64
from ..config.subtitles import format_subtitles
from ..errors import Audio2VideoError, BadFileError
from ..media.audio import probe_audio, read_audio, write_wav
from ..progress import Progress
from ..speech.units import SAMPLE_RATE
from ..speech.word_alignment import align_words
from ..storage.artifacts import build_if_stale, read_record
from ..storage.files import file_hash, replacing, set_aside
from ..storage.workspace import SYNTHETIC_VOICE, Workspace
from .programs import VoiceProgram, speak_lines
from .sentences import Sentence, split_sentences

FORMAT = 1
"""Raised when the way texts are spoken changes."""

LEAD, PAUSE, PARAGRAPH_PAUSE = 0.1, 0.35, 0.7
"""Seconds of silence before the first and behind the last sentence, after each, and after a
paragraph."""

QUIET = 0.003
"""What is never louder, as a share of the loudest, is silence around a sentence."""

MARKS = "marks"
"""Key in a speech's record: the hash of the times of its words."""

Cue = tuple[float, float, str]


def speak_text(
    workspace: Workspace,
    inp_id: str,
    text: str,
    program: VoiceProgram,
    progress: Progress,
    *,
    force: bool = False,
) -> Path:
    """Speak a text into ``input/mp3/<inp_id>.wav``, unless that is up to date.

    The times of the words are written beside it as ``<inp_id>.srt``, a cue for each word.

    Parameters
    ----------
    workspace : Workspace
    inp_id : str
    text : str
        As `config.spoken_text` gives it.
    program : VoiceProgram
    progress : Progress
    force : bool
        Speak it again.

    Returns
    -------
    Path
        The speech.

    Raises
    ------
    Audio2VideoError
        The program fails, or the id belongs to another speech.
    """
    product = workspace.spoken(inp_id)
    marks, facts = product.with_suffix(".srt"), program.facts()

    def build(path: Path) -> dict[str, Any]:
        samples, rate, cues = spoken_sentences(split_sentences(text), program, progress)
        write_wav(path, samples, rate)
        known = (read_record(product) or {}).get(MARKS)
        if marks.is_file() and file_hash(marks) != known:
            progress.warn(f"{marks} was changed by hand: kept as {set_aside(marks).name}")
        with replacing(marks) as temporary:
            temporary.write_text(format_subtitles(cues), encoding="utf-8")
        return {SYNTHETIC_VOICE: facts, MARKS: file_hash(marks)}

    build_if_stale(
        product,
        {"format": FORMAT, "text": text, **facts},
        build,
        progress,
        force=force,
        outputs=[marks],
    )
    return product


def spoken_sentences(
    sentences: Sequence[Sentence], program: VoiceProgram, progress: Progress
) -> tuple[F32, int, list[Cue]]:
    """Speak sentences one after another.

    Returns
    -------
    samples : np.ndarray [shape=(n,), dtype=float32]
    rate : int
        Samples per second.
    cues : list of (float, float, str)
        Second at which each word begins and ends, and the word.
    """
    words = sorted({_alone(word) for one in sentences for word in one.words})
    lines = [*(one.text for one in sentences), *words]
    with tempfile.TemporaryDirectory(prefix="audio2video-") as folder:
        spoken = speak_lines(program, lines, Path(folder))
        files = list(progress.follow(spoken, "speaking", len(lines), "line"))
        rate = _rate_of(files, program)
        sounds = [_trimmed(_read(path, rate)) for path in files[: len(sentences)]]
        if not any(sound.size for sound in sounds):
            raise Audio2VideoError(
                f"{program.name} made no sound of the text", hint="try another --voice_name"
            )
        alone = {
            word: _read(path, SAMPLE_RATE)
            for word, path in zip(words, files[len(sentences) :], strict=True)
        }
    parts = [np.zeros(round(LEAD * rate), np.float32)]
    begin, cues = len(parts[0]), []
    for one, sound in zip(sentences, sounds, strict=True):
        if sound.size:
            times = align_words(
                _resampled(sound, rate), [alone[_alone(word)] for word in one.words]
            )
            cues += _cues(one.words, times, begin / rate)
        pause = LEAD if one is sentences[-1] else PARAGRAPH_PAUSE if one.ends_paragraph else PAUSE
        parts += [sound, np.zeros(round(pause * rate), np.float32)]
        begin += len(parts[-2]) + len(parts[-1])
    return np.concatenate(parts), rate, cues


def _alone(word: str) -> str:
    """Give a word without the signs around it, which change how it is said."""
    first = next((k for k, c in enumerate(word) if c.isalnum()), 0)
    last = next((k for k, c in enumerate(reversed(word)) if c.isalnum()), 0)
    return word[first : len(word) - last] or word


def _cues(words: Sequence[str], times: F64, offset: float) -> list[Cue]:
    return [
        (offset + start, offset + end, word)
        for word, (start, end) in zip(words, times.tolist(), strict=True)
    ]


def _rate_of(files: Sequence[Path], program: VoiceProgram) -> int:
    """Give the samples per second of the first sound that has any."""
    for path in files:
        if _has_sound(path):
            return probe_audio(path).rate
    raise Audio2VideoError(
        f"{program.name} made no sound of the text", hint="try another --voice_name"
    )


def _has_sound(path: Path) -> bool:
    try:
        return probe_audio(path).duration > 0
    except BadFileError:
        return False


def _read(path: Path, rate: int) -> F32:
    return read_audio(path, rate) if _has_sound(path) else np.zeros(1, np.float32)


def _trimmed(samples: F32) -> F32:
    """Cut off the silence around a sentence."""
    loud = np.flatnonzero(np.abs(samples) > QUIET * np.abs(samples).max(initial=1e-4))
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]


def _resampled(samples: F32, rate: int) -> F32:
    ratio = Fraction(SAMPLE_RATE, rate)
    return np.asarray(resample_poly(samples, ratio.numerator, ratio.denominator), np.float32)
