"""Where the server keeps what is its own: a folder in the workspace that it serves."""

from __future__ import annotations

import secrets
import threading
from contextlib import suppress
from pathlib import Path

from ..errors import BadFileError
from ..storage.files import is_leftover, read_json, remove, replacing, write_json
from ..storage.workspace import Workspace

FOLDER = "web"
KEY_BYTES = 32

_KEEPING = threading.Lock()
"""Held while a list on disk is read and written again."""

UPLOAD_FOLDERS = {"speech": ("input", "mp3"), "target": ("target", "mp4")}
"""Where an upload goes, by its kind."""


class WebPlace:
    """The server's folders.

    Parameters
    ----------
    workspace : Workspace
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def create(self) -> None:
        """Make the folders, and remove what a killed server had not finished receiving."""
        self.workspace.create()
        for folder in (self.jobs, self.kept, self.segments, self.received):
            folder.mkdir(parents=True, exist_ok=True)
        received = [self.workspace.root.joinpath(*parts) for parts in UPLOAD_FOLDERS.values()]
        for folder in (self.received, *received):
            for path in folder.glob(".*.tmp-*"):
                if is_leftover(path):
                    remove(path)

    @property
    def lock(self) -> Path:
        """Lock of the one server that serves the workspace."""
        return self.workspace.inside(FOLDER) / "server.lock"

    @property
    def jobs(self) -> Path:
        """Folder with a folder for each job."""
        return self.workspace.inside(FOLDER, "jobs")

    @property
    def kept(self) -> Path:
        """Folder of what was found in targets, by their content."""
        return self.workspace.inside(FOLDER, "found")

    @property
    def segments(self) -> Path:
        """Folder of lists of ranges, by their content."""
        return self.workspace.inside(FOLDER, "segments")

    @property
    def received(self) -> Path:
        """Folder of files that are looked at once and removed."""
        return self.workspace.inside(FOLDER, "received")

    @property
    def presets(self) -> Path:
        """Folder of presets: files that ``--config`` reads as well."""
        return self.workspace.inside("presets")

    def asked(self) -> list[str]:
        """Give the ids of targets for which it was asked who agreed to what, and nothing said."""
        try:
            found = read_json(self._asked).get("targets")
        except BadFileError:
            return []
        return [str(one) for one in found] if isinstance(found, list) else []

    def keep_asked(self, tar_id: str, *, asked: bool) -> None:
        """Keep whether it was asked."""
        with _KEEPING:
            others = [one for one in self.asked() if one != tar_id]
            write_json(self._asked, {"targets": [*others, tar_id] if asked else others})

    @property
    def _asked(self) -> Path:
        return self.workspace.inside(FOLDER) / "asked.json"

    def session_key(self) -> bytes:
        """Give the key of sessions, made on first use: a page in a browser outlives the server.

        Raises
        ------
        Audio2VideoError
            It can't be kept.
        """
        path = self.workspace.inside(FOLDER) / "session.key"
        with suppress(OSError):
            key = path.read_bytes()
            if len(key) == KEY_BYTES:
                return key
        key = secrets.token_bytes(KEY_BYTES)
        with replacing(path) as temporary, temporary.open("xb") as file:
            temporary.chmod(0o600)
            file.write(key)
        return key

    def for_once(self, suffix: str) -> Path:
        """Name for a file that is looked at once."""
        return self.received / f"{secrets.token_hex(8)}{suffix}"
