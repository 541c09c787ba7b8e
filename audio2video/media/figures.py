"""Figures drawn with matplotlib; the only module that imports it, and only when run."""

from __future__ import annotations

from typing import Any, Literal


def new_figure(
    width: float, height: float, layout: Literal["constrained"] | None = "constrained"
) -> Any:
    """Make an empty figure of a size in inches; without a layout it is drawn once."""
    # Not pyplot: no global state, no display, and an import only when a plot is asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=100, layout=layout)
    FigureCanvasAgg(figure)
    return figure


def as_label(name: str) -> str:
    """Escape a name for a plot: text between dollars would be set as a formula."""
    # A legend passes over what begins with an underscore.
    shown = f" {name}" if name.startswith("_") else name
    return shown.replace("$", r"\$")
