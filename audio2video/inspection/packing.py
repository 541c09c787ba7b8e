"""Arrays as JSON values, no more exact than a page can show."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = -32768
"""What stands for no number among packed ones."""


def rounded(values: NDArray[Any], digits: int = 4) -> list[float | None]:
    """Give numbers as a JSON list; what is not finite becomes None."""
    plain = np.round(np.asarray(values, np.float64), digits).tolist()
    return [value if np.isfinite(value) else None for value in plain]


def packed(values: NDArray[Any], scale: float, kind: str = "int16") -> dict[str, Any]:
    """Pack numbers of any shape as whole multiples of a scale.

    Parameters
    ----------
    values : ndarray
        What is not finite is kept as missing, in int16.
    scale : float
    kind : {'int16', 'int8', 'uint8'}

    Returns
    -------
    dict
        ``shape``, ``kind``, ``scale`` and ``data``: little-endian bytes in base64.
    """
    info = np.iinfo(kind)
    low = MISSING + 1 if kind == "int16" else info.min
    numbers = np.asarray(values, np.float64)
    there = np.isfinite(numbers)
    whole = np.clip(np.round(np.where(there, numbers, 0.0) / scale), low, info.max)
    if kind == "int16":
        whole = np.where(there, whole, MISSING)
    data = whole.astype(np.dtype(kind).newbyteorder("<")).tobytes()
    return {
        "shape": list(numbers.shape),
        "kind": kind,
        "scale": scale,
        "data": base64.b64encode(data).decode("ascii"),
    }


def coded(data: bytes) -> str:
    """Give bytes as text."""
    return base64.b64encode(data).decode("ascii")


def runs_of(flags: NDArray[np.bool_]) -> list[list[int]]:
    """Give the runs of True as first and behind the last."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return edges.reshape(-1, 2).tolist()
