"""The picture of landmark backends side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .._typing import F64
from ..media.figures import as_label, new_figure

SHOWN = 4
"""Clips whose openings are drawn, at most."""

COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red")

_BARS = (
    ("seconds_a_frame", 1000, "time of one core [ms a frame]", "{:.1f}"),
    ("jitter", 1000, "jitter [1/1000 of the distance\nbetween the eyes]", "{:.2f}"),
    ("steady_jitter", 1000, "the same, steadied", "{:.2f}"),
    ("without_face", 1, "frames without a face", "{:.0f}"),
)


def plot_backends(
    totals: Mapping[str, Mapping[str, float | None]],
    pairs: Mapping[str, Mapping[str, float | None]],
    openings: Mapping[str, Mapping[str, F64]],
    path: Path,
) -> None:
    """Plot time, jitter and failures of backends, and the openings of some clips.

    Parameters
    ----------
    totals, pairs, openings : mapping
        See `audio2video.evaluation.landmark_backends.BackendComparison`.
    path : Path
        PNG to write.
    """
    shown = list(openings)[:SHOWN]
    figure = new_figure(11, 2.9 + 1.5 * len(shown))
    above, below = figure.subfigures(2, 1, height_ratios=(2.7, 1.5 * len(shown)))
    names = list(totals)
    for axes, (key, factor, label, form) in zip(above.subplots(1, 4), _BARS, strict=True):
        values = [totals[name][key] for name in names]
        heights = [0.0 if value is None else factor * value for value in values]
        bars = axes.bar(names, heights, width=0.6, color=COLOURS[: len(names)])
        texts = ["-" if v is None else form.format(factor * v) for v in values]
        axes.bar_label(bars, texts, padding=2, fontsize=9)
        axes.set_title(label, fontsize=9)
        axes.set_ylim(0, 1.25 * max(heights) or 1)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9)
    agreement = "; ".join(
        f"{name}: correlation {pair['correlation']:.3f}, mean difference {pair['difference']:.4f}"
        for name, pair in pairs.items()
        if pair["correlation"] is not None and pair["difference"] is not None
    )
    below.suptitle(
        "Opening of the inner lips, in distances between the eyes"
        + (f" ({agreement})" if agreement else ""),
        fontsize=10,
    )
    rows = below.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axes, clip in zip(rows, shown, strict=True):
        for colour, (name, curve) in zip(COLOURS, openings[clip].items(), strict=False):
            axes.plot(np.arange(len(curve)), curve, lw=1.1, color=colour, label=name)
        axes.set_title(as_label(clip), fontsize=9, loc="left")
        axes.grid(alpha=0.3)
        axes.tick_params(labelsize=8)
    rows[0].legend(loc="upper right", fontsize=8, ncols=len(names))
    rows[-1].set_xlabel("frame", fontsize=9)
    figure.savefig(path)
