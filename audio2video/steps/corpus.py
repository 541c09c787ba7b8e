"""The files that step 0 leaves and step 1 trains on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import read_array, read_arrays
from ..errors import BadFileError, MissingFileError
from ..files import read_json
from ..mouth.basis import ShapeBasis
from ..speech.features import FEATURES
from ..workspace import Workspace

MADE_BY = "step 0 (dataset)"


@dataclass(frozen=True)
class Clip:
    """A prepared clip.

    Parameters
    ----------
    clip_id, speaker : str
    rate : Fraction
        Frames per second of the mouth shapes.
    first_frame : int
        Frame of the video that the first mouth shape belongs to.
    mouth : ndarray of float32, shape (T, 20, 2)
        Rectified, in inter-ocular distances.
    features : ndarray of float32, shape (F, 28)
        At 100 Hz, of the whole clip.
    """

    clip_id: str
    speaker: str
    rate: Fraction
    first_frame: int
    mouth: NDArray[np.float32]
    features: NDArray[np.float32]


@dataclass(frozen=True)
class ShapeStatistics:
    """What step 0 learned of the shapes of a whole corpus.

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


def clip_folder(workspace: Workspace, clip_id: str) -> Path:
    """Folder of a clip's mouth shapes."""
    return workspace.root / "raw" / "fids" / clip_id


def clip_features(workspace: Workspace, clip_id: str) -> Path:
    """File of a clip's speech features."""
    return workspace.root / "raw" / "mfcc" / f"{clip_id}.npy"


def clip_index(workspace: Workspace) -> Path:
    """List of the clips that can be used."""
    return workspace.root / "reference" / "clips.json"


def read_index(workspace: Workspace) -> list[str]:
    """Read which clips are prepared.

    Raises
    ------
    MissingFileError
        Step 0 has not been run.
    """
    path = clip_index(workspace)
    if not path.is_file():
        raise MissingFileError("no prepared corpus", path=path, hint=f"{MADE_BY} makes it")
    clips = read_json(path).get("clips")
    if not isinstance(clips, dict) or not clips:
        raise BadFileError("lists no clips", path=path, hint=f"run {MADE_BY} again")
    return sorted(clips)


def read_clip(workspace: Workspace, clip_id: str) -> Clip:
    """Read a prepared clip.

    Raises
    ------
    MissingFileError, BadFileError
        One of its files is missing or damaged.
    """
    path = clip_folder(workspace, clip_id) / "clip.json"
    if not path.is_file():
        raise MissingFileError("file not found", path=path, hint=f"{MADE_BY} makes it")
    info: dict[str, Any] = read_json(path)
    try:
        speaker, rate = str(info["speaker"]), Fraction(info["rate"])
        first_frame = int(info["first_frame"])
    except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
        raise BadFileError(
            "lacks the clip's speaker, rate or first frame", path=path, hint=f"run {MADE_BY} again"
        ) from error
    folder = clip_folder(workspace, clip_id)
    mouth = read_array(folder / "mouth.npy", (None, 20, 2), made_by=MADE_BY)
    features = read_array(clip_features(workspace, clip_id), (None, FEATURES), made_by=MADE_BY)
    return Clip(clip_id, speaker, rate, first_frame, mouth, features)


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
    basis = ShapeBasis(arrays["mean"], arrays["components"], arrays["variance"])
    speakers = [str(name) for name in arrays["speakers"]]
    return ShapeStatistics(
        basis,
        dict(zip(speakers, arrays["references"], strict=True)),
        dict(zip(speakers, arrays["centres"], strict=True)),
    )
