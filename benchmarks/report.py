"""What becomes of the measurements: a table, a JSON file and a plot."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from audio2video import __version__

from .measure import Measurement
from .scene import Scale

LIBRARIES = ("av", "dlib-bin", "numba", "numpy", "opencv-python-headless")


def as_json(
    measurements: Sequence[Measurement], scale: Scale, load_before: float | None
) -> dict[str, Any]:
    """Put together what a reader needs to judge the figures.

    Parameters
    ----------
    measurements : sequence of Measurement
    scale : Scale
    load_before : float, optional
        From `load`, taken before the first measurement.

    Returns
    -------
    dict
    """
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "audio2video": __version__,
        "machine": {
            "system": platform.system(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "libraries": {name: version(name) for name in LIBRARIES},
            "load_before": load_before,
            "load_after": load(),
        },
        "scale": vars(scale),
        "stages": [m.as_dict() for m in measurements],
    }


def load() -> float | None:
    """Give the mean number of processes that wanted a core in the last minute, where it is told."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(li.split(":", 1)[1].strip() for li in lines if li.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def as_table(measurements: Sequence[Measurement]) -> str:
    """Lay the measurements out in columns, for reading."""
    rows = [("stage", "median", "fastest", "slowest", "speed", "plain twin", "equal")]
    for m in measurements:
        ordered = sorted(m.seconds)
        ratio = "" if m.ratio is None else f"{m.ratio:.1f} x"
        rows.append(
            (
                m.name,
                f"{m.as_dict()['median_seconds']:.4f} s",
                f"{ordered[0]:.4f} s",
                f"{ordered[-1]:.4f} s",
                _speed(m),
                ratio,
                "" if m.equal is None else "yes" if m.equal else "NO",
            )
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _speed(m: Measurement) -> str:
    if m.unit == "second of video":
        return f"{1 / m.per_second:.2f} s a {m.unit}"
    return f"{m.per_second:.1f} {_plural(m.unit)}/s"


def _plural(unit: str) -> str:
    noun, *rest = unit.split(" ", 1)
    return " ".join([f"{noun}s", *rest])


def write(content: dict[str, Any], folder: Path) -> Path:
    """Write ``<date>.json`` and ``<date>.png``; returns the first.

    Parameters
    ----------
    content : dict
        From `as_json`.
    folder : Path
        Made if it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = content["date"][:19].replace(":", "-")
    product = folder / f"{name}.json"
    product.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    _plot(content["stages"], folder / f"{name}.png")
    return product


def _plot(stages: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw speeds as bars, each with the range of its repetitions; one panel a unit."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    units = list(dict.fromkeys(stage["unit"] for stage in stages))
    heights = [sum(stage["unit"] == unit for stage in stages) for unit in units]
    figure = Figure(figsize=(8, 1.2 + 0.9 * sum(heights)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(units), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, unit in zip(panels, units, strict=True):
        chosen = [stage for stage in stages if stage["unit"] == unit][::-1]
        for place, stage in enumerate(chosen):
            speed = stage["per_second"]
            fastest, slowest = (stage["count"] / f(stage["seconds"]) for f in (min, max))
            whiskers = [[speed - slowest], [fastest - speed]]
            axes.barh(place, speed, xerr=whiskers, capsize=3, color="tab:blue")
            if stage["plain_seconds"]:
                plain = speed / stage["times_plain"]
                axes.plot([plain, plain], [place - 0.4, place + 0.4], color="black", lw=2)
        axes.set_yticks(range(len(chosen)), [stage["name"] for stage in chosen])
        axes.set(xlabel=f"{_plural(unit)} per second", xlim=(0, None))
        axes.grid(axis="x", alpha=0.3)
    figure.suptitle("Median speed and range; black: the plain twin")
    figure.savefig(path)
