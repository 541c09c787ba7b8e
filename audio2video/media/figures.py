"""Figures drawn with matplotlib, and its font; only this module imports it, and only when run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

CAPITALS = 0.729
"""Height of capitals in `font_file`'s font, as a share of its size."""


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


def font_file(*, bold: bool = False) -> Path:
    """Find the font of figures, which has Latin, Greek and Cyrillic letters.

    Returns
    -------
    Path
        A TrueType file (DejaVu Sans), read without importing the library it comes with.
    """
    found = find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("matplotlib is not installed", name="matplotlib")
    fonts = Path(found.submodule_search_locations[0], "mpl-data", "fonts", "ttf")
    return fonts / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")
