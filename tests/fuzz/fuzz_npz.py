"""Archives of arrays: checkpoints, sequences, lines, retimings; bombs and damaged members."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from audio2video.errors import BadFileError
from audio2video.storage.arrays import read_arrays, sealed
from audio2video.training.checkpoint import TrainingState

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Read a file as any archive, and as the checkpoint of a training."""
    path = folder / "a.npz"
    path.write_bytes(data)
    with refused():
        read_arrays(path, ("a",), made_by="step 1")
    with suppress(BadFileError, KeyError, TypeError, ValueError):  # `resume` makes one of them
        TrainingState.load(path)


def seeds() -> list[bytes]:
    """Give archives stored and compressed, one with a seal, one that unpacks to much."""
    arrays = {"a": np.arange(4.0), "b": np.array("text")}
    state = {
        "progress": np.array([1, 0]),
        "loss": np.zeros(2),
        "history": np.ones((1, 3)),
        "best": np.array([[0.5, 1.0]]),
        "seconds": np.array(2.0),
        "now/steps": np.array(3),
        "best0/kernel": np.zeros(2),
    }
    found = []
    for save, content in (
        (np.savez, arrays),
        (np.savez_compressed, arrays),
        (np.savez, sealed(arrays)),
        (np.savez, state),
        (np.savez_compressed, {"a": np.zeros(100_000)}),
    ):
        file = io.BytesIO()
        save(file, **content)
        found.append(file.getvalue())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", b"no array")
    return [*found, file.getvalue(), b"PK\x05\x06" + bytes(18)]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
