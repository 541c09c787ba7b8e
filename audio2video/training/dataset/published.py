"""The feature sets that others have published for this method, read where they lie.

Two layouts are known: that of the network's authors (``obama_data``), and that of a later project
(``raw`` and ``reference``). Both have speech features of whole videos with a time for each row, and
mouth coefficients of fragments at 29.97 frames/s; neither has pictures or sound.
"""

from __future__ import annotations

import re
import struct
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import BadFileError, MissingFileError
from ...speech.features import FEATURE_RATE, STATIC_FEATURES, with_differences
from ...storage.arrays import read_array
from ...storage.limits import MAX_MATRIX_BYTES, MAX_NUMBER_BYTES, read_limited
from ..corpus import SEPARATOR

RATE = Fraction(30000, 1001)
"""Frames per second of the mouth coefficients; both sets say 29.97."""

PREFIX = "published_"
"""Before the names of converted recordings, so that they lie beside the originals."""

MAX_STEP, MAX_SILENCE = 0.1, 3600.0
"""Seconds: mean time from row to row, and of the first row. Rows are 0.01 s apart."""

MAX_FEATURE = 1e6
"""Cepstra are below 100, and so are times of a day in seconds below this."""

MAX_FRAME = 10**9

BASIS_FILE = Path("reference", "PCA_MAT.npy")
_MADE_BY = "the set's own maker"
_AGAIN = "download the set again"
_NAME = re.compile(rf"(?P<link>.+){re.escape(SEPARATOR)}(?P<number>\d{{2,}})")


@dataclass(frozen=True)
class PublishedFragment:
    """A fragment as it lies in the set.

    Parameters
    ----------
    link, number : str
        Name of the video, number of the fragment.
    folder : Path
    """

    link: str
    number: str
    folder: Path


@dataclass(frozen=True)
class PublishedSet:
    """A published feature set.

    Parameters
    ----------
    root : Path
        The folder that holds ``raw`` or ``obama_data``.
    fragments : dict of list of PublishedFragment
        Of each video.
    features_folder : Path
    features_suffix : str
        A video's speech features are in ``<features_folder>/<link><features_suffix>``.
    coefficients : callable
        Reads the mouth coefficients in a fragment's folder, shape (T, 20).
    first_number : int
        What ``startframe.txt`` calls the first frame of a video.
    """

    root: Path
    fragments: dict[str, list[PublishedFragment]]
    features_folder: Path
    features_suffix: str
    coefficients: Callable[[Path], NDArray[np.float64]]
    first_number: int

    def features(self, link: str) -> Path:
        """Give the file of a video's speech features."""
        return self.features_folder / f"{link}{self.features_suffix}"


def find_published(folder: Path) -> PublishedSet | None:
    """Recognise a published set by its files; None if there is none in the folder."""
    # The inner folder's name may be given as well.
    root = folder.parent if folder.name in ("raw", "obama_data") else folder
    later, first = root / "raw", root / "obama_data"
    fragments = _fragments(later / "fids", "fidsCoeff.npy")
    if fragments:
        return PublishedSet(root, fragments, later / "mfcc", ".npy", _later_mouth, 0)
    fragments = _fragments(first, "frontalfidsCoeff_unrefined.bin")
    if fragments:
        sound = first / "audio" / "normalized-cep13"
        return PublishedSet(root, fragments, sound, ".wav.npy", _first_mouth, 1)
    return None


def _fragments(folder: Path, file_name: str) -> dict[str, list[PublishedFragment]]:
    found: dict[str, list[PublishedFragment]] = defaultdict(list)
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match and (path / file_name).exists():
            found[match["link"]].append(PublishedFragment(match["link"], match["number"], path))
    return dict(found)


def _later_mouth(folder: Path) -> NDArray[np.float64]:
    array = read_array(folder / "fidsCoeff.npy", (None, 20), made_by=_MADE_BY)
    return np.asarray(array, np.float64)


def _first_mouth(folder: Path) -> NDArray[np.float64]:
    return read_float_matrix(folder / "frontalfidsCoeff_unrefined.bin", 20)


def read_float_matrix(path: Path, columns: int) -> NDArray[np.float64]:
    """Read a matrix as the network's authors dump those of OpenCV.

    One byte that names the element type (5: float32), rows and columns as 32-bit integers, then the
    elements row by row; all little-endian.

    Raises
    ------
    BadFileError
        It is not such a matrix, is cut off, or has another number of columns.
    """
    data = read_limited(path, MAX_MATRIX_BYTES, _AGAIN)
    if len(data) < 9 or data[0] != 5:
        raise BadFileError("not a dumped matrix of floats", path=path, hint=_AGAIN)
    rows, width = struct.unpack("<ii", data[1:9])
    if rows < 1 or width != columns:
        raise BadFileError(f"is {rows} x {width}, {columns} columns needed", path=path, hint=_AGAIN)
    if len(data) != 9 + 4 * rows * width:
        raise BadFileError("cut off, or longer than it says", path=path, hint=_AGAIN)
    matrix = np.frombuffer(data, "<f4", offset=9).reshape(rows, width)
    if not np.isfinite(matrix).all():
        raise BadFileError("holds NaN or infinity", path=path, hint=_AGAIN)
    return matrix.astype(np.float64)


def read_basis(published: PublishedSet, workspace_root: Path) -> NDArray[np.float64]:
    """Read the matrix from coefficients to shapes, (40, 20): the set's, or the workspace's.

    Raises
    ------
    MissingFileError, BadFileError
        It is missing or damaged.
    """
    places = [root / BASIS_FILE for root in (published.root, workspace_root)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise MissingFileError(
            "the published set lacks its shape basis",
            path=places[0],
            hint="put PCA_MAT.npy (40 x 20) there",
        )
    return np.asarray(read_array(path, (40, 20), made_by=_MADE_BY), np.float64)


def read_features(path: Path) -> NDArray[np.float64]:
    """Read a video's speech features as published: 14 numbers and the time in seconds a row.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing or damaged, its times do not ascend or are not near 100 Hz, or its
        numbers are beyond any sound's.
    """
    array = np.asarray(read_array(path, (None, STATIC_FEATURES + 1), made_by=_MADE_BY), np.float64)
    if len(array) < 2 or (np.diff(array[:, -1]) <= 0).any():
        raise BadFileError("the times in its last column do not ascend", path=path, hint=_AGAIN)
    first, last = array[0, -1], array[-1, -1]
    if abs(first) > MAX_SILENCE or last - first > MAX_STEP * len(array):
        raise BadFileError(
            f"its {len(array)} rows are from {first:g} s to {last:g} s", path=path, hint=_AGAIN
        )
    if np.abs(array).max() > MAX_FEATURE:
        raise BadFileError("holds numbers that no speech feature has", path=path, hint=_AGAIN)
    return array


def set_scale(features: Iterator[NDArray[np.float64]]) -> tuple[NDArray[np.float64], ...]:
    """Compute mean and standard deviation of each of the 14 features over a whole set."""
    count = 0
    sums, squares = np.zeros(STATIC_FEATURES), np.zeros(STATIC_FEATURES)
    for array in features:
        static = array[:, :STATIC_FEATURES]
        count += len(static)
        sums += static.sum(axis=0)
        squares += (static**2).sum(axis=0)
    mean = sums / max(count, 1)
    spread = np.sqrt(np.maximum(squares / max(count, 1) - mean**2, 0.0))
    return mean, np.where(spread > 1e-8, spread, 1.0)


def on_our_clock(
    features: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Bring a video's features to exactly 100 Hz from time 0 on, scaled, with differences.

    Parameters
    ----------
    features : ndarray, shape (N, 15)
        See `read_features`.
    mean, spread : ndarray, shape (14,)
        See `set_scale`.

    Returns
    -------
    ndarray of float32, shape (F, 28)
        Before the first row and after the last one, these two go on.
    """
    times = features[:, -1]
    rows = np.arange(int(np.floor(times[-1] * FEATURE_RATE)) + 1) / FEATURE_RATE
    scaled = (features[:, :STATIC_FEATURES] - mean) / spread
    static = np.column_stack([np.interp(rows, times, column) for column in scaled.T])
    return with_differences(static)


def read_mouth(
    published: PublishedSet, fragment: PublishedFragment, basis: NDArray[np.float64]
) -> tuple[NDArray[np.float32], int]:
    """Read a fragment's mouth shapes, (T, 20, 2), and which frame of the video the first one is.

    Raises
    ------
    MissingFileError, BadFileError
        A file is missing or damaged, or they contradict each other.
    """
    coefficients = published.coefficients(fragment.folder)
    first = _number(fragment.folder / "startframe.txt", default=published.first_number)
    frames = _number(fragment.folder / "nframe.txt", default=len(coefficients))
    if frames != len(coefficients):
        raise BadFileError(
            f"says {frames} frames, there are {len(coefficients)}",
            path=fragment.folder / "nframe.txt",
            hint=_AGAIN,
        )
    with np.errstate(over="ignore", invalid="ignore"):
        shapes = (coefficients @ basis.T).reshape(-1, 20, 2).astype(np.float32)
    if not np.isfinite(shapes).all():
        raise BadFileError("holds numbers that no mouth has", path=fragment.folder, hint=_AGAIN)
    return shapes, first - published.first_number


def _number(path: Path, default: int) -> int:
    if not path.is_file():
        return default
    try:
        value = int(read_limited(path, MAX_NUMBER_BYTES, _AGAIN).decode("ascii").split()[0])
    except (ValueError, IndexError) as error:
        raise BadFileError("holds no whole number", path=path, hint=_AGAIN) from error
    if value < 0:
        raise BadFileError("holds a negative number", path=path, hint=_AGAIN)
    if value > MAX_FRAME:
        raise BadFileError("holds a number that no frame has", path=path, hint=_AGAIN)
    return value
