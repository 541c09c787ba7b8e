"""The figures as pictures: how much of each limit is taken, ratios to twins, growth."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from .tables import limit_label, number

ROW = 0.32
"""Height of a bar with its room, in inches."""

REACHED, MISSED, NEUTRAL = "tab:green", "tab:red", "tab:blue"


def plot(content: dict[str, Any], path: Path) -> None:
    """Draw bars against limits, and how many times longer the plain twins take.

    Parameters
    ----------
    content : dict
        From `report.as_json`.
    path : Path
        The picture to write.
    """
    owners = [*content["stages"], *content["curves"]]
    limits = [
        (limit_label(owner, li), li["share"], li["reached"])
        for owner in owners
        for li in owner["limits"]
    ]
    ratios = [
        (stage["name"], stage["medians"]["times_plain"], True)
        for stage in content["stages"]
        if "times_plain" in stage["medians"]
    ]
    wanted = [
        (limits, "share of what is allowed, log scale; left of the line the limit is reached"),
        (ratios, "how many times longer the plain twin takes, log scale"),
    ]
    panels = [(rows, label) for rows, label in wanted if rows]
    if not panels:
        return
    heights = [ROW * len(rows) + 0.7 for rows, _ in panels]
    figure = _figure(10, sum(heights))
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for place, (rows, label) in zip(axes, panels, strict=True):
        _bars(place, rows, label, judged=rows is limits)
    figure.savefig(path)


def _bars(axes: Axes, rows: list[tuple[str, float, bool]], label: str, *, judged: bool) -> None:
    names, values, reached = zip(*rows[::-1], strict=True)
    colours = [(REACHED if ok else MISSED) if judged else NEUTRAL for ok in reached]
    low = min(0.5, *values) / 2
    axes.barh(range(len(rows)), [v - low for v in values], left=low, color=colours, height=0.7)
    for place, value in enumerate(values):
        shown = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        axes.annotate(
            *(number(value), (value, place), (4, 0)),
            textcoords="offset points",
            va="center",
            fontsize=8,
            bbox=shown,
        )
    axes.axvline(1, color="black", lw=1.5, zorder=1.5)
    _logarithmic(axes, "x")
    axes.set_xlim(low, max(2.0, *values) * 2)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_xlabel(label, fontsize=9)
    axes.grid(axis="x", alpha=0.3)


def plot_growth(content: dict[str, Any], path: Path) -> None:
    """Draw the growth of each cost on logarithmic axes, with its exponent; nothing if none was.

    Parameters
    ----------
    content : dict
        From `report.as_json`.
    path : Path
        The picture to write.
    """
    panels = [
        (curve, kind, names)
        for curve in content["curves"]
        for kind in ("s", "ms", "MB")
        if (names := [name for name in curve["series"] if name.split()[-1] == kind])
    ]
    if not panels:
        return
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = _figure(5.2 * columns, 3.8 * rows)
    places = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, (curve, kind, names) in zip(places, panels, strict=False):
        for name in names:
            power = curve["exponents"][name]
            label = name if power is None else f"{name}, exponent {power:.2f}"
            axes.plot(curve["sizes"], curve["series"][name], "o-", label=label)
        _logarithmic(axes, "y")
        axes.set_xscale("log")
        axes.set_xticks(curve["sizes"], [f"{size:g}" for size in curve["sizes"]], fontsize=8)
        axes.set_xticks([], minor=True)
        lowest = min(min(curve["series"][name]) for name in names)
        highest = max(max(curve["series"][name]) for name in names)
        axes.set_ylim(lowest / 2, highest * 2)
        axes.set_xlabel(curve["unit"])
        axes.set_ylabel(kind)
        axes.set_title(curve["name"], fontsize=10)
        axes.tick_params(axis="x", rotation=45)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="upper left")
    for axes in places[len(panels) :]:
        axes.set_visible(False)
    figure.savefig(path)


def _logarithmic(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with plain numbers at 1, 2 and 5."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_locator(NullLocator())


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
