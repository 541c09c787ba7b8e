"""Commands beside ``run``, in a process of their own or in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from inside import run_inside

from audio2video.cli.main import main

ROOT = Path(__file__).resolve().parents[2]


def subcommand(name: str, *args: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run ``audio2video NAME ARGS`` in a folder, on the workspace in it."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "audio2video", name, *map(str, args)),
            *("--workspace", str(folder / "workspace")),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},  # the same arithmetic as in this process
    )


def subcommand_here(name: str, *args: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the same in this process, where that it starts is not what is tested."""
    words = [name, *map(str, args), "--workspace", str(folder / "workspace")]
    return run_inside(main, words, folder)
