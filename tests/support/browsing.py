"""A browser, and the server as a user starts it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from waiting import ended

NAMES = ("chromium", "chromium-browser", "google-chrome")
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
    """The server of a workspace, in a process of its own, which can be killed and started again.

    Parameters
    ----------
    workspace : Path
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.address = ""
        self.start()

    @property
    def origin(self) -> str:
        """Beginning of all its addresses."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it; again at the same port."""
        words = ["--workspace", str(self.workspace), "--port", str(self._port), "--no_browser"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "audio2video", "web", *words],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert " at http://" in line, line
        self.address = line.split(" at ")[1].strip()
        self._port = int(self.address.split(":")[2].split("/")[0])

    def kill(self) -> None:
        """End it as a failing machine does."""
        assert self._process is not None
        self._process.kill()
        ended(self._process)

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        ended(self._process)

    def made(self, pattern: str) -> list[Path]:
        """Files of jobs, oldest first."""
        return sorted((self.workspace / "web" / "jobs").glob(f"*/{pattern}"))
