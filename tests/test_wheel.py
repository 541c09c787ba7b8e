"""The built wheel holds all that an empty folder needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the files that git would clone, unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def test_wheel_holds_the_shipped_files(unpacked: Path) -> None:
    shipped = unpacked / "audio2video" / "shipped"
    for name in (
        "train/grid_s1/network.npz",
        "train/grid_s1/README.md",
        "train/grid_s1/options.json",
        "train/grid_s1_delayed/network.npz",
        "reference/shapes.npz",
        "input/mp3/demo.mp3",
    ):
        assert (shipped / name).read_bytes() == (ROOT / name).read_bytes()
    (info,) = unpacked.glob("audio2video-*.dist-info")
    assert (info / "licenses" / "NOTICE").is_file()
    assert not list(unpacked.glob("tests")), "tests do not belong into the wheel"


def test_wheel_works_in_an_empty_folder(unpacked: Path, tmp_path: Path, small_target: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "audio2video", "run", "--steps", "1", "--video", small_target],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "input" / "ldmk" / "grid_s1" / "demo.npy").is_file()
    assert (tmp_path / "raw" / "links.txt").is_file()
    # The speech was read where it is shipped; nothing was copied into the workspace's inputs.
    assert list((tmp_path / "input" / "mp3").iterdir()) == []
