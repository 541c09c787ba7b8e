"""A browser, and the server of a workspace, which can be killed and started again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from web_server import WebServer

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
"""Commands of browsers that the tests can drive."""

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)
"""For a browser without a screen, a microphone and a camera."""


def find_chromium() -> str | None:
    """Find a browser: the one that CHROMIUM names, or one that is installed."""
    given = os.environ.get("CHROMIUM")
    return given or next((found for name in NAMES if (found := shutil.which(name))), None)


class Served:
    """The server of a workspace.

    Parameters
    ----------
    workspace : Path
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._server = WebServer(workspace)

    @property
    def address(self) -> str:
        """The address that the command prints."""
        return self._server.address

    @property
    def origin(self) -> str:
        """Beginning of all its addresses."""
        return self._server.url

    def kill(self) -> None:
        """End it as a failing machine does."""
        if self._server.process.poll() is None:
            self._server.kill()

    def start(self) -> None:
        """Start it again at the same port."""
        self._server = WebServer(self.workspace, port=self._server.port)

    def made(self, pattern: str) -> list[Path]:
        """Files of jobs, oldest first."""
        return sorted((self.workspace / "web" / "jobs").glob(f"*/{pattern}"))
