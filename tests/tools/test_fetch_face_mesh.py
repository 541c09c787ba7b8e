"""The weights of the face mesh are those in the published package."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import pytest

from audio2video.models.mesh_file import mesh_path
from tools.fetch_face_mesh import MEMBER, weights_in


def test_weights_are_read_from_a_wheel(tmp_path: Path) -> None:
    content = mesh_path().read_bytes()
    wheel = tmp_path / "mediapipe.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, content)
    assert weights_in(wheel) == content


def test_other_files_are_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "mediapipe.whl"
    wheel.write_bytes(b"no wheel")
    with pytest.raises(ValueError, match=r"mediapipe.whl holds no mediapipe/modules/face_land"):
        weights_in(wheel)
    with ZipFile(wheel, "w") as archive:
        archive.writestr("other", b"")
    with pytest.raises(ValueError, match=r"mediapipe.whl holds no mediapipe/modules/face_land"):
        weights_in(wheel)
    with ZipFile(wheel, "w") as archive:
        archive.writestr(MEMBER, b"others")
    with pytest.raises(ValueError, match=r"mediapipe.whl holds other weights: SHA-256 "):
        weights_in(wheel)
