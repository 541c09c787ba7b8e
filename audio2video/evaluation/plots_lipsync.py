"""Plots of how well predicted mouths follow true ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..face.layout import mouth_opening
from ..media.figures import as_label, new_figure

Shapes = Sequence[NDArray[np.floating]]


def plot_openings(
    names: Sequence[str],
    true: Shapes,
    predicted: Shapes,
    rates: Sequence[float],
    correlations: Sequence[float],
    path: Path,
) -> None:
    """Draw the opening over time in the best, the median and the worst clip.

    Parameters
    ----------
    names : sequence of str
    true, predicted : sequence of ndarray, shape (T, 20, 2)
        Relative mouth shapes.
    rates : sequence of float
        Frames per second.
    correlations : sequence of float
        Of the openings: what decides which clip is best.
    path : Path
        PNG to write.
    """
    order = np.argsort(correlations, kind="stable")
    chosen = {"best": order[-1], "median": order[len(order) // 2], "worst": order[0]}
    figure = new_figure(9, 7)
    for axes, (label, k) in zip(figure.subplots(3, 1, sharey=True), chosen.items(), strict=True):
        seconds = np.arange(len(true[k])) / rates[k]
        axes.plot(seconds, mouth_opening(true[k]), label="true")
        axes.plot(seconds, mouth_opening(predicted[k]), label="predicted")
        axes.set(title=f"{label}: {as_label(names[k])}, correlation {correlations[k]:.2f}")
        axes.grid(alpha=0.3)
    axes.set(xlabel="time [s]")
    axes.legend(loc="upper right")
    figure.supylabel("inner-lip opening over closed [mouth widths]")
    figure.savefig(path)


def plot_distribution(openings: Sequence[float], widths: Sequence[float], path: Path) -> None:
    """Draw how the correlations of opening and width are spread over clips."""
    figure = new_figure(7, 4)
    axes = figure.subplots()
    low = min(0.0, *openings, *widths)
    bins = list(np.linspace(low, 1.0, 41))
    for values, label in ((openings, "opening"), (widths, "width")):
        axes.hist(values, bins, alpha=0.6, label=f"{label}, mean {np.mean(values):.3f}")
    axes.set(xlabel="correlation in a clip", ylabel="clips")
    axes.legend(loc="upper left")
    figure.savefig(path)


def plot_scatter(true: Shapes, predicted: Shapes, path: Path) -> None:
    """Draw predicted against true openings: every frame, and their quantiles."""
    x = np.concatenate([mouth_opening(shapes) for shapes in true])
    y = np.concatenate([mouth_opening(shapes) for shapes in predicted])
    figure = new_figure(9, 4.5)
    frames, quantiles = figure.subplots(1, 2)
    ends = (float(min(x.min(), y.min())), float(max(x.max(), y.max())))
    frames.hexbin(x, y, gridsize=60, bins="log", mincnt=1, cmap="viridis")
    shares = np.linspace(0.01, 0.99, 99)
    quantiles.plot(np.quantile(x, shares), np.quantile(y, shares), ".", ms=4)
    for axes, title in ((frames, "frames"), (quantiles, "quantiles, 1 % to 99 %")):
        axes.plot(ends, ends, "k--", lw=0.8)
        axes.set(title=title, xlabel="true opening [mouth widths]", ylabel="predicted opening")
        axes.grid(alpha=0.3)
    figure.savefig(path)


def plot_measures(measures: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Draw measures side by side.

    Parameters
    ----------
    measures : mapping
        By name of what predicts, what `audio2video.mouth.metrics.summarise` gives.
    path : Path
        PNG to write.
    """
    rows = {
        "opening\ncorrelation": [m["opening_correlation"] for m in measures.values()],
        "width\ncorrelation": [m["width_correlation"] for m in measures.values()],
        "R²": [m["r2"] for m in measures.values()],
        "closures:\nrecall": [m["closures"]["recall"] or 0.0 for m in measures.values()],
        "closures:\nprecision": [m["closures"]["precision"] or 0.0 for m in measures.values()],
    }
    figure = new_figure(9, 4)
    axes = figure.subplots()
    width = 0.8 / len(measures)
    for k, name in enumerate(measures):
        values = [row[k] for row in rows.values()]
        places = np.arange(len(rows)) + (k - (len(measures) - 1) / 2) * width
        bars = axes.bar(places, values, width, label=name)
        axes.bar_label(bars, fmt="%.2f", fontsize=7)
    axes.set_xticks(range(len(rows)), rows)
    axes.axhline(0, color="black", lw=0.8)
    axes.grid(alpha=0.3, axis="y")
    figure.legend(loc="outside upper center", ncols=len(measures))
    figure.savefig(path)


def plot_phones(phones: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw for each phone how often the lips meet, how far they open and how wide they are.

    Parameters
    ----------
    phones : mapping of str to mapping
        As `audio2video.mouth.phones.summarise_phones` gives them.
    path : Path
        PNG to write.
    """
    order = sorted(phones, key=lambda name: phones[name]["opening_true"])
    figure = new_figure(max(7, 0.28 * len(order) + 2), 8)
    places = np.arange(len(order))
    rows = (("closed", "lips meet"), ("opening", "opening"), ("width", "width"))
    for axes, (key, label) in zip(figure.subplots(3, 1, sharex=True), rows, strict=True):
        for suffix, offset, name in (("_true", -0.2, "true"), ("", 0.2, "predicted")):
            heights = [phones[phone][key + suffix] for phone in order]
            axes.bar(places + offset, heights, 0.4, label=name)
        axes.set(ylabel=f"{label} [share]")
        axes.grid(axis="y", alpha=0.3)
    axes.set_xticks(places, [f"{name}\n{phones[name]['count']}" for name in order], fontsize=7)
    axes.set(xlabel="phone, and how many of it")
    axes.legend(loc="upper left")
    figure.savefig(path)


def plot_coefficients(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], path: Path
) -> None:
    """Draw errors in the space of shape coefficients.

    Parameters
    ----------
    rows : sequence of mapping
        As `audio2video.evaluation.coefficient_table` has them.
    columns : sequence of str
        Their keys to be drawn; None is left out.
    path : Path
        PNG to write.
    """
    figure = new_figure(8, 4.5)
    axes = figure.subplots()
    width = 0.8 / len(columns)
    for k, name in enumerate(columns):
        own = [(n, 1e6 * row[name]) for n, row in enumerate(rows) if row[name] is not None]
        if not own:
            continue
        places = [n + (k - (len(columns) - 1) / 2) * width for n, _ in own]
        label = name.replace("_", " ")
        bars = axes.bar(places, [value for _, value in own], width, label=label)
        axes.bar_label(bars, fmt="%.3g", fontsize=7)
    labels = [f"{row['split']}\n{row['coefficients']} coefficients" for row in rows]
    axes.set_xticks(range(len(rows)), labels)
    axes.set_yscale("log")
    axes.set(
        ylabel="mean squared error of a coefficient\n[millionths of a squared closed-mouth width]"
    )
    axes.grid(alpha=0.3, axis="y")
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=len(columns))
    figure.savefig(path)
