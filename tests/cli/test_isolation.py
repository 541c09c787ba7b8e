"""A run touches its workspace, its configuration and caches, and opens no connection."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, CommandLine

from audio2video.provenance.verification import verify
from audio2video.runtime.kernels import kernel_folder

WRITES = "open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir"
WRITES += ",link,linkat,symlink,symlinkat,truncate,chmod,fchmodat,chown,mknod,mknodat,utimensat"
WRITES += ",setxattr"
HARMLESS = ("/dev/null", "/dev/tty", "/dev/shm/", "/proc/self/", "/proc/thread-self/")

_CALL = re.compile(r"(?P<name>\w+)\((?P<rest>.*)\) = (?P<result>-?\d+)")

AUDIT = """
import os, sys
words = os.environ["A2V_AUDIT"]
def hear(event, args):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        with open(words, "a") as file:
            file.write(f"{event} {args!r}\\n")
sys.addaudithook(hear)
"""


class Home:
    """A home of a user's own, far from that of whoever runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "home"
        self.scratch = folder / "scratch"
        self.scratch.mkdir(parents=True)
        documents = self.folder / "documents"
        documents.mkdir(parents=True)
        (documents / "letter.txt").write_text("keep me")
        unset = ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR")
        rest = {k: v for k, v in os.environ.items() if k not in unset}
        self.env = {
            **rest,
            "HOME": str(self.folder),
            "TMPDIR": str(self.scratch),
            "XDG_CONFIG_HOME": str(self.folder / ".config"),
            "XDG_CACHE_HOME": str(self.folder / ".cache"),
        }

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


def command(workspace: Path, speech: Path, target: Path) -> list[str]:
    run_py = CommandLine(workspace)
    return run_py.command("--steps", "1-4", "--audio", speech, "--video", target)


def run(words: list[str], home: Home, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        words,
        env={**home.env, **more},
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.mark.slow
def test_a_home_is_left_alone_and_nobody_is_called(
    tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    home, heard = Home(tmp_path), tmp_path / "heard.txt"
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(AUDIT)
    before = home.files()
    workspace = tmp_path / "workspace"
    words = command(workspace, small_speech, small_target)
    # The hook does hear.
    probe = "import socket; socket.socket().close(); socket.getaddrinfo('127.0.0.1', 1)"
    run([sys.executable, "-c", probe], home, PYTHONPATH=str(hook), A2V_AUDIT=str(heard))
    assert "socket.getaddrinfo" in heard.read_text()
    heard.unlink()
    kept = {"NUMBA_CACHE_DIR": str(kernel_folder())}
    run(words, home, PYTHONPATH=str(hook), A2V_AUDIT=str(heard), **kept)
    assert not heard.exists(), heard.read_text()
    found = home.files()
    assert {name: found[name] for name in before} == before
    made = {name for name in found if name not in before}
    ours = (".config/audio2video/", ".cache/", "Library/")
    assert {name for name in made if not name.startswith(ours)} == set()
    assert ".config/audio2video/signing.pem" in made or sys.platform != "linux"
    assert list(home.scratch.iterdir()) == []
    assert verify(workspace / "output/words-painted/words-painted.mp4").state == "intact"


def traced(log: Path) -> tuple[list[str], set[str]]:
    """Calls to the network, and what was written, of a trace."""
    calls: list[str] = []
    written: set[str] = set()
    for line in log.read_text(errors="replace").splitlines():
        found = _CALL.search(line)
        if found is None:
            continue
        name, rest = found["name"], found["rest"]
        if name in ("socket", "connect", "sendto", "sendmsg", "bind", "listen"):
            calls.append(line)
        elif int(found["result"]) >= 0:
            if name.startswith("open") and not re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", rest):
                continue
            base = re.match(r"(?:AT_FDCWD|\d+)<([^>]*)>", rest)
            for path in re.findall(r'"((?:[^"\\]|\\.)*)"', rest):
                written.add(os.path.normpath(Path(base[1] if base else ROOT) / path))
    return calls, written


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_every_write_and_no_connection_under_strace(
    tmp_path: Path, small_speech: Path, small_target: Path
) -> None:
    home, workspace, log = Home(tmp_path), tmp_path / "workspace", tmp_path / "trace"
    strace = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-y",
        "-s",
        "4096",
        "-o",
        str(log),
        "-e",
        "signal=none",
    ]
    strace += ["-e", f"trace={WRITES},%network"]
    probe = subprocess.run([*strace, "true"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"strace can't trace here: {probe.stderr.strip()}")
    # The kernels of the other tests, which a tracer would make slow to compile.
    kept = {"NUMBA_CACHE_DIR": str(kernel_folder())}
    run([*strace, *command(workspace, small_speech, small_target)], home, **kept)
    calls, written = traced(log)
    assert calls == []
    assert any(path.startswith(str(workspace / "output")) for path in written), "it does see writes"
    allowed = tuple(
        str(path)
        for path in (
            *(workspace, home.scratch, kernel_folder()),
            *(home.folder / ".config" / "audio2video", home.folder / ".cache"),
        )
    )
    parents = {str(path) for path in (home.folder / ".config", *map(Path, allowed))}
    elsewhere = {
        path
        for path in written
        if not path.startswith(tuple(f"{place}/" for place in allowed))
        and path not in parents
        and not path.startswith(HARMLESS)
        # Python's own; compiled kernels (.nbi, .nbc) do not belong there.
        and ("/__pycache__" not in path or ".nb" in Path(path).name)
    }
    assert elsewhere == set()


@pytest.mark.slow
def test_without_any_network(tmp_path: Path, small_speech: Path, small_target: Path) -> None:
    alone = ["unshare", "-rn"]
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("network namespaces are not allowed here")
    home, workspace = Home(tmp_path), tmp_path / "workspace"
    run([*alone, *command(workspace, small_speech, small_target)], home)
    assert verify(workspace / "output/words-painted/words-painted.mp4").state == "intact"
