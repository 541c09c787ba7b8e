"""A trained listener in one file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError, MissingFileError
from ..listening.codebook import PIECE, Codebook
from ..listening.predictor import (
    BINS_AFTER,
    BINS_BEFORE,
    FEATURES,
    PAST,
    ListenerModel,
)
from ..listening.wish import ASPECTS
from ..storage.npy import load_arrays

FORMAT = 1
MAX_CODES, MAX_HIDDEN = 4096, 4096

AGAIN = "train it again with --steps 0 --dyadic DIR --force True"

_WEIGHTS = ("w1", "b1", "w2", "b2")


def save_listener(model: ListenerModel, path: Path) -> None:
    """Write a trained listener to an npz file that holds data only."""
    arrays: dict[str, NDArray[np.generic]] = {
        "format": np.array(FORMAT),
        "pieces": model.codebook.pieces,
        "scale": model.codebook.scale,
        "mean": model.mean,
        "std": model.std,
        **model.weights,
    }
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_listener(path: Path) -> ListenerModel:
    """Read a trained listener.

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, or it is damaged or no trained listener of this package.
    """
    if not path.is_file():
        raise MissingFileError(
            "trained listener not found", path=path, hint="--steps 0 --dyadic DIR trains one"
        )
    try:
        a = load_arrays(path)
        if int(a["format"]) != FORMAT:
            raise BadFileError("a trained listener of another format", path=path, hint=AGAIN)
        codes, hidden = len(a["pieces"]), len(a["b1"])
        if not 2 <= codes <= MAX_CODES or not 1 <= hidden <= MAX_HIDDEN:
            raise ValueError("no such sizes")
        inputs = (BINS_BEFORE + BINS_AFTER) * FEATURES + PAST * codes
        shapes = {
            "pieces": (codes, PIECE, len(ASPECTS)),
            "scale": (len(ASPECTS),),
            "mean": (FEATURES,),
            "std": (FEATURES,),
            "w1": (inputs, hidden),
            "b1": (hidden,),
            "w2": (hidden, codes),
            "b2": (codes,),
        }
        for name, shape in shapes.items():
            if a[name].shape != shape or a[name].dtype.kind != "f":
                raise ValueError(f"{name} does not fit")
            if not np.isfinite(a[name]).all():
                raise ValueError(f"{name} holds NaN or infinity")
        if not (a["scale"] > 0).all() or not (a["std"] > 0).all():
            raise ValueError("scales must be positive")
    except BadFileError:
        raise
    except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
        raise BadFileError("not a trained listener, or damaged", path=path, hint=AGAIN) from error
    weights = {name: np.asarray(a[name], np.float64) for name in _WEIGHTS}
    return ListenerModel(Codebook(a["pieces"], a["scale"]), weights, a["mean"], a["std"])
