"""Landmarks without who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError, MissingFileError, OptionError
from ..face.layout import LANDMARKS
from ..mouth.identity import IdentityRemoval
from ..mouth.identity import remove_identity as remove_from_arrays
from ..storage.arrays import read_array
from ..storage.files import replacing
from ..target.landmark_table import MADE_BY, LandmarkTable, read_table

__all__ = ["IdentityRemoval", "SpeakerPoints", "read_speakers", "remove_identity", "save_identity"]

ARRAYS, PICTURE = "identity.npz", "identity.png"

NEEDED = "give a landmarks.npz of 'audio2video landmarks', or a .npy of (T, 68, 2)"


@dataclass(frozen=True)
class SpeakerPoints:
    """The landmarks of one speaker.

    Parameters
    ----------
    name : str
    points : ndarray, shape (T, 68, 2)
    frames : ndarray of int, shape (T,)
        Where they are from.
    """

    name: str
    points: NDArray[np.floating]
    frames: NDArray[np.int64]


def remove_identity(
    speakers: Sequence[NDArray[np.floating] | LandmarkTable | SpeakerPoints],
) -> IdentityRemoval:
    """Take who somebody is out of landmarks, so that what is left is how the face moves.

    Frames are aligned with the mean shape of all speakers by Procrustes fits in which eyes and nose
    count; each speaker's closed mouth is found (oddly wide or narrow mouths left out); differences
    to it are put onto the template, the mean of all closed mouths.

    Parameters
    ----------
    speakers : sequence of ndarray of shape (T, 68, 2), LandmarkTable or SpeakerPoints
        Each person of a table is a speaker, by the frames in which the face is usable.

    Returns
    -------
    IdentityRemoval

    Raises
    ------
    OptionError
        The points are of another form, not finite, or no faces.

    Examples
    --------
    >>> import audio2video as a2v
    >>> table = a2v.find_landmarks("anna.mp4")                            # doctest: +SKIP
    >>> found = a2v.remove_identity([table])                              # doctest: +SKIP
    >>> found.speakers[0].removed.shape[1:]                               # doctest: +SKIP
    (68, 2)
    """
    arrays = []
    for one in speakers:
        if isinstance(one, LandmarkTable):
            arrays += [speaker.points for speaker in _speakers_of(one)]
        else:
            arrays.append(one.points if isinstance(one, SpeakerPoints) else one)
    try:
        return remove_from_arrays(arrays)
    except ValueError as error:
        raise OptionError(f"the array {error}" if speakers else str(error)) from error


def read_speakers(paths: Sequence[str | Path]) -> list[SpeakerPoints]:
    """Read the speakers of files of landmarks.

    Parameters
    ----------
    paths : sequence of str or Path
        Of each, a ``landmarks.npz``, whose persons are speakers, or a ``.npy`` of one speaker.

    Raises
    ------
    MissingFileError, BadFileError
        A file is not there, damaged, of another kind, or shows nobody well enough.
    """
    found: list[SpeakerPoints] = []
    for path in map(Path, paths):
        try:
            speakers = _speakers_in(path)
            remove_from_arrays([one.points for one in speakers])
        except ValueError as error:
            raise BadFileError(str(error), path=path, hint=NEEDED) from error
        except (BadFileError, MissingFileError) as error:
            error.hint = NEEDED  # the file may be from anywhere
            raise
        found += speakers
    return found


def _speakers_in(path: Path) -> list[SpeakerPoints]:
    kind = path.suffix.lower()
    if kind == ".npy":
        points = read_array(path, (None, LANDMARKS, 2), made_by=MADE_BY)
        return [SpeakerPoints(path.stem, points, np.arange(len(points)))]
    if kind != ".npz":
        raise BadFileError("not a file of landmarks", path=path)
    speakers = _speakers_of(read_table(path))
    if not speakers:
        raise BadFileError("no face is seen well enough in it", path=path)
    return speakers


def save_identity(
    speakers: Sequence[SpeakerPoints], found: IdentityRemoval, folder: str | Path
) -> Path:
    """Write ``identity.npz`` and ``identity.png``, a picture of each stage; gives the folder.

    Raises
    ------
    Audio2VideoError
        The folder can't be written.
    """
    from ..evaluation.plots_identity import plot_identity

    place = Path(folder)
    stages = {
        "speaker": [np.full(len(one.frames), k) for k, one in enumerate(speakers)],
        "frame": [one.frames for one in speakers],
        "aligned": [one.aligned for one in found.speakers],
        "usual_width": [one.usual for one in found.speakers],
        "closed": [_marked(one.closed, len(one.raw)) for one in found.speakers],
        "removed": [one.removed for one in found.speakers],
    }
    with replacing(place / ARRAYS) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            names=np.array([one.name for one in speakers]),
            mean=found.mean,
            template=found.template,
            references=np.array([one.reference for one in found.speakers]),
            **{name: np.concatenate(parts) for name, parts in stages.items()},  # type: ignore[arg-type]
        )
    with replacing(place / PICTURE) as temporary:
        plot_identity([one.name for one in speakers], found, temporary)
    return place


def _speakers_of(table: LandmarkTable) -> list[SpeakerPoints]:
    """Give the persons of a table who are seen well enough, by their usable frames."""
    found = []
    for number in table.people:
        rows = table.of_person(number)
        rows = rows[table.usable[rows]]
        name = table.name if len(table.people) == 1 else f"{table.name} {number}"
        if len(rows):
            found.append(SpeakerPoints(name, table.points[rows], table.frame[rows]))
    return found


def _marked(chosen: NDArray[np.intp], count: int) -> NDArray[np.bool_]:
    marks = np.zeros(count, bool)
    marks[chosen] = True
    return marks
