"""The built wheel holds all that an empty folder needs."""

from __future__ import annotations

import re
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
    shipped = {path.relative_to(ROOT) for path in (ROOT / "audio2video" / "assets").rglob("*.*")}
    assert Path("audio2video/assets/passes/grid_s1/network.npz") in shipped
    assert Path("audio2video/assets/demo.mp4") in shipped
    for name in shipped:
        assert (unpacked / name).read_bytes() == (ROOT / name).read_bytes()
    (info,) = unpacked.glob("audio2video-*.dist-info")
    assert (info / "licenses" / "NOTICE").is_file()
    places = {path.name for path in unpacked.iterdir()}
    assert places == {"audio2video", info.name}, "neither tests nor tools belong into the wheel"


def test_wheel_needs_no_extra_for_steps_1_to_4(unpacked: Path) -> None:
    (info,) = unpacked.glob("audio2video-*.dist-info")
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    core = {
        re.split(r"[^\w.-]", line.split(": ")[1])[0] for line in needed if "extra ==" not in line
    }
    assert not core & {
        *("tensorflow", "tensorboard", "distributed", "yt-dlp", "scenedetect-headless"),
        "scikit-image",
    }
    assert {"numpy", "c2pa-python", "numba"} <= core
    extras = set(re.findall(r"Provides-Extra: (\w+)", metadata))
    assert {"train", "cluster", "download", "evaluate", "web", "all", "dev"} == extras


def test_wheel_works_in_an_empty_folder(unpacked: Path, tmp_path: Path, small_target: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "audio2video", "run", "--steps", "1", "--video", small_target],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "input" / "ldmk" / "talkers" / "demo.npy").is_file()
    assert (tmp_path / "raw" / "links.txt").is_file()
    # The speech was read where it is shipped; nothing was copied into the workspace's inputs.
    assert list((tmp_path / "input" / "mp3").iterdir()) == []
