"""Rows of an array on disk, read where they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import read_array


@dataclass(frozen=True)
class StoredRows:
    """Consecutive rows of a ``.npy`` file, of which nothing stays in memory and no file open.

    A memory map holds its file open, and a corpus has more files than a process may hold.

    Parameters
    ----------
    path : Path
    first, count : int
        The rows.
    columns : int
    made_by : str
        What makes the file, for the error messages.
    """

    path: Path
    first: int
    count: int
    columns: int
    made_by: str

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.count, self.columns

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, wanted: Any) -> NDArray[np.floating]:
        """Read some rows, chosen as those of an array are.

        Raises
        ------
        MissingFileError, BadFileError
            The file is gone, or damaged.
        """
        whole = read_array(self.path, (None, self.columns), made_by=self.made_by, mmap=True)
        return np.array(whole[self.first : self.first + self.count][wanted])

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Read all rows; NumPy calls it."""
        return self[:].astype(dtype or np.float32)
