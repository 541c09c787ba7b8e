"""The published layout of Learning to Listen (Ng et al., CVPR 2022), read and written.

Written from its description in words alone; untried on the original files, which are not here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..._typing import F64
from ...errors import BadFileError
from ...listening.codebook import RATE
from ...listening.motion import EYES, NAMES, PITCH, ROLL, YAW, FaceMotion, resampled
from ...listening.predictor import HEARD_FEATURES, DyadicClip
from ...listening.wish import aspects_of
from ...storage.arrays import read_array
from ...storage.files import replacing

PEOPLE = ("p0", "p1")
"""Left and right person of the original videos."""

FRAMES, FACE, SOUND, MELS = 64, 184, 256, 128
"""Frames of a sequence and numbers of each; rows of its sound and mel bands."""

PUBLISHED_RATE = 30.0
"""Frames per second, assumed: the description does not say."""

POSE = slice(50, 56)
"""Behind 50 numbers of expression: rotation of the head as an axis times an angle, then the jaw."""

MADE_BY = "the data set of Learning to Listen"


def published_paths(folder: Path, person: str) -> tuple[Path, Path, Path]:
    """Give the files of one listener: own face, and the other's sound and face."""
    other = PEOPLE[1 - PEOPLE.index(person)]
    return (
        folder / f"{person}_list_faces_clean_deca.npy",
        folder / f"{other}_speak_audio_clean_deca.npy",
        folder / f"{other}_speak_faces_clean_deca.npy",
    )


def is_published(folder: Path) -> bool:
    """Tell whether a folder is in the published layout."""
    return any(published_paths(folder, person)[0].is_file() for person in PEOPLE)


def read_published(folder: Path) -> list[DyadicClip]:
    """Read all sequences of both listeners.

    Parameters
    ----------
    folder : Path
        With files such as ``p0_list_faces_clean_deca.npy`` (N x 64 x 184) and
        ``p1_speak_audio_clean_deca.npy`` (N x 256 x 128).

    Returns
    -------
    list of DyadicClip
        The head's rotation only: expressions are in coefficients of another face model. Pitch of
        the voice is not in mel bands that can be told apart, and left at zero.

    Raises
    ------
    MissingFileError, BadFileError
        A file is missing, damaged or of another shape.
    """
    clips = []
    for person in PEOPLE:
        paths = published_paths(folder, person)
        if not paths[0].is_file():
            continue
        faces = read_array(paths[0], (None, FRAMES, FACE), made_by=MADE_BY)
        sounds = read_array(paths[1], (None, SOUND, MELS), made_by=MADE_BY)
        speakers = read_array(paths[2], (None, FRAMES, FACE), made_by=MADE_BY)
        if not len(faces) == len(sounds) == len(speakers):
            raise BadFileError(
                f"has {len(faces)} sequences, its sound {len(sounds)} and the speaker's face "
                f"{len(speakers)}",
                path=paths[0],
            )
        for done, sound, seen in zip(faces, sounds, speakers, strict=True):
            clips.append(
                DyadicClip(_heard(sound.astype(np.float64)), _aspects(seen), _aspects(done))
            )
    return clips


def write_published(
    folder: Path, person: str, faces: F64, sounds: F64, speakers: F64
) -> tuple[Path, Path, Path]:
    """Write sequences of one listener in the published layout.

    Parameters
    ----------
    folder : Path
    person : {'p0', 'p1'}
        Who listens.
    faces, speakers : ndarray, shape (N, 64, 184)
    sounds : ndarray, shape (N, 256, 128)

    Returns
    -------
    tuple of Path
        The files, see `published_paths`.
    """
    paths = published_paths(folder, person)
    for path, array in zip(paths, (faces, sounds, speakers), strict=True):
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, np.asarray(array, np.float32), allow_pickle=False)
    return paths


def _aspects(face: NDArray[np.floating]) -> F64:
    """Give the aspects of a sequence's motion at `RATE`."""
    turned = np.degrees(face[:, POSE][:, :3].astype(np.float64))
    values = np.zeros((len(face), len(NAMES)))
    values[:, [PITCH, YAW, ROLL]] = turned - np.median(turned, axis=0)
    values[:, EYES] = 1.0
    motion = FaceMotion(values, np.ones(len(face), bool), PUBLISHED_RATE)
    return aspects_of(resampled(motion, RATE, _frames()))


def _heard(mel: F64) -> F64:
    """Give what can be told of the voice, like `prosody.prosody_features`."""
    level = np.log10(np.maximum(mel, 1e-10).mean(axis=1)) if (mel >= 0).all() else mel.mean(axis=1)
    level = np.clip((level - np.quantile(level, 0.95)) / 6 + 1, 0, 1.2)
    rows = np.arange(len(mel)) * (FRAMES / len(mel)) / PUBLISHED_RATE
    at = np.arange(_frames()) / RATE
    heard = np.zeros((len(at), HEARD_FEATURES))
    heard[:, 0] = np.interp(at, rows, level)
    loud = heard[:, 0] > 0.5
    changes = np.flatnonzero(np.diff(loud.astype(np.int8), prepend=-1))
    own = np.arange(len(at))
    since = (own - changes[np.searchsorted(changes, own, side="right") - 1]) / RATE
    heard[:, 4] = np.minimum(since, 2.0) * np.where(loud, 1.0, -1.0)
    return heard


def _frames() -> int:
    return int(FRAMES * RATE / PUBLISHED_RATE)
