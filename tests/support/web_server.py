"""A real server in a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
from conftest import ROOT

from audio2video.runtime.kernels import kernel_folder


class WebServer:
    """``audio2video web`` on a workspace, and a session with it.

    Parameters
    ----------
    workspace : Path
    args : str
        Further arguments.
    port : int
        0 for any that is free.
    """

    def __init__(self, workspace: Path, *args: str, port: int = 0, **variables: str) -> None:
        self.workspace = workspace
        words = [sys.executable, "-m", "audio2video", "web", "--workspace", str(workspace)]
        self.process = subprocess.Popen(
            [*words, "--no_browser", "--port", str(port), *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "NUMBA_CACHE_DIR": str(kernel_folder()),
                **variables,
            },
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line + (self.process.stderr.read() if self.process.stderr else "")
        self.address = found[0]
        self.url = re.match(r"http://[^/]+", self.address)[0]  # type: ignore[index]
        self.port = int(self.url.rpartition(":")[2])
        # Read on, so that the server never waits for somebody to read what it says.
        self._said: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.client = httpx.Client(base_url=self.url, timeout=60, follow_redirects=True)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        self._said.extend(self.process.stderr)

    @property
    def said(self) -> str:
        """What it has written to standard error."""
        return "".join(self._said)

    def log_in(self) -> None:
        assert self.client.get(self.address).status_code == 200

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def submit(self, **request: Any) -> dict[str, Any]:
        answer = self.client.post("/api/jobs", json=request)
        assert answer.status_code == 201, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def await_job(self, job_id: str, *states: str, stage: str | None = None) -> dict[str, Any]:
        """Wait until a job is in one of these states, or at a stage."""
        while True:
            job: dict[str, Any] = self.get(f"/api/jobs/{job_id}")
            stages = [one["stage"] for one in job["stages"] if one["done"]]
            if job["state"] in states or (stage is not None and stage in stages):
                return job
            assert job["state"] in ("queued", "running"), job
            time.sleep(0.05)

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.client.close()

    def end(self) -> int:
        """Ask it to end; returns its exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self.client.close()
        return code

    def events(self) -> Iterator[tuple[str, Any]]:
        """Yield kind and content of the events of jobs."""
        kind = ""
        with self.client.stream("GET", "/api/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield kind, json.loads(line.removeprefix("data: "))


@contextmanager
def web_server(workspace: Path, *args: str, **settings: Any) -> Iterator[WebServer]:
    """Serve a workspace; the server is ended with the ``with`` block."""
    server = WebServer(workspace, *args, **settings)
    try:
        server.log_in()
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
