"""The picture of how identity is taken out of landmarks, stage by stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..face.drawing import LINES
from ..face.layout import MOUTH, mouth_opening, mouth_width
from ..media.figures import as_label, new_figure
from ..mouth.identity import WHOLE, IdentityRemoval

FACES = 60
"""Frames of all speakers that are drawn as clouds of points, at most, for each stage."""

COLOURS = tuple(f"C{k}" for k in range(10))


def plot_identity(names: Sequence[str], found: IdentityRemoval, path: Path) -> None:
    """Plot each stage: as given, aligned, closed mouths, template, identity removed.

    Parameters
    ----------
    names : sequence of str
        Of the speakers.
    found : IdentityRemoval
    path : Path
        PNG to write.
    """
    figure = new_figure(13, 8)
    cells = figure.subplots(2, 3)
    raw, aligned, closed = cells[0]
    references, removed, spread = cells[1]
    each = max(1, FACES // len(found.speakers))
    for k, (name, one) in enumerate(zip(names, found.speakers, strict=True)):
        colour = COLOURS[k % len(COLOURS)]
        some = np.unique(np.linspace(0, len(one.raw) - 1, each).round().astype(int))
        for axes, points in (
            (raw, one.raw),
            (aligned, one.aligned),
            (removed, one.removed),
        ):
            cloud = points[some].reshape(-1, 2)
            axes.plot(cloud[:, 0], cloud[:, 1], ".", ms=2, alpha=0.35, color=colour)
        _draw_face(references, one.reference, colour, 1.1)
        _draw_face(aligned, one.aligned.mean(axis=0), colour, 1.1)
        _draw_face(removed, one.removed.mean(axis=0), colour, 1.1)
        _draw_closed(closed, one.aligned[:, MOUTH], one.usual, one.closed, colour)
        raw.plot([], [], "o", ms=4, color=colour, label=as_label(name))
    _draw_face(references, found.template, "black", 2.2)
    raw.set_title("1  as given [pixels]", loc="left", fontsize=10)
    aligned.set_title("2  aligned: eyes and nose on the mean shape", loc="left", fontsize=10)
    closed.set_title("3  frames of the closed mouth", loc="left", fontsize=10)
    closed.set(xlabel="width of the mouth", ylabel="opening of the inner lips")
    closed.grid(alpha=0.3)
    references.set_title("4  closed mouths, and the template (black)", loc="left", fontsize=10)
    removed.set_title("5  identity removed", loc="left", fontsize=10)
    for axes in (raw, aligned, references, removed):
        axes.set_aspect("equal")
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)
    if len(names) <= len(COLOURS):
        raw.legend(fontsize=7, loc="upper right")
    _draw_spread(spread, found)
    spread.set_title("6  how far speakers differ, and faces move", loc="left", fontsize=10)
    figure.savefig(path)


def _draw_face(axes: Any, points: F64, colour: str, width: float) -> None:
    for line, is_closed in LINES:
        order = [*line, line[0]] if is_closed else list(line)
        axes.plot(points[order, 0], points[order, 1], color=colour, lw=width)


def _draw_closed(
    axes: Any,
    mouths: F64,
    usual: NDArray[np.bool_],
    chosen: NDArray[np.intp],
    colour: str,
) -> None:
    """Draw opening over width: frames chosen, others, and those that are oddly wide or narrow."""
    width, opening = mouth_width(mouths), mouth_opening(mouths)
    first = not axes.lines
    for frames, mark, size, label in (
        (np.flatnonzero(usual), ".", 3, "width as usual"),
        (np.flatnonzero(~usual), "x", 4, "left out: odd width"),
        (chosen, "o", 5, "mean of these is the closed mouth"),
    ):
        axes.plot(
            width[frames],
            opening[frames],
            mark,
            ms=size,
            color=colour,
            mfc=colour if mark == "." else "none",
            alpha=0.5 if mark == "." else 0.9,
            label=label if first else None,
        )
    if first:
        axes.legend(fontsize=7, loc="upper right")


def _draw_spread(axes: Any, found: IdentityRemoval) -> None:
    """Draw bars of how far speakers differ, and how far faces move, before and after."""
    cells = [(stage, part) for part in (WHOLE, MOUTH) for stage in ("aligned", "removed")]
    between = [found.spread_between(stage, part) for stage, part in cells]
    within = [found.spread_within(stage, part) for stage, part in cells]
    places = np.array([0.0, 1.0, 2.3, 3.3])
    for values, offset, label, colour in (
        (between, -0.2, "between speakers' mean faces", "tab:gray"),
        (within, 0.2, "within a speaker: motion", "tab:blue"),
    ):
        bars = axes.bar(places + offset, values, width=0.38, label=label, color=colour)
        axes.bar_label(bars, [f"{value:.3f}" for value in values], padding=2, fontsize=8)
    parts = ("face\naligned", "face\nremoved", "lips\naligned", "lips\nremoved")
    axes.set_xticks(places, parts, fontsize=8)
    axes.set_ylabel("rms distance, between the eyes = 1")
    axes.set_ylim(0, 1.35 * max(*between, *within, 1e-9))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, loc="upper right")
