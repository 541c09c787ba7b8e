"""Array files: headers that lie, dtypes of every kind, files that end too early."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from audio2video.storage.arrays import read_array, read_item

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Read a file in memory and mapped."""
    path = folder / "a.npy"
    path.write_bytes(data)
    for shape in ((None, 3), (None,), ()):
        for mmap in (False, True):
            with refused():
                array = read_array(path, shape, made_by="step 1", mmap=mmap)
                assert array.nbytes <= len(data)
                if shape:
                    read_item(array, len(array) - 1)


def seeds() -> list[bytes]:
    """Files of several dtypes and shapes, and headers that claim more than there is."""
    found = []
    for array in (
        np.zeros((4, 3), np.float32),
        np.asfortranarray(np.ones((2, 3))),
        np.arange(5, dtype=">i2"),
        np.array(["text"]),
        np.array(3.5),
        np.zeros((0, 3)),
    ):
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        found.append(file.getvalue())
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**15, 3)}
    np.lib.format.write_array_header_1_0(file, header)
    return [*found, file.getvalue(), b"\x93NUMPY\x01\x00", b""]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
