"""Plots of a result's retiming and teeth proxies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..media.figures import new_figure
from ..retiming.retime import Retiming
from ..texture.teeth import TeethProxy

CONSIDERED_PER_ROW = 10
"""Frames that were considered as proxies, in a row of their sheet."""


def plot_retiming(
    timing: Retiming,
    speech: NDArray[np.floating],
    motion: NDArray[np.floating],
    blink: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    rate: float,
    path: Path,
) -> None:
    """Plot the target position over output time with speech and head motion.

    Parameters
    ----------
    timing : Retiming
        Of N output frames.
    speech : ndarray, shape (N,)
        Speech activity, 0 to 1.
    motion : ndarray, shape (T,)
        Motion of the target, in inter-ocular distances per frame.
    blink, usable : ndarray of bool, shape (T,)
    rate : float
        Frames per second.
    path : Path
        PNG to write.
    """
    # Placed by hand, as are the proxies: finding a layout takes longer than hundreds of frames.
    figure = new_figure(11, 6.5, layout=None)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(5, 2))
    figure.subplots_adjust(left=0.075, right=0.985, top=0.85, bottom=0.08, hspace=0.3)
    seconds = np.arange(len(timing.frames)) / rate
    between, shown = timing.is_interpolated, timing.positions / rate
    step = np.diff(timing.positions, prepend=timing.positions[:1])
    back = step < 0
    above.set_title(
        "Which moment of the target video is shown at each moment of the result",
        loc="left",
        fontsize=12,
        pad=34,
    )
    _draw_runs(above, seconds, shown, ~back, "tab:blue", "target plays forwards")
    _draw_runs(above, seconds, shown, back, "tab:orange", "target plays backwards")
    above.plot(
        seconds[between],
        shown[between],
        "o",
        ms=3,
        color="tab:red",
        label="made from two frames, to hold or turn",
    )
    closed = blink[timing.frames]
    above.plot(seconds[closed], shown[closed], "|", ms=9, color="black", label="eyes closed")
    lost = ~usable[timing.frames]
    if lost.any():
        above.plot(seconds[lost], shown[lost], "x", color="tab:purple", label="no face: as it is")
    above.set(ylabel="time in the target [s]")
    above.grid(alpha=0.3)
    # In a line over the axes, where it hides nothing.
    above.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=5, frameon=False, fontsize=8.5)
    below.fill_between(seconds, speech, alpha=0.4, label="someone speaks")
    scale = max(float(np.quantile(motion, 0.98)), 1e-6)
    speed = np.abs(step) * motion[timing.frames]
    below.plot(
        seconds, speed / scale, lw=0.8, color="tab:green", label="the head moves (1: lively)"
    )
    below.set(xlabel="time in the result [s]", ylim=(0, 1.3), yticks=(0, 1))
    below.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8.5)
    figure.savefig(path)


def _draw_runs(
    axes: Any,
    seconds: NDArray[np.floating],
    shown: NDArray[np.floating],
    wanted: NDArray[np.bool_],
    colour: str,
    label: str,
) -> None:
    """Draw the parts of a line that lead to wanted moments."""
    if not wanted.any():
        return
    kept = wanted.copy()
    kept[:-1] |= wanted[1:]  # where the parts begin
    axes.plot(seconds, np.where(kept, shown, np.nan), lw=1.6, color=colour, label=label)


def plot_proxies(
    upper: TeethProxy | None,
    lower: TeethProxy | None,
    considered: Sequence[tuple[int, NDArray[np.uint8], float, float]],
    path: Path,
) -> None:
    """Plot the teeth proxies and the other frames considered, with a ruler for lineU and lineL.

    Parameters
    ----------
    upper, lower : TeethProxy or None
    considered : sequence of (frame, picture, float, float)
        Frames that were considered: number, mouth, and scores as upper and lower proxy.
    path : Path
        PNG to write.
    """
    lines = -(-len(considered) // CONSIDERED_PER_ROW)
    height = 3.9 + (0.3 + 0.72 * lines if lines else 0.0)
    figure = new_figure(10, height, layout=None)
    cells = [figure.add_axes((left, 1 - 3.6 / height, 0.44, 3.3 / height)) for left in (0.05, 0.55)]
    for axes, proxy, name in zip(
        cells, (upper, lower), ("upper: lineU", "lower: lineL"), strict=True
    ):
        if proxy is None:
            axes.set_title(f"{name} (no such teeth in view)")
            axes.set_axis_off()
            continue
        axes.imshow(proxy.texture, interpolation="nearest")
        axes.axhline(proxy.line - 0.5, color="cyan", lw=1)
        rows, width = proxy.texture.shape[:2]
        # The mouth fills the picture; rows keep the numbers of the whole texture.
        axes.set(xlim=(0.2 * width, 0.8 * width), ylim=(0.72 * rows, 0.28 * rows))
        axes.set_yticks(range(int(0.28 * rows), int(0.72 * rows), max(1, rows // 40)))
        axes.tick_params(labelsize=7)
        source = "your picture" if proxy.frame < 0 else f"frame {proxy.frame}"
        axes.set_title(f"{name} = {proxy.line}, {source}")
        axes.set(ylabel="row")
    if lines:
        chosen = {proxy.frame for proxy in (upper, lower) if proxy is not None}
        axes = figure.add_axes((0.005, 0.0, 0.99, 0.72 * lines / height))
        axes.set_title("frames considered: worth as upper, as lower proxy", fontsize=8)
        _draw_rivals(axes, considered, chosen)
    figure.savefig(path)


def _draw_rivals(
    axes: Any,
    considered: Sequence[tuple[int, NDArray[np.uint8], float, float]],
    chosen: set[int],
) -> None:
    """Draw the frames that were considered as one picture: axes for each take seconds."""
    height, width = considered[0][1].shape[:2]
    title = max(8, height // 5)
    lines = -(-len(considered) // CONSIDERED_PER_ROW)
    across, down = width + width // 20, height + title
    sheet = np.full((lines * down, CONSIDERED_PER_ROW * across, 3), 255, np.uint8)
    axes.set_axis_off()
    for place, (frame, picture, of_upper, of_lower) in enumerate(considered):
        y, x = place // CONSIDERED_PER_ROW * down + title, place % CONSIDERED_PER_ROW * across
        sheet[y : y + height, x : x + width] = picture
        axes.text(
            x + width / 2,
            y - title / 6,
            f"{frame}: {of_upper:.2f} {of_lower:.2f}",
            fontsize=6,
            color="tab:red" if frame in chosen else "black",
            ha="center",
        )
    axes.imshow(sheet, interpolation="nearest")
