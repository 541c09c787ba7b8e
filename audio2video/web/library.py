"""What is in the workspace: speech, targets, passes and presets, as lists to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..config.files import read_options_file
from ..errors import Audio2VideoError
from ..media.audio import probe_audio
from ..media.video import probe_video
from ..storage.files import file_hash
from ..storage.ids import DEFAULT_ID, is_usable
from ..storage.workspace import NO_SUFFIXES, Workspace, shipped
from .answers import gone
from .place import UPLOAD_FOLDERS, WebPlace


def find_speech(place: WebPlace, file_id: str) -> Path:
    """Find a speech by its id; an id never becomes a path.

    Raises
    ------
    RequestError
        There is none.
    """
    return _find(place.workspace, file_id, "speech", place.workspace.input_audio)


def find_target(place: WebPlace, file_id: str) -> Path:
    """Find a target video by its id; an id never becomes a path.

    Raises
    ------
    RequestError
        There is none.
    """
    return _find(place.workspace, file_id, "target", place.workspace.target_video)


def _find(workspace: Workspace, file_id: str, kind: str, find: Callable[[str], Path]) -> Path:
    if not is_usable(file_id):
        raise gone(kind)
    try:
        return find(file_id)
    except Audio2VideoError as error:
        raise gone(kind) from error


def list_library(place: WebPlace) -> dict[str, Any]:
    """List all that can be chosen, as JSON values."""
    workspace = place.workspace
    speech, target = (
        [describe(place, kind, file_id) for file_id in _ids(workspace, kind)]
        for kind in ("speech", "target")
    )
    return {
        "speech": speech,
        "targets": target,
        "passes": [{"id": name} for name in _passes(workspace)],
        "presets": sorted(path.stem for path in place.presets.glob("*.toml")),
    }


def _ids(workspace: Workspace, kind: str) -> list[str]:
    folder = workspace.root.joinpath(*UPLOAD_FOLDERS[kind])
    found = {
        path.stem
        for path in folder.iterdir()
        if path.is_file()
        and path.suffix not in NO_SUFFIXES
        and is_usable(path.stem)
        and not path.name.startswith(".")
        and not _is_part(workspace, path)
    }
    return [DEFAULT_ID, *sorted(found - {DEFAULT_ID})]


def _is_part(workspace: Workspace, path: Path) -> bool:
    """Tell whether a speech is the part of another that a preview was made of."""
    return (workspace.root / "input" / path.name).is_file()


def _demo(kind: str) -> Path:
    place = Workspace(shipped())
    find = place.input_audio if kind == "speech" else place.target_video
    return find(DEFAULT_ID)


def _passes(workspace: Workspace) -> Iterator[str]:
    names: set[str] = set()
    for folder in (workspace.root / "train", shipped() / "passes"):
        if folder.is_dir():
            names |= {one.name for one in folder.iterdir() if (one / "network.npz").is_file()}
    yield from sorted(names)


def describe(place: WebPlace, kind: str, file_id: str) -> dict[str, Any]:
    """Describe a file, or say what is wrong with it, as JSON values.

    Parameters
    ----------
    place : WebPlace
    kind : {'speech', 'target'}
    file_id : str
    """
    told: dict[str, Any] = {"id": file_id, "kind": kind, "name": file_id, "problem": None}
    told |= {"bytes": 0, "seconds": None, "demo": False}
    try:
        find = place.workspace.input_audio if kind == "speech" else place.workspace.target_video
        path = find(file_id)
        told |= {
            "name": path.name,
            "bytes": path.stat().st_size,
            "demo": file_id == DEFAULT_ID and file_hash(path) == file_hash(_demo(kind)),
        }
        told |= _heard(path) if kind == "speech" else _seen(place, path, file_id)
    except Audio2VideoError as error:
        told["problem"] = str(error)
    return told


def _heard(path: Path) -> dict[str, Any]:
    info = probe_audio(path)
    return {"seconds": float(info.duration), "rate": info.rate, "channels": info.channels}


def _seen(place: WebPlace, path: Path, file_id: str) -> dict[str, Any]:
    info = probe_video(path)
    told = {
        "seconds": float(info.duration),
        "width": info.width,
        "height": info.height,
        "rate": float(info.rate),
        "frames": info.frames,
        "sound": _has_sound(path),
        "consent": "" if file_id in place.asked() else None,
    }
    own = place.workspace.target_options(file_id)
    if own.is_file():
        told["consent"] = read_options_file(own).get("consent", told["consent"])
    return told


def _has_sound(path: Path) -> bool:
    try:
        probe_audio(path)
    except Audio2VideoError:
        return False
    return True
