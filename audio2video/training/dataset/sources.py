"""Where a corpus comes from: a folder, a list of files, or a list of addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import Audio2VideoError, BadFileError, MissingFileError
from ...storage.limits import MAX_LIST_BYTES, read_limited
from ...storage.workspace import Workspace

VIDEO_SUFFIXES = (
    ".3gp",
    ".avi",
    ".flv",
    ".m2ts",
    ".m4v",
    ".mkv",
    ".mov",
    ".mp4",
    ".mpeg",
    ".mpg",
    ".mts",
    ".mxf",
    ".ogv",
    ".ts",
    ".vob",
    ".webm",
    ".wmv",
)
"""What counts as a clip; other files in a corpus folder (lists, licences) are passed over."""

LIST_SUFFIXES = (".txt", ".list")

MAX_NAME_BYTES = 250
"""Of a recording: with a suffix or a fragment's number it is the name of a file."""


@dataclass(frozen=True)
class Source:
    """A recording of the corpus.

    Parameters
    ----------
    name : str
        Names its files in the workspace.
    speaker : str
    path : Path
    corpus : str
        Which of several corpora it belongs to; training draws from all of them alike.
    """

    name: str
    speaker: str
    path: Path
    corpus: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of a list.

    Parameters
    ----------
    target : str
        A path or an address.
    speaker : str
    corpus : str
    """

    target: str
    speaker: str
    corpus: str = ""

    @property
    def is_address(self) -> bool:
        """Whether it is to be downloaded."""
        return self.target.lower().startswith(("http://", "https://"))


def corpus_path(workspace: Workspace, given: Path | None) -> Path:
    """Find the corpus: the one given, or else ``raw/links.txt`` if it holds addresses.

    Raises
    ------
    MissingFileError
        There is none.
    """
    if given is None:
        links = workspace.root / "raw" / "links.txt"
        if links.is_file() and read_list(links, needed=False):
            return links
        raise MissingFileError(
            "step 0 needs a corpus", hint="give --corpus DIR, or write addresses into raw/links.txt"
        )
    if not given.exists():
        raise MissingFileError("corpus not found", path=given, hint="check --corpus")
    if given.is_file() and given.suffix.lower() not in LIST_SUFFIXES:
        raise BadFileError(
            "not a folder, nor a list of files or addresses (.txt)",
            path=given,
            hint="check --corpus",
        )
    return given


def sources_in_folder(corpus: Path) -> list[Source]:
    """List the videos of a folder and of those below it; each folder is one speaker.

    Where speakers' folders lie in further folders, the outermost of these are corpora.

    Raises
    ------
    MissingFileError
        The folder holds no video.
    Audio2VideoError
        Two of them would have the same name.
    """
    sources = []
    for path in sorted(corpus.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(corpus).parts)
        if hidden or path.suffix.lower() not in VIDEO_SUFFIXES or not path.is_file():
            continue
        parts = path.relative_to(corpus).with_suffix("").parts
        speaker = "_".join(parts[:-1]) or corpus.resolve().name
        corpus_name = parts[0] if len(parts) > 2 else ""
        sources.append(Source("_".join(parts), speaker, path, corpus_name))
    if not sources:
        raise MissingFileError("no video in the corpus folder", path=corpus, hint="check --corpus")
    return distinct(sources)


def read_list(path: Path, *, needed: bool = True) -> list[Entry]:
    """Read a list: a path or address a line, ``#`` before remarks.

    A speaker may follow after a tab, and after another one the corpus.

    Without a speaker, a file belongs to the one its folder is named after, and an address to one
    that is named as the list.

    Parameters
    ----------
    path : Path
    needed : bool
        An empty list is an error.

    Raises
    ------
    BadFileError
        It is not text, larger than `MAX_LIST_BYTES`, or names nothing.
    """
    content = read_limited(path, MAX_LIST_BYTES, "split the corpus")
    try:
        lines = content.decode("utf-8-sig").splitlines()
        if any("\0" in line for line in lines):
            raise ValueError("no text holds a zero")
    except ValueError as error:
        raise BadFileError("can't be read as a list", path=path, hint="UTF-8 text is needed") from (
            error
        )
    entries = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        # '#' may be part of a name or an address; a remark stands apart.
        fields = [part.split(" #")[0].strip() for part in line.split("\t", 2)]
        target, speaker, corpus = (*fields, "", "")[:3]
        entry = Entry(target, speaker, corpus)
        if not speaker:
            place = path.parent / target
            speaker = path.stem if entry.is_address else place.resolve().parent.name
        entries.append(Entry(target, speaker or path.stem, corpus))
    if needed and not entries:
        raise BadFileError("names no files and no addresses", path=path, hint="check --corpus")
    return entries


def listed_files(
    list_path: Path, entries: Iterable[Entry], downloaded: Mapping[str, list[Path]]
) -> list[Source]:
    """Turn the lines of a list into recordings.

    Parameters
    ----------
    list_path : Path
        Relative paths are relative to its folder.
    entries : iterable of Entry
    downloaded : mapping
        Files of each address.

    Raises
    ------
    MissingFileError
        A file is not there.
    Audio2VideoError
        Two would have the same name.
    """
    sources = []
    for entry in entries:
        if entry.is_address:
            files = downloaded.get(entry.target, [])
        else:
            files = [list_path.parent / entry.target]
            if not _is_file(files[0]):
                raise MissingFileError(
                    f"listed in {list_path.name}, but not there",
                    path=files[0],
                    hint="fix or remove this line",
                )
        sources += [Source(file.stem, entry.speaker, file, entry.corpus) for file in files]
    return distinct(sources)


def distinct(sources: Iterable[Source]) -> list[Source]:
    """Check that names differ and can be used; the same file twice counts once.

    Raises
    ------
    Audio2VideoError
        Two files have one name, or one is no text or too long.
    """
    known: dict[str, Source] = {}
    for source in sources:
        _check_name(source)
        other = known.setdefault(source.name, source)
        if other.path.resolve() != source.path.resolve():
            raise Audio2VideoError(
                f"has the same id '{source.name}' as {other.path.name}",
                path=source.path,
                hint="rename one of them",
            )
    return list(known.values())


def _check_name(source: Source) -> None:
    try:
        size = len(source.name.encode())
    except UnicodeEncodeError as error:  # Python hands over bytes that are no text as surrogates
        raise Audio2VideoError(
            f"{str(source.path)!a}: the name is not UTF-8 text", hint="rename it"
        ) from error
    if size > MAX_NAME_BYTES:
        raise Audio2VideoError(
            f"the name of the recording, '{source.name[:40]}...', is longer than "
            f"{MAX_NAME_BYTES} bytes",
            path=source.path,
            hint="rename it; the names of its folders count",
        )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # no file has a name as long as this
        return False
