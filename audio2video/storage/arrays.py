"""Arrays on disk, read as data only, their shape, type and finiteness checked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError, MissingFileError
from .npy import load_array, load_arrays, map_array

SEAL = "sha256"
"""Name of the array that holds the digest of all others; see `sealed`."""


def read_array(
    path: Path,
    shape: tuple[int | None, ...],
    *,
    made_by: str,
    mmap: bool = False,
    dtype: type[np.generic] | None = None,
) -> NDArray[Any]:
    """Read a ``.npy`` file.

    Parameters
    ----------
    path : Path
    shape : tuple of int or None
        The shape it must have; None stands for any length of at least 1.
    made_by : str
        What makes the file, for the error messages: 'step 1 (lipsync)'.
    mmap : bool
        Map the file instead of reading it; its values are not checked then.
    dtype : type, optional
        What its numbers must be; any kind of number by default.

    Returns
    -------
    ndarray

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is damaged, longer or shorter than its header says, of another shape, not of such
        numbers, or holds NaN or infinity.
    """
    if not path.is_file():
        raise MissingFileError("file not found", path=path, hint=f"{made_by} makes it")
    again = f"{made_by} makes it again with --force True"
    try:
        array = map_array(path) if mmap else load_array(path)
    except Exception as error:  # TokenError, SyntaxError, OverflowError: all mean damage
        raise BadFileError("not a NumPy array file, or damaged", path=path, hint=again) from error
    if array.dtype.kind not in "fiub":
        raise BadFileError("not an array of numbers", path=path, hint=again)
    check_shape(array, shape, path, again)
    if dtype is not None and array.dtype != dtype:
        raise BadFileError(f"is of {array.dtype}, {np.dtype(dtype)} needed", path=path, hint=again)
    if not mmap:
        check_finite(array, path, again)
    return array


def read_item(mapped: NDArray[Any], index: int) -> NDArray[Any]:
    """Read one item of an array that `read_array` mapped, and leave its pages unmapped.

    Pages once touched through the map count as memory of the process, which would grow with the
    length of what is read.

    Parameters
    ----------
    mapped : ndarray, shape (N, ...)
        Memory-mapped, or any other.
    index : int

    Returns
    -------
    ndarray, shape (...)
        Of its own memory.
    """
    if (
        not isinstance(mapped, np.memmap)
        or mapped.filename is None
        or not mapped.flags.c_contiguous
    ):
        return np.array(mapped[index])
    count = int(np.prod(mapped.shape[1:]))
    place = mapped.offset + index * count * mapped.itemsize
    item = np.fromfile(mapped.filename, mapped.dtype, count, offset=place)
    return np.asarray(item.reshape(mapped.shape[1:]))


def read_arrays(path: Path, names: tuple[str, ...], *, made_by: str) -> dict[str, NDArray[Any]]:
    """Read named arrays from a ``.npz`` file.

    Parameters
    ----------
    path : Path
    names : tuple of str
        Arrays that must be there.
    made_by : str
        What makes the file, for the error messages.

    Returns
    -------
    dict
        All arrays in the file.

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is damaged or too large (see `audio2video.storage.npy.load_arrays`), was changed after
        it was `sealed`, lacks an array, or one holds NaN or infinity.
    """
    if not path.is_file():
        raise MissingFileError("file not found", path=path, hint=f"{made_by} makes it")
    again = f"{made_by} makes it again with --force True"
    try:
        arrays = load_arrays(path)
    except Exception as error:  # zipfile, zlib, ValueError, EOFError: all mean damage
        raise BadFileError("not a NumPy npz file, or damaged", path=path, hint=again) from error
    seal = arrays.pop(SEAL, None)
    if seal is not None and str(seal) != _digest(arrays):
        raise BadFileError("was changed after it was written", path=path, hint=again)
    missing = [name for name in names if name not in arrays]
    if missing:
        raise BadFileError(f"has no array '{missing[0]}'", path=path, hint=again)
    for array in arrays.values():
        check_finite(array, path, again)
    return arrays


def sealed(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Add a digest of arrays to them; `read_arrays` refuses the file if they are not the same then.

    It shows damage and changes by hand, not those of somebody who makes another digest as well.
    """
    return {**arrays, SEAL: np.array(_digest(arrays))}


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return digest.hexdigest()


def check_shape(array: NDArray[Any], shape: tuple[int | None, ...], path: Path, hint: str) -> None:
    """Raise `BadFileError` unless an array has the shape (None: any length of at least 1)."""
    fits = array.ndim == len(shape) and all(
        length > 0 if wanted is None else length == wanted
        for length, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted_text = ", ".join("any" if n is None else str(n) for n in shape)
        raise BadFileError(f"has shape {array.shape}, ({wanted_text}) needed", path=path, hint=hint)


def check_within(array: NDArray[Any], most: float, path: Path, hint: str) -> None:
    """Raise `BadFileError` if an array holds a number that is further from 0 than so much."""
    if array.size and not np.abs(array).max() <= most:
        raise BadFileError(f"holds numbers beyond {most:g}", path=path, hint=hint)


def check_finite(array: NDArray[Any], path: Path, hint: str) -> None:
    """Raise `BadFileError` if an array of floats holds NaN or infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadFileError("holds NaN or infinity", path=path, hint=hint)
