"""A trained network in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..mouth.architecture import DILATIONS, MAX_DILATION, NETWORKS, Architecture
from ..mouth.basis import ShapeBasis
from ..mouth.predictor import Predictor
from ..mouth.readout import Readout
from ..speech.encoder import MFCC, EncoderNote
from ..storage.npy import load_arrays

FORMAT = 4
READABLE = (2, 3, 4)
"""Format 2 knows neither encoders nor dilations, further members or a spread; 3 no read-out."""

MAX_MEMBERS = 32
MAX_RATE = 1000

AGAIN = "train the pass again with --force True"


def save_network(network: Predictor, path: Path) -> None:
    """Write a network to an npz file that holds data only."""
    form, encoder = network.architecture, network.encoder
    arrays: dict[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT),
        "kind": np.array(form.kind),
        "form": np.array([form.inputs, form.outputs, form.hidden, form.layers]),
        "dilations": np.array(form.dilations),
        "features": np.array(network.features),
        "encoder": np.array([encoder.name, encoder.version, encoder.sha256]),
        "encoder_rate": np.array(encoder.rate),
        "members": np.array(1 + len(network.others)),
        "delay": np.array(network.delay),
        "feature_mean": network.feature_mean,
        "feature_std": network.feature_std,
        "target_mean": network.target_mean,
        "target_std": network.target_std,
        "basis_mean": network.basis.mean,
        "basis_components": network.basis.components,
        "basis_variance": network.basis.variance,
        "reference": network.reference,
        **network.weights,
    }
    if network.spread is not None:
        arrays["spread"] = np.array(network.spread)
    if network.readout is not None:
        arrays["readout_kernel"] = network.readout.kernel
        arrays["readout_steps"] = np.array(network.readout.steps)
        arrays["readout_share"] = np.array(network.readout.share)
    for number, weights in enumerate(network.others, start=1):
        arrays |= {_member_name(name, number): array for name, array in weights.items()}
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_network(path: Path) -> Predictor:
    """Read a network; weights may be stored in half precision.

    Raises
    ------
    BadFileError
        The file is damaged or not a network of this package.
    """
    try:
        a = load_arrays(path)
        if int(a["format"]) not in READABLE:
            raise BadFileError("a network of another format", path=path, hint=AGAIN)
        kind, features = str(a.pop("kind")), str(a.pop("features"))
        inputs, outputs, hidden, layers = (int(n) for n in a["form"])
        # Before anything is multiplied: a damaged size must not ask for all memory.
        if kind not in NETWORKS or not 0 < layers <= len(a):
            raise ValueError("no such network")
        dilations = tuple(int(n) for n in a.get("dilations", np.array(DILATIONS)))
        if not dilations or not all(0 < n <= MAX_DILATION for n in dilations):
            raise ValueError("no such convolutions")
        encoder = _read_encoder(a)
        members = int(a.get("members", np.array(1)))
        if not 0 < members <= MAX_MEMBERS:
            raise ValueError("no such ensemble")
        form = Architecture(kind, inputs, outputs, hidden, layers, dilations)
        if any(array.dtype.kind not in "fiu" for array in a.values()):
            raise TypeError("an array that is not of numbers")
        network = Predictor(
            form,
            {name: np.asarray(a[name], np.float32) for name in form.shapes()},
            a["feature_mean"],
            a["feature_std"],
            a["target_mean"],
            a["target_std"],
            int(a["delay"]),
            ShapeBasis(a["basis_mean"], a["basis_components"], a["basis_variance"]),
            a["reference"],
            features,
            encoder,
            tuple(
                {name: np.asarray(a[_member_name(name, k)], np.float32) for name in form.shapes()}
                for k in range(1, members)
            ),
            float(a["spread"]) if "spread" in a else None,
            _read_readout(a),
        )
    except BadFileError:
        raise
    except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
        raise BadFileError("not a trained network or damaged", path=path, hint=AGAIN) from error
    if not network.fits():
        raise BadFileError(
            "a network with parts that do not fit each other",
            path=path,
            hint=AGAIN,
        )
    if not all(np.isfinite(array).all() for array in a.values()):
        raise BadFileError("the network holds NaN or infinity", path=path, hint=AGAIN)
    return network


def _member_name(name: str, member: int) -> str:
    """Name of a weight of a further member of an ensemble, in the file."""
    return f"member{member}_{name}"


def _read_readout(arrays: dict[str, NDArray[Any]]) -> Readout | None:
    """Read the linear read-out, if the network has one."""
    if "readout_kernel" not in arrays:
        return None
    steps = tuple(int(step) for step in arrays["readout_steps"])
    if not all(abs(step) <= MAX_DILATION for step in steps):
        raise ValueError("no such read-out")
    kernel = np.asarray(arrays["readout_kernel"], np.float32)
    return Readout(kernel, steps, float(arrays["readout_share"]))


def _read_encoder(arrays: dict[str, NDArray[Any]]) -> EncoderNote:
    """Take out what a file says of the encoder; one that says nothing is of the first one."""
    if "encoder" not in arrays:
        return MFCC
    name, version, sha256 = (str(text) for text in arrays.pop("encoder"))
    rate = int(arrays["encoder_rate"])
    if not 0 < rate <= MAX_RATE:
        raise ValueError("no such rate")
    return EncoderNote(name, version, sha256, rate)
