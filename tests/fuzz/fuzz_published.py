"""The feature sets that others have published: dumped matrices, times, numbers."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np

from audio2video.training.dataset.published import (
    find_published,
    on_our_clock,
    read_features,
    read_mouth,
    set_scale,
)

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Read a file as each of a set's, in both layouts."""
    for place, name in (
        ("raw/fids", "fidsCoeff.npy"),
        ("obama_data", "frontalfidsCoeff_unrefined.bin"),
    ):
        root = folder / place.replace("/", "_")
        fragment = root / place / "a}}00"
        fragment.mkdir(parents=True, exist_ok=True)
        for part in (name, "startframe.txt", "nframe.txt"):
            (fragment / part).write_bytes(data)
            with refused():
                found = find_published(root)
                if found is not None:
                    read_mouth(found, found.fragments["a"][0], np.zeros((40, 20)))
            if part != name:
                (fragment / part).unlink()
    path = folder / "features.npy"
    path.write_bytes(data)
    with refused():
        features = read_features(path)
        assert np.isfinite(on_our_clock(features, *set_scale(iter([features])))).all()


def seeds() -> list[bytes]:
    """Give a dumped matrix, arrays, numbers; sizes and times that nothing has."""
    times = np.arange(4)[:, None] / 100
    found = []
    for array in (
        np.zeros((3, 20)),
        np.hstack([np.ones((4, 14)), times]),
        np.hstack([np.ones((4, 14)), times * 1e300]),
        np.hstack([np.ones((4, 14)) * 1e300, times - 1]),
    ):
        file = io.BytesIO()
        np.save(file, array)
        found.append(file.getvalue())
    matrix = bytes([5]) + struct.pack("<ii", 2, 20) + bytes(4 * 40)
    huge = bytes([5]) + struct.pack("<ii", 2**31 - 1, 20)
    return [*found, matrix, huge, b"3", b"-1\n", b"9" * 900, b" ", b"1e9"]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
