"""The files that step 0 leaves and step 1 trains on."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile

from ..errors import BadFileError, MissingFileError
from ..mouth.basis import ShapeBasis
from ..mouth.shapes import relative_shapes, without_drift
from ..speech.features import FEATURE_RATE, FEATURES, HOP, SAMPLE_RATE
from ..speech.recording import as_samples
from ..storage.arrays import check_finite, check_shape, read_array, read_arrays
from ..storage.files import read_json
from ..storage.parsing import as_rate, is_name
from ..storage.rows import StoredRows
from ..storage.workspace import Workspace

MADE_BY = "step 0 (dataset)"
_AGAIN = f"{MADE_BY} makes it again with --force True"

CONTEXT = 1.0
"""Seconds of sound before and after a fragment that are read with it."""

MAX_SECONDS = 1e6
"""The latest that a fragment can begin: no recording is as long."""

SEPARATOR = "}}"
"""Between a recording's name and a fragment's number, as in the published sets of this field."""

FeatureKind = Literal["audio2video", "published"]
"""Who computed the speech features: step 0, or the makers of a published set, on another scale."""


@dataclass(frozen=True)
class Clip:
    """A fragment of a recording: one unbroken sighting of a speaking face.

    Feature frame i is at i / 100 s on the clock that `start` is on; mouth shape k is at
    ``start + k / rate``.

    Parameters
    ----------
    clip_id : str
        Name of the fragment: ``<recording>}}<nn>``.
    recording, speaker : str
    rate : Fraction
        Frames per second of the mouth shapes.
    start : float
        When the first mouth shape is, in seconds after the first row of `features`; never negative.
        The offset between sound and picture is corrected already.
    mouth : ndarray of float32, shape (T, 20, 2)
        Rectified, in inter-ocular distances.
    features : ndarray of float32 or StoredRows, shape (F, 28)
        At 100 Hz: what belongs to the mouth shapes, and `CONTEXT` before and after where there is
        sound.
    feature_offset : int
        Row of the recording's own features that is the first of `features`.
    """

    clip_id: str
    recording: str
    speaker: str
    rate: Fraction
    start: float
    mouth: NDArray[np.float32]
    features: NDArray[np.float32] | StoredRows
    feature_offset: int

    @property
    def sound_start(self) -> float:
        """When the first mouth shape is, in seconds after the recording's sound began.

        Of a clip as the corpus has it, whose features are at 100 Hz.
        """
        return self.feature_offset / FEATURE_RATE + self.start


@dataclass(frozen=True)
class ShapeStatistics:
    """Shape basis and speaker statistics of a corpus.

    Parameters
    ----------
    basis : ShapeBasis
    references : dict
        Closed mouth of each speaker, shape (20, 2).
    centres : dict
        Mean mouth place of each speaker, shape (2,).
    """

    basis: ShapeBasis
    references: dict[str, NDArray[np.float64]]
    centres: dict[str, NDArray[np.float64]]


def fragment_name(recording: str, number: int) -> str:
    """Name of a recording's fragment: ``name}}00``."""
    return f"{recording}{SEPARATOR}{number:02d}"


def clip_folder(workspace: Workspace, clip_id: str) -> Path:
    """Folder of a fragment's mouth shapes."""
    return workspace.root / "raw" / "fids" / clip_id


def recording_features(workspace: Workspace, recording: str) -> Path:
    """File of a whole recording's speech features."""
    return workspace.root / "raw" / "mfcc" / f"{recording}.npy"


def recording_sound(workspace: Workspace, recording: str) -> Path:
    """File of a whole recording's sound: 16 kHz, mono, 16 bits."""
    return workspace.root / "raw" / "wav" / f"{recording}.wav"


def recording_record(workspace: Workspace, recording: str) -> Path:
    """Record of step 0 for a recording: its key and result."""
    return workspace.root / "raw" / "recordings" / f"{recording}.json"


def clip_index(workspace: Workspace) -> Path:
    """List of the fragments that the last run of step 0 named."""
    return workspace.root / "reference" / "clips.json"


def read_index(workspace: Workspace) -> list[str]:
    """Read which fragments are prepared.

    Raises
    ------
    MissingFileError
        Step 0 has not been run.
    BadFileError
        The list is damaged, empty, or of an older version.
    """
    return sorted(_index(workspace)["clips"])


def read_corpora(workspace: Workspace) -> dict[str, str]:
    """Read which corpus each prepared fragment belongs to; "" where there is only one.

    Raises
    ------
    MissingFileError, BadFileError
        See `read_index`.
    """
    rows = _index(workspace)["clips"].items()
    return {i: str(row.get("corpus", "")) if isinstance(row, dict) else "" for i, row in rows}


def feature_kind(workspace: Workspace) -> FeatureKind:
    """Tell whose speech features the corpus has; those of a published set differ in scale.

    Raises
    ------
    MissingFileError, BadFileError
        See `read_index`.
    """
    return "published" if _index(workspace).get("features") == "published" else "audio2video"


def _index(workspace: Workspace) -> dict[str, Any]:
    path = clip_index(workspace)
    if not path.is_file():
        raise MissingFileError("no prepared corpus", path=path, hint=f"{MADE_BY} makes it")
    content = read_json(path)
    clips = content.get("clips")
    if not isinstance(clips, dict) or not clips:
        raise BadFileError("lists no clips", path=path, hint=f"run {MADE_BY} again")
    if not all(map(is_name, clips)):
        raise BadFileError("names what is no clip", path=path, hint=f"run {MADE_BY} again")
    if not all(SEPARATOR in name for name in clips):
        raise BadFileError("made by an older version", path=path, hint=f"run {MADE_BY} again")
    return content


@dataclass(frozen=True)
class ClipInfo:
    """Contents of a fragment's ``clip.json``; `start` may precede the sound."""

    recording: str
    speaker: str
    rate: Fraction
    start: float


def read_clip_info(workspace: Workspace, clip_id: str) -> ClipInfo:
    """Read a fragment's metadata.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing or damaged.
    """
    path = clip_folder(workspace, clip_id) / "clip.json"
    if not path.is_file():
        raise MissingFileError("file not found", path=path, hint=f"{MADE_BY} makes it")
    info = read_json(path)
    try:
        recording, speaker = str(info["recording"]), str(info["speaker"])
        rate, start = as_rate(info["rate"]), float(info["start"])
        if not is_name(recording) or not abs(start) <= MAX_SECONDS:
            raise ValueError
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise BadFileError(
            "lacks the fragment's recording, speaker, rate or start",
            path=path,
            hint=f"run {MADE_BY} again",
        ) from error
    return ClipInfo(recording, speaker, rate, start)


def read_clip(workspace: Workspace, clip_id: str) -> Clip:
    """Read a fragment with the features of it and its surroundings.

    Raises
    ------
    MissingFileError, BadFileError
        One of its files is missing or damaged.
    """
    info = read_clip_info(workspace, clip_id)
    rate, start = info.rate, info.start
    path = clip_folder(workspace, clip_id) / "clip.json"
    mouth = read_array(path.parent / "mouth.npy", (None, 20, 2), made_by=MADE_BY)
    features_path = recording_features(workspace, info.recording)
    whole = read_array(features_path, (None, FEATURES), made_by=MADE_BY, mmap=True)
    if start < 0:  # the picture began before the sound did
        unheard = math.ceil(-start * rate)
        mouth, start = mouth[unheard:], start + float(unheard / rate)
    end = start + float((len(mouth) - 1) / rate)
    first = max(math.floor((start - CONTEXT) * FEATURE_RATE), 0)
    last = min(math.ceil((end + CONTEXT) * FEATURE_RATE) + 1, len(whole))
    if not len(mouth) or start * FEATURE_RATE > len(whole) - 1:
        raise BadFileError(
            "the fragment lies outside its recording's sound",
            path=path,
            hint=f"run {MADE_BY} again with --force True",
        )
    features = np.array(whole[first:last], np.float32)
    check_finite(features, features_path, _AGAIN)
    return Clip(
        clip_id,
        info.recording,
        info.speaker,
        rate,
        start - first / FEATURE_RATE,
        np.asarray(mouth, np.float32),
        features,
        first,
    )


def find_sound(workspace: Workspace, recording: str) -> Path:
    """Find the sound file of a recording.

    Raises
    ------
    MissingFileError
        The corpus has features but no sound, as published feature sets.
    """
    path = recording_sound(workspace, recording)
    if not path.is_file():
        raise MissingFileError(
            "the corpus has no sound for this recording",
            path=path,
            hint="published feature sets have none: train with --encoder mfcc and without noise, "
            "or prepare videos",
        )
    return path


def map_recording(workspace: Workspace, recording: str) -> NDArray[np.int16]:
    """Map the sound of a recording into memory.

    Parameters
    ----------
    workspace : Workspace
    recording : str

    Returns
    -------
    ndarray of int16, shape (N,)
        At 16 kHz, as loud as the recording is.

    Raises
    ------
    MissingFileError
        The corpus has features but no sound, as published feature sets.
    BadFileError
        The file is damaged, or not what step 0 writes.
    """
    path = find_sound(workspace, recording)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # what matters is looked at
            rate, samples = wavfile.read(path, mmap=True)
        if rate != SAMPLE_RATE or samples.dtype != np.int16 or samples.ndim != 1:
            raise ValueError("another format")
    except Exception as error:  # struct.error, ValueError, EOFError: all mean damage
        raise BadFileError(
            "damaged, or not mono 16-bit sound at 16 kHz", path=path, hint=_AGAIN
        ) from error
    return np.asanyarray(samples)


def read_sound(workspace: Workspace, clip: Clip) -> NDArray[np.float32]:
    """Read the sound that a fragment's features were computed from.

    Parameters
    ----------
    workspace : Workspace
    clip : Clip

    Returns
    -------
    ndarray of float32, shape (160 * (F - 1),)
        At 16 kHz, full scale 1, as loud as the recording is. `speech_features` and
        `static_features` make exactly F frames of it. Their first and last frame see silence where
        the recording goes on, and `speech_features` brings the fragment, not the recording, to the
        usual loudness.

    Raises
    ------
    MissingFileError
        The corpus has features but no sound, as published feature sets.
    BadFileError
        The file is damaged, or of another length than the features.
    """
    whole = map_recording(workspace, clip.recording)
    begin = clip.feature_offset * HOP
    end = begin + (len(clip.features) - 1) * HOP
    if end > len(whole):
        path = recording_sound(workspace, clip.recording)
        raise BadFileError("shorter than its speech features", path=path, hint=_AGAIN)
    return as_samples(whole[begin:end])


def read_statistics(workspace: Workspace) -> ShapeStatistics:
    """Read the shape basis and the speakers' closed mouths.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing or damaged.
    """
    path = workspace.shape_statistics()
    names = ("mean", "components", "variance", "speakers", "references", "centres")
    arrays = read_arrays(path, names, made_by=MADE_BY)
    again = f"run {MADE_BY} again"
    speakers = [str(name) for name in arrays["speakers"].ravel()]
    outputs = arrays["variance"].size
    of_speakers = ((len(speakers),), (len(speakers), 20, 2), (len(speakers), 2))
    shapes = ((40,), (outputs, 40), (outputs,), *of_speakers)
    for name, shape in zip(names, shapes, strict=True):
        check_shape(arrays[name], shape, path, again)
    basis = ShapeBasis(arrays["mean"], arrays["components"], arrays["variance"])
    return ShapeStatistics(
        basis,
        dict(zip(speakers, arrays["references"], strict=True)),
        dict(zip(speakers, arrays["centres"], strict=True)),
    )


def true_shapes(clip: Clip, statistics: ShapeStatistics) -> NDArray[np.float64]:
    """Mouth shapes of a clip relative to its speaker's closed mouth, shape (T, 20, 2).

    Raises
    ------
    BadFileError
        The statistics are of another corpus.
    """
    if clip.speaker not in statistics.references:
        raise BadFileError(
            f"reference/shapes.npz does not know the speaker '{clip.speaker}' of {clip.clip_id}",
            hint="run step 0 (dataset) again",
        )
    steady = without_drift(clip.mouth, statistics.centres[clip.speaker])
    return relative_shapes(steady, statistics.references[clip.speaker])


def frame_times(clip: Clip) -> NDArray[np.float64]:
    """Seconds of a clip's mouth shapes on the clock of its features, shape (T,)."""
    return clip.start + np.arange(len(clip.mouth)) / float(clip.rate)
