"""Caches of a workspace: listing and removal."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from ..errors import Audio2VideoError
from .files import discard, is_leftover
from .locks import locked
from .workspace import Workspace

ANALYSIS, PEOPLE, UNFINISHED, SEQUENCES = "analysis", "people", "unfinished", "sequences"
KINDS = (ANALYSIS, PEOPLE, UNFINISHED, SEQUENCES)
"""A target's analysis; the faces found in a video; what a killed run left of one of them; the
training sequences of a corpus."""

DAY = 86400.0
"""Seconds."""

_NAME = re.compile(r"(?P<tar_id>.+)-(?P<key>[0-9a-f]{12})")
_LEFT = re.compile(r"\.(?P<stem>.+)\.tmp-\d+(?P<suffix>.*?)(?:\.old)?")
_NEEDED = ("face.npz", "textures.npy")
_SUFFIXES = (".npz", ".npy", ".json")


@dataclass(frozen=True)
class Cached:
    """Something that can be removed, and is made again when it is needed.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    path : Path
    size : int
        Bytes.
    made, used : float
        Seconds since 1970: when it was written, and when last read as far as is known.
    tar_id, key : str, optional
        Of an analysis, and of faces: the target, and the first digits of the key of the content.
    frames : int, optional
        Of a finished analysis: frames of the target.
    source : Path, optional
        The same: the target's video; None if the workspace has none.
    """

    kind: str
    path: Path
    size: int
    made: float
    used: float
    tar_id: str | None = None
    key: str | None = None
    frames: int | None = None
    source: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """All fields as plain JSON types."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}


def find_cached(workspace: Workspace) -> list[Cached]:
    """List a workspace's caches, by kind and name.

    Only files and folders of the form in which this package writes them are listed; links never.
    """
    found = [*_analyses(workspace), *_all_people(workspace), *_sequences(workspace)]
    return sorted(found, key=lambda one: (KINDS.index(one.kind), one.path.name))


def choose(
    found: Iterable[Cached], older: float | None = None, tar_id: str | None = None
) -> list[Cached]:
    """Filter caches by age and target.

    Parameters
    ----------
    found : iterable of Cached
    older : float, optional
        Days: only what was last used longer ago.
    tar_id : str, optional
        Only what belongs to this target.
    """
    now = time.time()
    return [
        one
        for one in found
        if (older is None or now - one.used > older * DAY)
        and (tar_id is None or one.tar_id == tar_id)
    ]


def remove(workspace: Workspace, chosen: Iterable[Cached]) -> tuple[list[Cached], list[Cached]]:
    """Remove caches.

    A run that uses one of them goes on: what it has open stays readable, and what it does not find
    any more it makes again. One that is just being made is left alone.

    Returns
    -------
    tuple of list of Cached
        What was removed, and what was kept because it is in use.
    """
    removed: list[Cached] = []
    kept: list[Cached] = []
    for one in chosen:
        (removed if _remove(workspace, one) else kept).append(one)
    return removed, kept


class _BusyError(Audio2VideoError):
    """The cache entry is locked by another process."""


def _remove(workspace: Workspace, one: Cached) -> bool:
    if one.tar_id is None:
        return discard(one.path)

    def busy() -> None:
        raise _BusyError("in use", path=one.path)

    of_people = one.path.parent == workspace.all_people()
    lock = workspace.people_lock if of_people else workspace.analysis_lock
    try:
        with locked(lock(one.tar_id), busy):
            # It may have gone, or become another thing, since it was found.
            again = (_people if of_people else _analysis)(workspace, one.path)
            return again is not None and again.kind == one.kind and discard(one.path)
    except _BusyError:
        return False


def _analyses(workspace: Workspace) -> Iterator[Cached]:
    folder = workspace.analyses()
    if folder.is_dir():
        for path in folder.iterdir():
            one = _analysis(workspace, path)
            if one is not None:
                yield one


def _analysis(workspace: Workspace, path: Path) -> Cached | None:
    """Look at what may be an analysis, or be left of one."""
    left = _LEFT.fullmatch(path.name) if is_leftover(path) else None
    name = _NAME.fullmatch(path.name if left is None else left["stem"] + left["suffix"])
    if name is None or name["tar_id"].startswith(".") or path.is_symlink() or not path.is_dir():
        return None
    with suppress(OSError):
        files = tuple(path.iterdir())
        plain = all(file.is_file() and not file.is_symlink() for file in files)
        if not plain or not (left or _is_whole(files)):
            return None
        tar_id = name["tar_id"]
        one = _sized(UNFINISHED if left else ANALYSIS, path, files)
        return replace(
            one,
            tar_id=tar_id,
            key=name["key"],
            frames=None if left else _frames(path / "textures.npy"),
            source=_source(workspace, tar_id),
        )
    return None


def _all_people(workspace: Workspace) -> Iterator[Cached]:
    folder = workspace.all_people()
    if folder.is_dir():
        for path in folder.iterdir():
            one = _people(workspace, path)
            if one is not None:
                yield one


def _people(workspace: Workspace, path: Path) -> Cached | None:
    """Look at what may be the faces found in a video, or be left of them."""
    left = _LEFT.fullmatch(path.name) if is_leftover(path) else None
    name = _NAME.fullmatch(path.stem if left is None else left["stem"])
    suffix = path.suffix if left is None else left["suffix"]
    if name is None or suffix != ".npz" or name["tar_id"].startswith(".") or path.is_symlink():
        return None
    with suppress(OSError, BadZipFile):
        if not path.is_file():
            return None
        if left is None:
            with ZipFile(path) as file:
                if "pieces.npy" not in file.namelist():
                    return None
        tar_id = name["tar_id"]
        one = _sized(UNFINISHED if left else PEOPLE, path, [path])
        return replace(one, tar_id=tar_id, key=name["key"], source=_source(workspace, tar_id))
    return None


def _is_whole(files: Iterable[Path]) -> bool:
    """Tell whether all files of an analysis are there, and none that can't be part of one."""
    names = {file.name for file in files}
    return names.issuperset(_NEEDED) and all(file.suffix in _SUFFIXES for file in files)


def _sized(kind: str, path: Path, files: Iterable[Path]) -> Cached:
    stats = [file.stat() for file in files]
    made = max(stat.st_mtime for stat in [path.stat(), *stats])
    used = max([made, *(stat.st_atime for stat in stats)])
    return Cached(kind, path, sum(stat.st_size for stat in stats), made, used)


def _frames(textures: Path) -> int | None:
    """Read the number of frames off an array's header."""
    from .npy import read_header

    try:
        with textures.open("rb") as file:
            shape = read_header(file, textures.stat().st_size).shape
    except Exception:  # TokenError, SyntaxError, OverflowError: all mean damage
        return None
    return shape[0] if shape else None


def _source(workspace: Workspace, tar_id: str) -> Path | None:
    try:
        return workspace.target_video(tar_id)
    except Audio2VideoError:
        return None


def _sequences(workspace: Workspace) -> Iterator[Cached]:
    path = workspace.sequences()
    with suppress(OSError, BadZipFile):
        # Without the corpus's key it is not what step 1 writes.
        with ZipFile(path) as file:
            ours = "key.npy" in file.namelist()
        if ours and not path.is_symlink():
            yield _sized(SEQUENCES, path, [path])
