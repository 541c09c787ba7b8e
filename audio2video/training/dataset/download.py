"""Videos from the addresses of a list, through yt-dlp: one at a time, and only once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import Audio2VideoError, BadFileError, CancelledError
from ...progress import Progress
from ...runtime.extras import require
from ...storage.files import read_json, write_json
from ...storage.workspace import Workspace

PAUSE_SECONDS = 1.0
"""Between two downloads: the other side has more to do than to serve us."""

HEIGHT = 720
"""Rows of the picture that are enough; of what is on offer, the best up to there is taken."""


def download(
    workspace: Workspace, addresses: Sequence[str], progress: Progress
) -> tuple[dict[str, list[Path]], dict[str, str]]:
    """Download videos into ``raw/video``, resuming partial downloads.

    Parameters
    ----------
    workspace : Workspace
    addresses : sequence of str
        Whatever yt-dlp knows: a page with a video, or a media file.
    progress : Progress

    Returns
    -------
    files : dict
        The files of each address; there already or downloaded now.
    failed : dict
        Why an address could not be downloaded.

    Raises
    ------
    MissingLibraryError
        yt-dlp is needed and not installed.
    """
    folder = workspace.root / "raw" / "video"
    ledger = _Ledger(folder)
    files: dict[str, list[Path]] = {}
    failed: dict[str, str] = {}
    missing = []
    for address in dict.fromkeys(addresses):
        known = ledger.files(address)
        if known:
            files[address] = known
        else:
            missing.append(address)
    if not missing:
        return files, failed
    require(
        f"downloading {len(missing)} video{'s' * (len(missing) > 1)}",
        "yt_dlp",
        otherwise="put the files into a folder yourself",
    )
    folder.mkdir(parents=True, exist_ok=True)
    for number, address in enumerate(
        progress.follow(missing, "downloading", len(missing), "video")
    ):
        if number:
            time.sleep(PAUSE_SECONDS)
        beat = _Beat(progress, number, len(missing))
        try:
            files[address] = _fetch(folder, address, ledger, beat)
        except Audio2VideoError as error:
            if isinstance(error, CancelledError):
                raise
            failed[address] = error.problem
            continue
        ledger.add(address, files[address])
    return files, failed


class _Ledger:
    """Which files came from which address: ``raw/video/links.json``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "links.json"
        try:
            rows = read_json(self._path)
        except BadFileError:
            rows = {}
        self._rows = {
            str(address): [str(name) for name in names]
            for address, names in rows.items()
            if isinstance(names, list)
        }

    def files(self, address: str) -> list[Path]:
        """Files of an address; none if one of them is gone."""
        paths = [self._folder / name for name in self._rows.get(address, [])]
        return paths if all(path.is_file() for path in paths) else []

    def owner(self, stem: str) -> str | None:
        """Address that a file of this stem came from."""
        for address, names in self._rows.items():
            if any(Path(name).stem == stem for name in names):
                return address
        return None

    def add(self, address: str, paths: Sequence[Path]) -> None:
        self._rows[address] = [path.name for path in paths]
        write_json(self._path, self._rows)


class _Beat:
    """Lets the caller stop a download."""

    def __init__(self, progress: Progress, done: int, total: int) -> None:
        self._progress, self._done, self._total = progress, done, total
        self.stopped: BaseException | None = None

    def __call__(self, status: dict[str, Any]) -> None:
        try:
            self._progress.update("downloading", self._done, self._total, "video")
        except BaseException as error:
            self.stopped = error  # yt-dlp may wrap it in an error of its own
            raise


class _Silence:
    """What yt-dlp would print; the last error is kept."""

    def __init__(self) -> None:
        self.error_text = ""

    def debug(self, text: str) -> None:
        pass

    def info(self, text: str) -> None:
        pass

    def warning(self, text: str) -> None:
        pass

    def error(self, text: str) -> None:
        self.error_text = text


def _fetch(
    folder: Path, address: str, ledger: _Ledger, beat: Callable[[dict[str, Any]], None]
) -> list[Path]:
    """Download one address."""
    import yt_dlp

    refused = ""

    def look(info: dict[str, Any], *, incomplete: bool = False) -> str | None:
        nonlocal refused
        owner = ledger.owner(str(info.get("id")))
        if info.get("is_live"):
            refused = "a live stream, which has no end"
        elif owner not in (None, address):
            refused = f"has the same name '{info['id']}' as the video from {owner}"
        return refused or None

    voice = _Silence()
    options = {
        "outtmpl": {"default": str(folder).replace("%", "%%") + "/%(id)s.%(ext)s"},
        "format_sort": [f"res:{HEIGHT}"],
        "match_filter": look,
        "continuedl": True,
        "overwrites": False,
        "noplaylist": True,
        "retries": 3,
        "socket_timeout": 20,
        "quiet": True,
        "no_warnings": True,
        "noprogress": True,
        "color": "never",
        "cachedir": False,
        "logger": voice,
        "progress_hooks": [beat],
    }
    try:
        with yt_dlp.YoutubeDL(options) as downloader:
            info = downloader.extract_info(address)
    except Exception as error:
        stopped = getattr(beat, "stopped", None)
        if stopped is not None:
            raise stopped from None
        # Any error of theirs concerns this address alone.
        text = voice.error_text or str(error)
        raise Audio2VideoError(_plain(text)) from error
    videos = (info or {}).get("entries") or [info or {}]
    paths = [
        Path(part["filepath"])
        for video in videos
        for part in (video or {}).get("requested_downloads") or []
    ]
    if not paths or not all(path.is_file() for path in paths):
        raise Audio2VideoError(refused or "no video was found there")
    return paths


def _plain(text: str) -> str:
    text = " ".join(text.split()).removeprefix("ERROR: ")
    return text[:300] or "can't be downloaded"
