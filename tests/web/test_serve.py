"""The real server: its address, its end, and clients that mean no good."""

from __future__ import annotations

import shutil
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import psutil
import pytest
from conftest import ROOT
from subcommands import subcommand_here
from web_server import WebServer, web_server

from audio2video.web import serve as serving


@pytest.fixture
def stocked(tmp_path: Path, small_speech: Path, small_target: Path) -> Path:
    """A workspace with the small speech and target."""
    root = tmp_path / "workspace"
    for folder, path in (("input/mp3", small_speech), ("target/mp4", small_target)):
        (root / folder).mkdir(parents=True)
        shutil.copy(path, root / folder / path.name)
    return root


REQUEST = {"speech": "words", "target": "painted"}


def test_it_prints_an_address_with_a_token_and_ends_when_asked(tmp_path: Path) -> None:
    with web_server(tmp_path / "workspace") as server:
        assert "?token=" in server.address
        assert httpx.get(server.url + "/api/state").status_code == 401
        assert server.get("/api/state")["workspace"] == "workspace"
        with socket.create_connection(("127.0.0.1", server.port)) as idle:
            assert idle is not None
            assert server.end() == 130
        assert "Traceback" not in server.said
        assert "interrupted; what is finished is kept" in server.said
        assert not (tmp_path / "workspace/web/server.lock").exists()


def test_one_server_serves_a_workspace(tmp_path: Path) -> None:
    with web_server(tmp_path / "workspace") as server:
        done = subcommand_here("web", "--port", "0", folder=tmp_path)
        assert done.returncode == 2
        assert "another server serves this workspace; use its page, end it, or" in done.stderr
        other = tmp_path / "other"
        port = str(server.port)
        other.mkdir()
        done = subcommand_here("web", "--port", port, folder=other)
        assert done.returncode == 2
        assert f"--host 127.0.0.1 --port {port} can't be listened at" in done.stderr


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--host", "0.0.0.0"), "--host 0.0.0.0 lets others in, and there is no password; set one"),
        (("--host", "192.0.2.7"), "lets others in, and there is no password"),
        (("--password_file", "none"), "none: file not found"),
        (("--password_file", "short"), "a password needs at least 8 characters"),
        (("--password_file", "bytes"), "bytes: the password is no UTF-8 text"),
        (("--host", "no.such.host.example", "--password_file", "good"), "can't be listened at"),
        (("--port", "70000"), "70000 is not in the range"),
        (("--jobs", "0"), "0 is not in the range"),
        (("--max_upload", "nan"), "--max_upload"),
    ],
)
def test_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], says: str
) -> None:
    monkeypatch.delenv("AUDIO2VIDEO_PASSWORD", raising=False)
    (tmp_path / "short").write_text("x")
    (tmp_path / "good").write_text("long enough")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8")
    done = subcommand_here("web", "--no_browser", *args, folder=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert says in line


def test_others_are_let_in_with_a_password_and_told_of_the_network(tmp_path: Path) -> None:
    password = "correct horse"
    server = WebServer(tmp_path, "--host", "0.0.0.0", AUDIO2VIDEO_PASSWORD=password)
    try:
        assert "token" not in server.address
        server.url = f"http://127.0.0.1:{server.port}"
        with httpx.Client(base_url=server.url, follow_redirects=True) as client:
            assert "password" in client.get("/").text
            assert client.get("/api/state").status_code == 401
            assert client.post("/login", data={"password": password}).status_code == 200
            assert client.get("/api/state").status_code == 200
        assert serving.NOT_ENCRYPTED in server.said
    finally:
        server.kill()


@pytest.mark.slow
def test_a_job_outlives_the_server(stocked: Path) -> None:
    with web_server(stocked) as first:
        job = first.submit(**REQUEST)
        first.await_job(job["id"], "done", stage="making textures")
        children = psutil.Process(first.process.pid).children(recursive=True)
        first.kill()
        _, alive = psutil.wait_procs(children, timeout=30)
        assert not alive, "no worker goes on without its server"
        port = first.port
    with web_server(stocked, port=port) as again:
        # The page that was open keeps its session.
        kept = {"cookie": "; ".join(f"{k}={v}" for k, v in first.client.cookies.items())}
        assert httpx.get(f"{again.url}/api/state", headers=kept).status_code == 200
        told = again.await_job(job["id"], "done")
        assert told["result"]["frames"] == 62
        (listed,) = again.get("/api/jobs")["jobs"]
        assert listed["id"] == job["id"]


@pytest.mark.slow
def test_every_change_is_sent_to_whoever_listens(stocked: Path) -> None:
    with web_server(stocked) as server:
        events = server.events()
        assert next(events)[0] == "ready"
        job = server.submit(**REQUEST)
        states: list[str] = []
        for kind, told in events:
            assert (kind, told["id"]) == ("job", job["id"])
            states.append(told["state"])
            if told["state"] == "done":
                break
        # Of changes that come at once, the last is sent.
        assert list(dict.fromkeys(states))[-2:] == ["running", "done"]
        events.close()  # type: ignore[attr-defined]
        # Who comes later is told of it at once.
        kind, told = next(server.events())
        assert (kind, told["state"]) == ("job", "done")
        assert server.client.delete(f"/api/jobs/{job['id']}").status_code == 204


def test_slow_clients_are_given_up_and_others_answered(tmp_path: Path) -> None:
    """A request that never ends: its connection goes, and nobody else waits."""
    code = (
        "import sys; from audio2video.web import serve;"
        "serve.HEAD_SECONDS = 1.0;"
        "from audio2video.cli.main import main; main(sys.argv[1:])"
    )
    root = str(tmp_path / "workspace")
    process = subprocess.Popen(
        [sys.executable, "-c", code, "web", "--workspace", root, "--port", "0", "--no_browser"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        port = int(address.split(":")[2].split("/")[0])
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
        for one in slow[:30]:
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        open_ones = set(slow)
        until = time.monotonic() + 30
        while open_ones and time.monotonic() < until:
            assert httpx.get(address, follow_redirects=True).status_code == 200
            for one in list(open_ones):
                one.settimeout(0.01)
                try:
                    one.sendall(b"X")
                    closed = one.recv(1) == b""
                except TimeoutError:
                    closed = False
                except OSError:
                    closed = True
                if closed:
                    open_ones.discard(one)
        assert not open_ones
    finally:
        process.kill()


def test_uploads_at_once_leave_it_answering_with_flat_memory(tmp_path: Path) -> None:
    """Ten files at once; `benchmarks.web_load` does the same with 2 GB each."""
    block, blocks = b"\0" * (1 << 20), 24
    with web_server(tmp_path / "workspace") as server:
        process = psutil.Process(server.process.pid)
        before = process.memory_info().rss
        boundary = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
        cookie = "; ".join(f"{k}={v}" for k, v in server.client.cookies.items())
        for number, one in enumerate(boundary):
            one.sendall(
                f"POST /api/uploads?kind=speech&name={number}.wav HTTP/1.1\r\n"
                f"Host: 127.0.0.1\r\nCookie: {cookie}\r\n"
                f"Content-Length: {blocks << 20}\r\n\r\n".encode()
            )
        for _ in range(blocks):
            for one in boundary:
                one.sendall(block)
            assert server.get("/api/state")
            assert process.memory_info().rss - before < 100 << 20
        for one in boundary:
            assert b" 422 " in one.recv(4096)  # zeros are no sound
        names = [path.name for path in (tmp_path / "workspace/input/mp3").iterdir()]
        assert names == []


def test_the_session_key_is_the_users_own(tmp_path: Path) -> None:
    with web_server(tmp_path):
        mode = (tmp_path / "web/session.key").stat().st_mode
        assert stat.S_IMODE(mode) & 0o077 == 0
