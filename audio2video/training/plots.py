"""The loss curve of a pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..media.figures import new_figure


def plot_training(rows: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw the loss curve of a pass.

    Parameters
    ----------
    rows : sequence of mapping
        With 'epoch', 'training' and 'validation'.
    path : Path
        PNG to write.
    """
    figure = new_figure(7, 4)
    axes = figure.subplots()
    epochs = [row["epoch"] for row in rows]
    for part in ("training", "validation"):
        axes.plot(epochs, [row[part] for row in rows], label=part)
    axes.set(xlabel="epoch", ylabel="mean squared error of a coefficient", yscale="log")
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path)
