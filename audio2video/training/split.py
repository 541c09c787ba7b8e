"""Which clips a pass is trained on, checked with and tested on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..config import TrainingConfig
from ..errors import BadFileError, MissingFileError
from ..storage.files import read_json
from .corpus import Clip
from .sequences import split_clips

KEPT_APART = ("test", "validation")


def find_split(
    clips: Mapping[str, Clip], corpora: Mapping[str, str], training: TrainingConfig
) -> dict[str, list[str]]:
    """Split a corpus as a config says.

    Parameters
    ----------
    clips : mapping of str to Clip
    corpora : mapping of str to str
        Of each clip; where speakers are kept apart, some of each corpus are.
    training : TrainingConfig

    Returns
    -------
    dict
        Lists of clips under 'training', 'validation' and 'test', each sorted.

    Raises
    ------
    MissingFileError, BadFileError
        The split file is missing, damaged, or names nobody that is in the corpus.
    """
    if training.split_file is not None:
        return _split_of_file(training.split_file, clips)
    seed, validation, test = training.seed, training.vr, training.test_share
    if training.split_by == "recording":
        recordings = {i: clip.recording for i, clip in clips.items()}
        return split_clips(recordings, seed, validation, test)
    parts: dict[str, list[str]] = {"training": [], "validation": [], "test": []}
    for corpus in sorted({corpora.get(i, "") for i in clips}):
        own = {i: clip for i, clip in clips.items() if corpora.get(i, "") == corpus}
        speakers = {i: clip.speaker for i, clip in own.items()}
        if len(set(speakers.values())) < 3:  # too few to keep any of them apart
            speakers = {i: clip.recording for i, clip in own.items()}
        for part, ids in split_clips(speakers, seed, validation, test).items():
            parts[part] += ids
    return {part: sorted(ids) for part, ids in parts.items()}


def _split_of_file(path: Path, clips: Mapping[str, Clip]) -> dict[str, list[str]]:
    if not path.is_file():
        raise MissingFileError("split not found", path=path, hint="check --split_file")
    content = read_json(path)
    named: dict[str, set[str]] = {}
    for part in KEPT_APART:
        listed = content.get(part, [])
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            raise BadFileError(f"'{part}' is not a list of names", path=path)
        named[part] = set(listed)
    parts: dict[str, list[str]] = {"training": [], "validation": [], "test": []}
    for i, clip in sorted(clips.items()):
        own = {clip.speaker, clip.recording}
        part = next((part for part in KEPT_APART if own & named[part]), "training")
        parts[part].append(i)
    for part, advice in (
        ("validation", "list some of its speakers or recordings under 'validation'"),
        ("training", "leave some of its speakers or recordings out of the lists"),
    ):
        if not parts[part]:
            raise BadFileError(f"leaves nothing of the corpus for {part}", path=path, hint=advice)
    return parts
