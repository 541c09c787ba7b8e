"""Taking jitter out of tracks without lag, over unbroken stretches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded
from scipy.signal import savgol_filter


def unbroken_stretches(
    valid: NDArray[np.bool_], broken_before: NDArray[np.bool_] | None = None
) -> list[slice]:
    """Find the maximal runs of valid frames.

    Parameters
    ----------
    valid : ndarray of bool, shape (T,)
    broken_before : ndarray of bool, shape (T,), optional
        True where a run must not continue from the frame before, as at a cut.

    Returns
    -------
    list of slice
    """
    runs: list[slice] = []
    start: int | None = None
    for index, ok in enumerate(valid):
        cut = broken_before is not None and bool(broken_before[index])
        if start is not None and (not ok or cut):
            runs.append(slice(start, index))
            start = None
        if ok and start is None:
            start = index
    if start is not None:
        runs.append(slice(start, len(valid)))
    return runs


def smooth_tracks(
    tracks: NDArray[np.floating], stretches: list[slice], window: int, order: int = 2
) -> NDArray[np.floating]:
    """Smooth values over time with a Savitzky-Golay filter, which has no lag.

    Parameters
    ----------
    tracks : ndarray, shape (T, ...)
    stretches : list of slice
        Runs of frames that belong together; frames outside all of them stay as they are, and so do
        runs that hold NaN or infinity.
    window : int
        Odd number of frames. A run shorter than it is smoothed with the largest that fits.
    order : int
        Polynomial order: motion up to this order inside the window is kept exactly.

    Returns
    -------
    ndarray, shape (T, ...)
    """
    result = np.array(tracks, copy=True)
    for run in stretches:
        length = run.stop - run.start
        fitting = min(window, length if length % 2 else length - 1)
        if fitting > order and np.isfinite(result[run]).all():
            result[run] = savgol_filter(result[run], fitting, order, axis=0)
    return result


def stabilise_landmarks(
    places: NDArray[np.floating],
    moves: NDArray[np.floating],
    trust: NDArray[np.floating],
    stretches: list[slice],
) -> NDArray[np.float64]:
    """Find the paths that agree best with where points were seen and how they were seen to move.

    For each point by itself, the least sum over the frames of ``|x_t - place_t|^2`` and
    ``trust_t |x_t - x_{t-1} - move_t|^2``: a point that stands still is averaged over many frames,
    and one that moves is not slowed down, since its motion is in the moves.

    Parameters
    ----------
    places : ndarray, shape (T, N, 2)
    moves : ndarray, shape (T, N, 2)
        Since the frame before; finite.
    trust : ndarray, shape (T, N)
        Variance of a place over that of a move; 0 where nothing is known of the move.
    stretches : list of slice
        Runs of frames that belong together; frames outside all of them stay as they are.

    Returns
    -------
    ndarray of float64, shape (T, N, 2)
    """
    result = np.array(places, np.float64)
    for run in stretches:
        if run.stop - run.start < 2:
            continue  # nothing is linked, and LAPACK refuses a system of one
        for point in range(places.shape[1]):
            link = np.array(trust[run, point], np.float64)
            link[0] = 0.0  # what came before the stretch is another one
            onward = np.append(link[1:], 0.0)
            banded = np.stack([-link, 1.0 + link + onward])
            pull = link[:, None] * moves[run, point]
            wanted = result[run, point] + pull - np.append(pull[1:], np.zeros((1, 2)), axis=0)
            result[run, point] = solveh_banded(banded, wanted)
    return result
