"""NumPy's two file formats, looked at before anything is allocated.

A header of a few bytes can claim any number of elements, and a member of an archive can unpack to
a thousand times its size. Here a header is believed only as far as there are bytes behind it.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from .limits import MAX_UNPACKED_BYTES

KINDS = "fciubUS"
"""Kinds of elements that are read: numbers, truth values, and text."""

MAX_DIMENSIONS = 32
"""The most that all versions of NumPy can have."""


@dataclass(frozen=True)
class Header:
    """Header of an array file.

    Parameters
    ----------
    dtype : dtype
    shape : tuple of int
    fortran : bool
        The first index changes fastest.
    offset : int
        Bytes before the elements.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool
    offset: int

    @property
    def order(self) -> Any:
        """The same in NumPy's word."""
        return "F" if self.fortran else "C"

    @property
    def size(self) -> int:
        """Bytes of all elements."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes], size: int) -> Header:
    """Read the header of a ``.npy`` file, and check it against the file's size.

    Parameters
    ----------
    file : binary file
        At its beginning; left at the first element.
    size : int
        Bytes of the whole file.

    Raises
    ------
    ValueError
        It is none, is of elements that are not in `KINDS`, or the file is not exactly as long as
        it says. NumPy's parser raises other errors for some damaged headers.
    """
    version = np.lib.format.read_magic(file)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError("another version of the format")
    shape, fortran, dtype = readers[version](file)
    header = Header(dtype, shape, bool(fortran), file.tell())
    if dtype.hasobject or dtype.kind not in KINDS or dtype.itemsize == 0:
        raise ValueError("elements that are neither numbers nor text")
    if len(shape) > MAX_DIMENSIONS or min(shape, default=0) < 0:
        raise ValueError("no such shape")
    if header.offset + header.size != size:
        raise ValueError(f"{size} bytes, {header.offset + header.size} by its header")
    return header


def map_array(path: Path) -> np.memmap[Any, Any]:
    """Map a ``.npy`` file, to be read only.

    Raises
    ------
    Exception
        See `read_header`; or the file can't be opened.
    """
    with path.open("rb") as file:
        header = read_header(file, os.fstat(file.fileno()).st_size)
    return np.memmap(path, header.dtype, "r", header.offset, header.shape, order=header.order)


def load_array(path: Path) -> NDArray[Any]:
    """Read a ``.npy`` file.

    Raises
    ------
    Exception
        See `read_header`; or the file can't be opened.
    """
    with path.open("rb") as file:
        return _read(file, os.fstat(file.fileno()).st_size)


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read all arrays of a ``.npz`` file.

    Raises
    ------
    ValueError
        An array is damaged, two have one name, or all together would take more than the file's own
        size where they are stored as they are, or than `MAX_UNPACKED_BYTES` where compressed.
        The readers of archives raise other errors for damage of other kinds.
    """
    with path.open("rb") as file, ZipFile(file) as archive:
        members = archive.infolist()
        names = [_name(member) for member in members]
        if len(set(names)) < len(names):
            raise ValueError("two arrays of one name")
        limits = {
            ZIP_STORED: os.fstat(file.fileno()).st_size,
            ZIP_DEFLATED: MAX_UNPACKED_BYTES,
        }
        for method, most in limits.items():
            if sum(m.file_size for m in members if m.compress_type == method) > most:
                raise ValueError("unpacks to more than it may")
        arrays = {}
        for name, member in zip(names, members, strict=True):
            with archive.open(member) as content:
                arrays[name] = _read(content, member.file_size)
                if content.read(1):  # at its end the archive's checksum is looked at
                    raise ValueError("longer than it says")
        return arrays


def _name(member: ZipInfo) -> str:
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise ValueError("compressed in a way that is not read")
    if not member.filename.endswith(".npy"):
        raise ValueError("a member that is no array")
    return member.filename.removesuffix(".npy")


def _read(file: IO[bytes], size: int) -> NDArray[Any]:
    header = read_header(file, size)
    content = bytearray(header.size)
    filled = 0
    while filled < len(content):
        # In parts: memory is taken as content comes, and an archive may claim more than it holds.
        block = file.read(min(1 << 24, len(content) - filled))
        if not block:
            raise ValueError("ends too early")
        content[filled : filled + len(block)] = block
        filled += len(block)
    array: NDArray[Any] = np.ndarray(header.shape, header.dtype, content, order=header.order)
    # Compiled kernels know the machine's own order of bytes alone.
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


class ArrayWriter:
    """Writes a uint8 array row by row; memory does not grow with its length.

    It is written like any file, not through a memory map: its pages would count as memory of this
    process, and a full disk would end it.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        The whole array's; rows are along its first axis.
    """

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._rows, self._size = shape[0], math.prod(shape[1:])
        header = {
            "descr": np.lib.format.dtype_to_descr(np.dtype(np.uint8)),
            "fortran_order": False,
            "shape": shape,
        }
        self._file = path.open("wb")
        np.lib.format.write_array_header_1_0(self._file, header)
        self._start = self._file.tell()

    def __enter__(self) -> ArrayWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if error is None:
                self._file.truncate(self._start + self._rows * self._size)

    def write(self, index: int, row: NDArray[np.uint8]) -> None:
        """Write a row; rows that are never written are zero."""
        self._file.seek(self._start + index * self._size)
        self._file.write(np.ascontiguousarray(row).data)
