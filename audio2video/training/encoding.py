"""Speech features of a corpus by its passes' encoder, as they are and in varied sound.

The features of 'mfcc' come with the corpus. Those of other encoders, and of varied sound, are
computed once a recording, kept in ``train/encoded/``, and read from there where they are needed.
What is drawn does not depend on a pass's seed, so that passes share it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from .._typing import F32
from ..models.encoder_files import encoder_named
from ..mouth.resampling import at_times
from ..progress import Progress
from ..speech.encoder import MFCC, SpeechEncoder
from ..speech.recording import as_samples
from ..speech.units import SAMPLE_RATE
from ..speech.variation import varied_speech
from ..storage.arrays import read_array
from ..storage.files import content_key, file_hash, replacing
from ..storage.rows import StoredRows
from ..storage.workspace import Workspace
from .corpus import CONTEXT, Clip, find_sound, map_recording

FORMAT = 2
"""Raised when the way sound is varied or encoded changes."""

MADE_BY = "step 1 (lipsync)"

BABBLERS = 24
"""Recordings that babble is mixed from: the longest ones, as a word over and over is no babble."""


class EncodedCorpus:
    """Features of clips, by an encoder.

    Parameters
    ----------
    workspace : Workspace
    encoder : SpeechEncoder
    """

    def __init__(self, workspace: Workspace, encoder: SpeechEncoder) -> None:
        self._workspace, self._encoder = workspace, encoder
        note = encoder.note
        self._key = content_key({"format": FORMAT, **vars(note)})[:12]

    def prepare(
        self,
        clips: Mapping[str, Clip],
        varied: Sequence[str],
        versions: int,
        progress: Progress,
    ) -> None:
        """Compute all that is missing.

        Parameters
        ----------
        clips : mapping of str to Clip
            All of their recordings are encoded as they are.
        varied : sequence of str
            Clips whose recordings are encoded in varied sound too.
        versions : int
            How often.
        progress : Progress

        Raises
        ------
        MissingFileError, BadFileError
            The sound of a recording is missing or damaged.
        """
        everyone = sorted({clip.recording for clip in clips.values()})
        training = sorted({clips[i].recording for i in varied})
        todo = [(recording, 0) for recording in everyone]
        todo += [(r, version) for version in range(1, versions + 1) for r in training]
        todo = [(r, version) for r, version in todo if not self._path(r, version).is_file()]
        if not todo:
            return
        voices: list[F32] = []
        if any(version for _, version in todo):
            voices = list(_voices(self._workspace, training))
        for recording, version in progress.follow(todo, "encoding speech", len(todo), "recording"):
            states = self._encode(recording, version, voices)
            product = self._path(recording, version)
            with replacing(product) as temporary, temporary.open("wb") as file:
                np.save(file, states.astype(np.float16), allow_pickle=False)

    def clip(self, clip: Clip, version: int = 0) -> Clip:
        """Give a clip with this encoder's features in the place of its own.

        Parameters
        ----------
        clip : Clip
            As the corpus has it.
        version : int
            0 for the sound as it is.

        Returns
        -------
        Clip
            Its features are those of the clip and of `CONTEXT` before and after.
        """
        rate = self._encoder.note.rate
        size, path = self._encoder.size, self._path(clip.recording, version)
        length = len(read_array(path, (None, size), made_by=MADE_BY, mmap=True))
        start = clip.sound_start
        end = start + float((len(clip.mouth) - 1) / clip.rate)
        first = max(int((start - CONTEXT) * rate), 0)
        last = min(int(np.ceil((end + CONTEXT) * rate)) + 1, length)
        rows = StoredRows(path, first, last - first, size, MADE_BY)
        return replace(clip, features=rows, start=start - first / rate, feature_offset=first)

    def _path(self, recording: str, version: int) -> Path:
        sound = file_hash(find_sound(self._workspace, recording))[:8]
        name = f"{recording}-{sound}"
        if version:
            name += f"-v{version}"
        return self._workspace.inside("train", "encoded", self._key) / f"{name}.npy"

    def _encode(self, recording: str, version: int, voices: Sequence[F32]) -> F32:
        samples = as_samples(map_recording(self._workspace, recording))
        if not version:
            return self._encoder.encode(samples)
        digest = hashlib.sha256(recording.encode()).digest()
        rng = np.random.default_rng([version, int.from_bytes(digest[:4], "big")])
        rate = self._encoder.note.rate
        count = len(samples) * rate // SAMPLE_RATE + 1
        varied, factor = varied_speech(samples, rng, voices)
        states = self._encoder.encode(varied)
        if factor == 1.0:
            return states
        moments = np.arange(count) / rate / factor
        return np.asarray(at_times(states, Fraction(rate), moments), np.float32)


def corpus_encoder(name: str, versions: int) -> SpeechEncoder | None:
    """Load a speech encoder by name; None where the features that the corpus holds will do."""
    return None if name == MFCC.name and not versions else encoder_named(name)


def _voices(workspace: Workspace, recordings: Sequence[str]) -> Iterator[F32]:
    sounds = [map_recording(workspace, recording) for recording in recordings]
    for sound in sorted(sounds, key=len, reverse=True)[:BABBLERS]:
        yield as_samples(sound)
