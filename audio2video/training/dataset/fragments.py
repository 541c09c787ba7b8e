"""A recording's files in the workspace: written whole, and never over those of another make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import BadFileError
from ...speech.features import FEATURES
from ...storage.arrays import read_array
from ...storage.files import read_json, remove, replacing, write_json
from ...storage.parsing import is_name
from ...storage.workspace import Workspace
from ..corpus import (
    MADE_BY,
    clip_folder,
    fragment_name,
    recording_features,
    recording_record,
    recording_sound,
)

_OURS = {"clip.json", "mouth.npy", "landmarks.npy"}


@dataclass(frozen=True)
class RecordingResult:
    """Result of preparing a recording; small enough to send between processes.

    Parameters
    ----------
    fragments : list of str
    seconds : float
        Of all fragments.
    ready_cut : bool
    thrown : str
        What was thrown away, and why.
    offset : float or None
        Seconds by which the sound was late, if that was corrected.
    """

    fragments: list[str] = field(default_factory=list)
    seconds: float = 0.0
    ready_cut: bool = True
    thrown: str = ""
    offset: float | None = None


def write_fragment(
    workspace: Workspace,
    clip_id: str,
    mouth: NDArray[np.float32],
    info: dict[str, Any],
    landmarks: NDArray[np.floating] | None = None,
) -> None:
    """Write one fragment's folder, whole or not at all."""
    with replacing(clip_folder(workspace, clip_id)) as folder:
        folder.mkdir(parents=True)
        np.save(folder / "mouth.npy", mouth.astype(np.float32), allow_pickle=False)
        if landmarks is not None:
            np.save(folder / "landmarks.npy", landmarks.astype(np.float32), allow_pickle=False)
        write_json(folder / "clip.json", info)


def refuse_foreign(workspace: Workspace, name: str) -> None:
    """Make sure that nothing which step 0 did not write lies where a recording's files go.

    Raises
    ------
    Audio2VideoError
        Features or fragments of another make lie there.
    """
    hint = "move it out of raw/, or rename the recording"
    features = recording_features(workspace, name)
    if features.exists():
        try:
            read_array(features, (None, FEATURES), made_by=MADE_BY, mmap=True)
        except BadFileError as error:
            raise BadFileError("not made by step 0, kept", path=features, hint=hint) from error
    number = 0
    while (folder := clip_folder(workspace, fragment_name(name, number))).exists():
        if not folder.is_dir() or {path.name for path in folder.iterdir()} - _OURS:
            raise BadFileError("holds files that step 0 did not make", path=folder, hint=hint)
        number += 1


def remove_further(workspace: Workspace, name: str, count: int) -> None:
    """Remove fragments that an earlier preparation of the recording made and this one did not."""
    while (folder := clip_folder(workspace, fragment_name(name, count))).is_dir():
        remove(folder)
        count += 1


def read_outcome(workspace: Workspace, name: str, key: str) -> RecordingResult | None:
    """Read a recording's result if it is complete and made from this key."""
    path = recording_record(workspace, name)
    if not (path.is_file() and recording_features(workspace, name).is_file()):
        return None
    try:
        content = read_json(path)
        if content["key"] != key:
            return None
        if content["sound"] and not recording_sound(workspace, name).is_file():
            return None
        outcome = RecordingResult(**content["outcome"])
        if not all(map(is_name, outcome.fragments)):
            return None
        float(outcome.seconds)
    except (BadFileError, KeyError, TypeError, ValueError):
        return None
    files = (
        clip_folder(workspace, clip_id) / name
        for clip_id in outcome.fragments
        for name in ("clip.json", "mouth.npy")
    )
    return outcome if all(path.is_file() for path in files) else None
