"""The plot of a target that was rebuilt from itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..media.figures import new_figure


def plot_reenactment(
    seconds: NDArray[np.floating],
    psnr: Mapping[str, Sequence[float]],
    lips: Mapping[str, Sequence[float]],
    path: Path,
) -> None:
    """Draw how like the truth each frame is, ours and the baselines.

    Parameters
    ----------
    seconds : ndarray, shape (N,)
    psnr, lips : mapping of str to sequence of float
        For each way, PSNR in the mouth region and distance of the lip points, frame by frame.
    path : Path
        PNG to write.
    """
    figure = new_figure(10, 5)
    above, below = figure.subplots(2, 1, sharex=True)
    for axes, series, label in (
        (above, psnr, "PSNR [dB]"),
        (below, lips, "lip distance [inter-ocular]"),
    ):
        for name, values in series.items():
            axes.plot(seconds, values, lw=0.9, label=name.replace("_", " "))
        axes.set(ylabel=label)
        axes.grid(alpha=0.3)
    below.set(xlabel="target time [s]", ylim=(0, None))
    above.legend(loc="lower right", ncols=3)
    figure.savefig(path)
