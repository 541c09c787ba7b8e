"""Weights of visemes and of jaw and lip controls over time, as files for animators."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from .._typing import F64
from ..errors import OptionError
from ..mouth.controls import CONTROLS, control_weights
from ..mouth.meeting import meet_lips
from ..mouth.prediction import MouthTrack
from ..mouth.shapes import carry_shapes
from ..mouth.visemes import VISEMES, viseme_weights
from ..storage.files import replacing

FORMATS = (".csv", ".json", ".npy")

DIGITS = 5
"""Decimals that are written as text."""

NAMES = tuple(f"viseme_{name}" for name in VISEMES) + CONTROLS
"""Columns behind the time."""


def check_format(path: Path) -> None:
    """Make sure that a name ends in one of `FORMATS`.

    Raises
    ------
    OptionError
        It does not.
    """
    if path.suffix.lower() not in FORMATS:
        raise OptionError(
            "weights can't be written in this format",
            path=path,
            hint=f"end it in {', '.join(FORMATS)}",
        )


def animator_weights(mouth: MouthTrack, *, predicted: bool) -> F64:
    """Give the weights of mouth shapes, shape (T, 25), in the order of `NAMES`.

    Controls of predicted shapes are those of lips that meet (`meet_lips`), and of a straight mouth:
    its crookedness is that of the speakers it was learned from.
    """
    shapes = np.asarray(mouth.shapes, np.float64)
    if predicted:
        met = meet_lips(shapes, mouth.reference)
        shapes = carry_shapes(met, mouth.reference, mouth.reference)
    return np.hstack(
        [
            viseme_weights(mouth.shapes, mouth.reference, mouth.rate),
            control_weights(shapes, mouth.reference),
        ]
    )


def write_weights(mouth: MouthTrack, path: Path, *, predicted: bool) -> None:
    """Write the weights of mouth shapes.

    CSV has a line of headings, the time in seconds first. JSON has ``names``, ``rate`` (a fraction,
    as text), ``fps`` and ``frames``, a list of numbers for each frame. NPY has a structured array
    of float32 whose fields are ``time`` and the names.

    Parameters
    ----------
    mouth : MouthTrack
    path : Path
        Ends in one of `FORMATS`; what is there is replaced.
    predicted : bool
        Whether a pass predicted them; see `animator_weights`.

    Raises
    ------
    OptionError
        It ends otherwise.
    """
    check_format(path)
    weights = animator_weights(mouth, predicted=predicted)
    times = mouth.times
    kind = path.suffix.lower()
    with replacing(path) as temporary:
        if kind == ".csv":
            with temporary.open("w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(["time", *NAMES])
                for time, row in zip(times.tolist(), weights.tolist(), strict=True):
                    writer.writerow([f"{value:.{DIGITS}f}" for value in (time, *row)])
        elif kind == ".json":
            content = {
                "names": list(NAMES),
                "rate": str(mouth.rate),
                "fps": float(mouth.rate),
                "frames": np.round(weights, DIGITS).tolist(),
            }
            temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
        else:
            table = np.empty(len(mouth), [(name, "<f4") for name in ("time", *NAMES)])
            table["time"] = times
            for k, name in enumerate(NAMES):
                table[name] = weights[:, k]
            np.save(temporary, table, allow_pickle=False)
