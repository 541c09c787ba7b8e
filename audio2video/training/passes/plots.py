"""Plots that compare passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...media.figures import as_label, new_figure


def plot_passes(
    names: Sequence[str],
    histories: Sequence[Sequence[Mapping[str, float]]],
    measures: Mapping[str, Sequence[float | None]],
    path: Path,
) -> None:
    """Draw loss curves above, and measures below.

    Parameters
    ----------
    names : sequence of str
    histories : sequence of sequence of mapping
        For each pass its epochs, with 'epoch', 'training' and 'validation'.
    measures : mapping
        By title, a value for each pass; None where there is none.
    path : Path
        PNG to write.
    """
    columns = 2
    rows = -(-len(measures) // columns)
    figure = new_figure(10, 4 + (0.9 + 0.28 * len(names)) * rows)
    above, below = figure.subfigures(2, 1, height_ratios=(4, (0.9 + 0.28 * len(names)) * rows))
    axes = above.subplots()
    for k, (name, history) in enumerate(zip(names, histories, strict=True)):
        epochs = [row["epoch"] for row in history]
        colour = f"C{k % 10}"
        axes.plot(
            epochs, [row["validation"] for row in history], color=colour, label=as_label(name)
        )
        axes.plot(epochs, [row["training"] for row in history], color=colour, ls=":", lw=0.9)
    axes.set(xlabel="epoch", ylabel="squared error", title="validation, and training (dotted)")
    if any(histories):
        axes.set_yscale("log")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    cells = np.ravel(below.subplots(rows, columns, sharey=True))
    for cell, (title, values) in zip(cells, measures.items(), strict=True):
        bars = cell.barh(
            range(len(names)),
            [value or 0.0 for value in values],
            color=[f"C{k % 10}" for k in range(len(names))],
        )
        cell.bar_label(bars, ["-" if value is None else f"{value:.4g}" for value in values])
        cell.set_yticks(range(len(names)), [as_label(name) for name in names], fontsize=8)
        cell.set_title(title, fontsize=9)
        cell.margins(x=0.2)
    cells[0].invert_yaxis()
    figure.savefig(path)


def plot_sweep(
    axes_values: Mapping[str, Sequence[Any]],
    errors: Mapping[str, Sequence[float | None]],
    path: Path,
) -> None:
    """Draw the error of passes against each axis of their grid.

    Parameters
    ----------
    axes_values : mapping
        By name of the option, its value in each pass.
    errors : mapping
        By name of the set of clips, the error in each pass; None where there is none.
    path : Path
        PNG to write.
    """
    figure = new_figure(max(5.0, 4.2 * len(axes_values)), 4)
    cells = np.ravel(figure.subplots(1, len(axes_values), sharey=True))
    for axes, (name, values) in zip(cells, axes_values.items(), strict=True):
        # Places side by side: values may be words, or span decades.
        labels = list(dict.fromkeys(map(str, values)))
        places = np.array([labels.index(str(value)) for value in values])
        for k, (part, found) in enumerate(errors.items()):
            known = np.array([value is not None for value in found], bool)
            heights = np.array([np.nan if value is None else value for value in found])
            axes.plot(places[known], heights[known], "o", alpha=0.5, color=f"C{k}", label=part)
            means = [
                heights[known & (places == place)].mean()
                if (known & (places == place)).any()
                else np.nan
                for place in range(len(labels))
            ]
            axes.plot(range(len(labels)), means, color=f"C{k}", lw=1)
        axes.set_xticks(range(len(labels)), labels)
        axes.set(xlabel=name)
        axes.grid(alpha=0.3)
    cells[0].set_ylabel("mean squared error [mouth widths²]")
    cells[0].legend(fontsize=8)
    figure.savefig(path)
