"""A server without a socket, for a workspace of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from audio2video.storage.workspace import Workspace
from audio2video.web.app import create_app
from audio2video.web.jobs.queue import JobQueue
from audio2video.web.place import WebPlace
from audio2video.web.security import Guard
from audio2video.web.server import Server

HOST = "http://127.0.0.1"
KEY = b"k" * 32


@dataclass
class Site:
    """A server, what it serves, and a browser with a session."""

    place: WebPlace
    server: Server
    guard: Guard
    browser: TestClient

    def stranger(self) -> TestClient:
        """A browser without a session."""
        return TestClient(self.guard, base_url=HOST)

    def get(self, path: str) -> Any:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, kind: str, path: Path, name: str | None = None) -> Any:
        params = {"kind": kind, "name": path.name if name is None else name}
        answer = self.browser.post("/api/uploads", params=params, content=path.read_bytes())
        assert answer.status_code == 201, answer.text
        return answer.json()

    def await_task(self, path: str) -> dict[str, Any]:
        """Begin a task and wait for its end."""
        told: dict[str, Any] = self.browser.post(path).json()
        while told["state"] == "running":
            time.sleep(0.05)
            told = self.get(path)
        return told

    def await_job(self, job_id: str, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of these states, or over."""
        over = states or ("done", "incomplete", "failed", "cancelled")
        while True:
            job: dict[str, Any] = self.get(f"/api/jobs/{job_id}")
            if job["state"] in over:
                return job
            assert states or job["state"] in ("queued", "running"), job
            time.sleep(0.05)


def make_site(root: Path, password: str | None = None, max_upload: int = 1 << 28) -> Site:
    place = WebPlace(Workspace(root))
    place.create()
    server = Server(place, JobQueue(place), max_upload)
    names = {"127.0.0.1", "localhost"}
    guard = Guard(create_app(server), names=names, password=password, key=KEY)
    return Site(place, server, guard, TestClient(guard, base_url=HOST))
