"""The network of a pass."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from audio2video.models.network_file import read_network, save_network
from audio2video.mouth.architecture import Architecture
from audio2video.mouth.basis import ShapeBasis
from audio2video.mouth.predictor import Predictor

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Load a network, and predict with it."""
    path = folder / "network.npz"
    path.write_bytes(data)
    with refused():
        network = read_network(path)
        with np.errstate(all="ignore"):
            network.coefficients(np.zeros((2, network.architecture.inputs)))


def seeds() -> list[bytes]:
    """Give the smallest network of each kind."""
    found = []
    for kind in ("lstm", "bilstm", "conv"):
        form = Architecture(kind, 1, 1, 1, 1)
        one = np.ones(1, np.float32)
        network = Predictor(
            form,
            form.initial(np.random.default_rng(0)),
            *(one, one, one, one),
            0,
            ShapeBasis(np.zeros(40), np.zeros((1, 40)), np.ones(1)),
            np.zeros((20, 2)),
            "audio2video",
        )
        with TemporaryDirectory() as folder:
            save_network(network, Path(folder) / "network.npz")
            found.append((Path(folder) / "network.npz").read_bytes())
    return found


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
