"""Arrays on disk, read as data only, their shape, type and finiteness checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import BadFileError, MissingFileError


def read_array(
    path: Path, shape: tuple[int | None, ...], *, made_by: str, mmap: bool = False
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

    Returns
    -------
    ndarray

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is damaged, of another shape, not of numbers, or holds NaN or infinity.
    """
    if not path.is_file():
        raise MissingFileError("file not found", path=path, hint=f"{made_by} makes it")
    again = f"{made_by} makes it again with --force True"
    try:
        array = np.load(path, mmap_mode="r" if mmap else None, allow_pickle=False)
    except Exception as error:  # TokenError, BadZipFile, OverflowError: all mean damage
        raise BadFileError("not a NumPy array file, or damaged", path=path, hint=again) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise BadFileError("not an array of numbers", path=path, hint=again)
    check_shape(array, shape, path, again)
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
    if not isinstance(mapped, np.memmap) or mapped.filename is None:
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
        It is damaged, lacks an array, or one holds NaN or infinity.
    """
    if not path.is_file():
        raise MissingFileError("file not found", path=path, hint=f"{made_by} makes it")
    again = f"{made_by} makes it again with --force True"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # zipfile, zlib, ValueError, EOFError: all mean damage
        raise BadFileError("not a NumPy npz file, or damaged", path=path, hint=again) from error
    missing = [name for name in names if name not in arrays]
    if missing:
        raise BadFileError(f"has no array '{missing[0]}'", path=path, hint=again)
    for array in arrays.values():
        check_finite(array, path, again)
    return arrays


def check_shape(array: NDArray[Any], shape: tuple[int | None, ...], path: Path, hint: str) -> None:
    """Raise `BadFileError` unless an array has the shape (None: any length of at least 1)."""
    fits = array.ndim == len(shape) and all(
        length > 0 if wanted is None else length == wanted
        for length, wanted in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted_text = ", ".join("any" if n is None else str(n) for n in shape)
        raise BadFileError(f"has shape {array.shape}, ({wanted_text}) needed", path=path, hint=hint)


def check_finite(array: NDArray[Any], path: Path, hint: str) -> None:
    """Raise `BadFileError` if an array of floats holds NaN or infinity."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise BadFileError("holds NaN or infinity", path=path, hint=hint)
