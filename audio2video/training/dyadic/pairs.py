"""Which files of a folder show two people in conversation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import BadFileError, MissingFileError

SPEAKER, LISTENER = "_speaker", "_listener"
"""Ends of the names of the two files of a pair, before the suffix."""

VIDEOS = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg")

LAYOUT = (
    "put pairs NAME_speaker.mp4 and NAME_listener.mp4 into it, or videos that show both people, or "
    "the published files p0_list_faces_clean_deca.npy and so on"
)


@dataclass(frozen=True)
class Pair:
    """A speaker and a listener.

    Parameters
    ----------
    name : str
    speaker, listener : Path
        One and the same file where both are in the picture.
    """

    name: str
    speaker: Path
    listener: Path

    @property
    def together(self) -> bool:
        """Whether both are in one picture."""
        return self.speaker == self.listener


def find_pairs(folder: Path) -> list[Pair]:
    """Find all pairs in a folder, by name.

    Raises
    ------
    MissingFileError
        There is no such folder.
    BadFileError
        A file of a pair is missing.
    """
    if not folder.is_dir():
        raise MissingFileError("folder of dyadic clips not found", path=folder, hint=LAYOUT)
    videos = sorted(p for p in folder.iterdir() if p.suffix.lower() in VIDEOS and p.is_file())
    speakers = {p.stem.removesuffix(SPEAKER): p for p in videos if p.stem.endswith(SPEAKER)}
    listeners = {p.stem.removesuffix(LISTENER): p for p in videos if p.stem.endswith(LISTENER)}
    alone = sorted(set(speakers) ^ set(listeners))
    if alone:
        there = speakers.get(alone[0]) or listeners[alone[0]]
        missing = LISTENER if alone[0] in speakers else SPEAKER
        raise BadFileError(
            "one of a pair is missing",
            path=there,
            hint=f"a file {alone[0]}{missing}.* belongs to it",
        )
    pairs = [Pair(name, path, listeners[name]) for name, path in speakers.items()]
    paired = {*speakers.values(), *listeners.values()}
    pairs += [Pair(path.stem, path, path) for path in videos if path not in paired]
    return sorted(pairs, key=lambda one: one.name)
