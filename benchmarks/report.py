"""What becomes of the measurements: a JSON file, tables and plots."""

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

from .growth import Curve
from .measure import Measurement
from .scene import Scale
from .tables import as_tables

LIBRARIES = ("av", "dlib-bin", "numba", "numpy", "opencv-python-headless")


def as_json(
    measured: Sequence[Measurement | Curve],
    scale: Scale,
    load_before: float | None,
    skipped: Sequence[str] = (),
) -> dict[str, Any]:
    """Put together what a reader needs to judge the figures.

    Parameters
    ----------
    measured : sequence of Measurement or Curve
    scale : Scale
    load_before : float, optional
        From `load`, taken before the first measurement.
    skipped : sequence of str
        What was not measured, and why.

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
        "skipped": list(skipped),
        "stages": [m.as_dict() for m in measured if isinstance(m, Measurement)],
        "curves": [c.as_dict() for c in measured if isinstance(c, Curve)],
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


def write(content: dict[str, Any], folder: Path) -> Path:
    """Write ``<date>.json``, ``.md``, ``.png`` and ``-growth.png``; returns the first.

    Parameters
    ----------
    content : dict
        From `as_json`.
    folder : Path
        Made if it is not there.
    """
    from .plots import plot, plot_growth

    folder.mkdir(parents=True, exist_ok=True)
    name = content["date"][:19].replace(":", "-")
    product = folder / f"{name}.json"
    product.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    product.with_suffix(".md").write_text(as_tables(content) + "\n", encoding="utf-8")
    plot(content, product.with_suffix(".png"))
    plot_growth(content, folder / f"{name}-growth.png")
    return product
