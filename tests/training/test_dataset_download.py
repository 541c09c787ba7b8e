"""Downloads from a server on this machine."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path

import pytest
from conftest import CommandLine
from media_maker import make_video
from waiting import joined

from audio2video.errors import CancelledError, MissingLibraryError
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from audio2video.training.dataset.download import download
from tools.presenter.presenter import render_frames

pytest.importorskip("yt_dlp")

# In the package, the function of this name stands before the module.
download_module = import_module("audio2video.training.dataset.download")


@dataclass
class Server:
    """What it serves, and what it was asked."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, range
    cut_after: int | None = None  # bytes after which the connection breaks, once


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, *args: object) -> None:
            pass

        def _answer(self, *, body: bool) -> None:
            path, wanted = self.path, self.headers.get("Range", "")
            state.asked.append((self.command, path, wanted))
            data = state.files.get(path)
            if data is None:
                self.send_error(404)
                return
            begin = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(data) - begin))
            if wanted:
                self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
            self.end_headers()
            if not body:
                return
            if state.cut_after is not None:
                self.wfile.write(data[begin : begin + state.cut_after])
                self.close_connection = True
                return
            self.wfile.write(data[begin:])

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.address = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        yield state
        http.shutdown()
        joined(thread, "the web server of this test")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(download_module, "PAUSE_SECONDS", 0.0)
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    return workspace


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    return make_video(tmp_path / "source.mp4", 200, size=(320, 160)).read_bytes()


def test_downloads_once(
    workspace: Workspace, server: Server, film: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    server.files["/a/first.mp4"] = film
    url = f"{server.address}/a/first.mp4"
    files, failed = download(workspace, [url, url], Progress())
    assert failed == {}
    assert files == {url: [workspace.root / "raw/video/first.mp4"]}
    assert files[url][0].read_bytes() == film
    server.asked.clear()
    assert download(workspace, [url], Progress()) == (files, {})
    assert server.asked == [], "what is there is not asked for again"
    files[url][0].unlink()
    assert download(workspace, [url], Progress()) == (files, {}), "what was removed is had again"
    assert capfd.readouterr() == ("", "")


def test_a_failed_link_does_not_stop_the_others(
    workspace: Workspace, server: Server, film: bytes
) -> None:
    server.files["/good.mp4"] = film
    gone, good = f"{server.address}/gone.mp4", f"{server.address}/good.mp4"
    nobody = "http://127.0.0.1:9/nobody.mp4"
    files, failed = download(workspace, [gone, nobody, good], Progress())
    assert list(files) == [good]
    assert "404" in failed[gone]
    assert set(failed) == {gone, nobody}
    assert all("\n" not in why and not why.startswith("ERROR") for why in failed.values())


def test_an_interrupted_download_goes_on(workspace: Workspace, server: Server, film: bytes) -> None:
    server.files["/long.mp4"] = film
    url = f"{server.address}/long.mp4"
    server.cut_after = len(film) // 3
    _, failed = download(workspace, [url], Progress())
    part = workspace.root / "raw/video/long.mp4.part"
    if not failed:  # its own retries were enough
        pytest.fail("the broken connection went unnoticed")
    have = part.stat().st_size
    assert 0 < have < len(film)
    server.cut_after = None
    server.asked.clear()
    files, failed = download(workspace, [url], Progress())
    assert failed == {}
    assert files[url][0].read_bytes() == film
    assert ("GET", "/long.mp4", f"bytes={have}-") in server.asked
    assert not part.exists()


def test_two_videos_of_one_name(workspace: Workspace, server: Server, film: bytes) -> None:
    server.files["/a/same.mp4"] = film
    server.files["/b/same.mp4"] = film + b"\0" * 64
    first, second = (f"{server.address}/{folder}/same.mp4" for folder in "ab")
    files, failed = download(workspace, [first, second], Progress())
    assert list(files) == [first]
    assert "has the same name 'same' as the video from" in failed[second]
    assert files[first][0].read_bytes() == film


def test_a_run_can_be_stopped(workspace: Workspace, server: Server, film: bytes) -> None:
    server.files["/a.mp4"] = film
    calls = 0

    def stop(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:  # in the middle of the first download
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        download(workspace, [f"{server.address}/a.mp4"], Progress(on_progress=stop))


def test_without_yt_dlp(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    with pytest.raises(MissingLibraryError) as caught:
        download(workspace, ["http://a/b", "http://a/c"], Progress())
    assert str(caught.value) == (
        "downloading 2 videos needs yt-dlp, which is not installed; "
        "pip install 'audio2video[download]', or put the files into a folder yourself"
    )


@pytest.mark.slow
def test_links_of_the_workspace_through_the_command(
    run_py: CommandLine, server: Server, tmp_path: Path, small_speech: Path
) -> None:
    from fractions import Fraction

    from audio2video.media.video import VideoWriter

    path = tmp_path / "clip.mp4"
    with VideoWriter(path, 192, 192, Fraction(25), audio=small_speech) as writer:
        for frame in render_frames(30, size=192, start=50):
            writer.write(frame)
    server.files["/talk.mp4"] = path.read_bytes()
    links = run_py.workspace / "raw" / "links.txt"
    links.parent.mkdir(parents=True)
    links.write_text(f"# mine\n{server.address}/talk.mp4\tanna\n{server.address}/gone.mp4\n")
    done = run_py("--steps", "0", "--nthreads", "1")
    assert "404" in done.stdout, done.stdout
    index = json.loads((run_py.workspace / "reference/clips.json").read_text())
    assert index["clips"]["talk}}00"]["speaker"] == "anna"
    server.asked.clear()
    again = run_py("--steps", "0")
    assert "dataset: up to date" in again.stdout
    assert {path for _, path, _ in server.asked} == {"/gone.mp4"}
    links.write_text(f"{server.address}/gone.mp4\n")
    failed = run_py("--steps", "0", check=False)
    assert failed.returncode == 2
    assert "none of the 1 videos can be downloaded (the first: " in failed.stderr
