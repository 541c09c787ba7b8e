"""``python -m benchmarks.web_load``: ten uploads at once and slow clients, and what a page feels.

Starts the server on a temporary workspace, sends files of zeros (which are refused after they have
arrived, as they are no sound), holds connections open that never finish a request, and asks for the
state of the server all the while.
"""

from __future__ import annotations

import argparse
import http.client
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import psutil

COMMAND = (sys.executable, "-m", "audio2video", "web")

UPLOADS = 10
SLOW = 100
"""Connections on which a byte of a request is sent now and then."""

PAUSE = 0.25
"""Seconds between two questions to the server."""


class _Session:
    """A session with the server."""

    def __init__(self, address: str) -> None:
        split = urlsplit(address)
        self.host, self.port = str(split.hostname), int(split.port or 0)
        answer = self._ask("GET", f"/?{split.query}")
        cookie = re.match("[^;]+", answer.headers["set-cookie"])
        assert cookie is not None
        self.cookie = cookie[0]

    def _ask(self, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer

    def state(self) -> float:
        """Ask for the server's state; gives the seconds that took."""
        began = time.perf_counter()
        answer = self._ask("GET", "/api/state", Cookie=self.cookie)
        assert answer.status == 200
        return time.perf_counter() - began

    def upload(self, number: int, size: int) -> int:
        """Send a file of zeros; gives the status of the answer."""
        block = b"\0" * (1 << 20)
        with socket.create_connection((self.host, self.port)) as line:
            line.sendall(
                f"POST /api/uploads?kind=target&name={number}.mp4 HTTP/1.1\r\n"
                f"Host: {self.host}\r\nCookie: {self.cookie}\r\n"
                f"Content-Length: {size}\r\n\r\n".encode()
            )
            for left in range(size, 0, -len(block)):
                line.sendall(block[:left])
            return int(line.recv(4096).split()[1])

    def dawdle(self, seconds: float) -> int:
        """Hold connections open; gives the number that the server has closed by then."""
        lines = [socket.create_connection((self.host, self.port)) for _ in range(SLOW)]
        closed, until = 0, time.monotonic() + seconds
        while lines and time.monotonic() < until:
            time.sleep(1)
            for line in list(lines):
                try:
                    line.sendall(b"X")
                    line.settimeout(0.001)
                    gone = line.recv(1) == b""
                except TimeoutError:
                    gone = False
                except OSError:
                    gone = True
                if gone:
                    lines.remove(line)
                    closed += 1
        for line in lines:
            line.close()
        return closed


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web_load", description=__doc__)
    parser.add_argument("--gib", type=float, default=2.0, help="size of each file")
    size = round(parser.parse_args(arguments).gib * 2**30)
    with tempfile.TemporaryDirectory() as folder:
        free = shutil.disk_usage(folder).free
        if free < UPLOADS * size * 1.1:
            print(f"not measured: {UPLOADS} files need more than the {free / 2**30:.0f} GiB free")
            return 1
        process = subprocess.Popen(
            [*COMMAND, "--workspace", folder, "--port", "0", "--no_browser"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            return _measure(_Session(process.stdout.readline().split()[-1]), process.pid, size)
        finally:
            process.kill()
            process.wait()


def _measure(session: _Session, pid: int, size: int) -> int:
    server = psutil.Process(pid)
    idle, before = max(session.state() for _ in range(20)), server.memory_info().rss
    statuses: list[int] = []
    closed: list[int] = []
    began = time.perf_counter()
    uploads = [
        threading.Thread(target=lambda k=k: statuses.append(session.upload(k, size)))
        for k in range(UPLOADS)
    ]
    slow = threading.Thread(target=lambda: closed.append(session.dawdle(60)))
    for thread in (*uploads, slow):
        thread.start()
    waits, peak = [], before
    while any(thread.is_alive() for thread in uploads):
        waits.append(session.state())
        peak = max(peak, server.memory_info().rss)
        time.sleep(PAUSE)
    spent = time.perf_counter() - began
    slow.join()
    ordered = sorted(waits)
    rows = (
        ("uploads", f"{UPLOADS} x {size / 2**30:.2f} GiB in {spent:.1f} s"),
        ("refused after arrival", f"{statuses.count(422)} of {UPLOADS}"),
        ("slow connections closed", f"{closed[0]} of {SLOW}"),
        ("answer, idle", f"{idle * 1000:.1f} ms at most"),
        ("answer, median", f"{ordered[len(ordered) // 2] * 1000:.1f} ms"),
        ("answer, 95 %", f"{ordered[int(len(ordered) * 0.95)] * 1000:.1f} ms"),
        ("answer, longest", f"{ordered[-1] * 1000:.1f} ms"),
        ("memory before", f"{before / 2**20:.0f} MiB"),
        ("memory, peak", f"{peak / 2**20:.0f} MiB"),
    )
    for name, value in rows:
        print(f"{name:26}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
