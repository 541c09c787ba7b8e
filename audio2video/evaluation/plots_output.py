"""Plots of a finished result: lips with sound, and changes of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..media.figures import new_figure
from ..speech.units import FEATURE_RATE

ROW_SECONDS = 10
MAX_ROWS = 12
"""A longer result is drawn as far as that."""


def plot_result_openings(
    predicted: NDArray[np.floating],
    seen: NDArray[np.floating],
    energy: NDArray[np.floating],
    silences: Sequence[tuple[float, float]],
    rate: float,
    unit: str,
    path: Path,
) -> None:
    """Draw the predicted and the re-detected opening over the sound, silences shaded.

    Parameters
    ----------
    predicted, seen : ndarray, shape (T,)
        Openings; NaN where nothing is seen.
    energy : ndarray, shape (F,)
        Log energy of the sound at 100 Hz.
    silences : sequence of tuple of float
        Begin and end, in seconds.
    rate : float
        Frames per second.
    unit : str
        Of the openings.
    path : Path
        PNG to write.
    """
    seconds = np.arange(len(predicted)) / rate
    length = len(predicted) / rate
    rows = int(np.clip(np.ceil(length / ROW_SECONDS), 1, MAX_ROWS))
    figure = new_figure(11, 1.2 + 2.6 * rows)
    known = np.concatenate([predicted, seen[np.isfinite(seen)]])
    low, high = min(0.0, float(known.min())), max(0.1, float(known.max()))
    room = 0.05 * (high - low)
    least, loudest = float(energy.min()), max(float(energy.max()), float(energy.min()) + 1e-6)
    loudness = low - room + (energy - least) / (loudest - least) * (high - low + 2 * room)
    cells = figure.subplots(rows, 1, squeeze=False)[:, 0]
    for row, axes in enumerate(cells):
        axes.fill_between(
            np.arange(len(energy)) / FEATURE_RATE,
            low - room,
            loudness,
            color="0.85",
            lw=0,
            label="energy of the sound",
        )
        for k, (begin, end) in enumerate(silences):
            label = "silence" if k == 0 else None
            axes.axvspan(begin, end, color="tab:blue", alpha=0.15, lw=0, label=label)
        axes.plot(seconds, predicted, color="tab:orange", lw=1.2, label="predicted")
        axes.plot(seconds, seen, color="tab:green", lw=1.2, label="re-detected in the result")
        axes.axhline(0, color="black", lw=0.6)
        first = row * ROW_SECONDS
        axes.set(
            xlim=(first, min(length, ROW_SECONDS) if rows == 1 else first + ROW_SECONDS),
            ylim=(low - room, high + room),
        )
    shown = rows * ROW_SECONDS
    rest = f", the first {shown} of {length:.0f}" if length > shown else ""
    cells[-1].set(xlabel=f"time [s]{rest}")
    handles, labels = cells[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    figure.supylabel(f"opening [{unit}]")
    figure.savefig(path)


def plot_changes(
    picture: NDArray[np.uint8],
    side: int,
    mean: NDArray[np.floating],
    share: NDArray[np.floating],
    outside: NDArray[np.bool_],
    path: Path,
) -> None:
    """Draw where a result differs from its target.

    Parameters
    ----------
    picture : ndarray of uint8, shape (H, W, 3)
        A frame of it.
    side : int
        Pixels: side of a block.
    mean : ndarray, shape (rows, columns)
        Mean change of each block, in grey levels.
    share : ndarray, shape (rows, columns)
        Share of frames in which the block lay outside the face and changed by more than the codec
        does.
    outside : ndarray of bool, shape (rows, columns)
        The block lay outside the face in some frame.
    path : Path
        PNG to write.
    """
    height, width = picture.shape[:2]
    rows, columns = mean.shape
    extent = (-0.5, columns * side - 0.5, rows * side - 0.5, -0.5)
    figure = new_figure(10, 1.5 + 4.8 * height / width)
    left, right = figure.subplots(1, 2)
    image = left.imshow(
        np.maximum(mean, 0.1), extent=extent, cmap="magma", norm="log", vmin=0.1, vmax=30
    )
    left.set_title("mean change")
    figure.colorbar(image, ax=left, label="grey levels (log)", location="bottom")
    right.imshow(picture, alpha=0.35)
    shown = np.ma.masked_where(~outside | (share <= 0), 100 * share)
    image = right.imshow(shown, extent=extent, cmap="autumn_r", vmin=0, vmax=10)
    right.contour(
        np.arange(columns) * side + side / 2 - 0.5,
        np.arange(rows) * side + side / 2 - 0.5,
        outside.astype(float),
        levels=[0.5],
        colors="tab:blue",
        linewidths=1,
    )
    right.set_title("more than the codec does, outside the face")
    figure.colorbar(image, ax=right, label="share of frames [%]", location="bottom", extend="max")
    for axes in (left, right):
        axes.set(xticks=[], yticks=[], xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    figure.savefig(path)
