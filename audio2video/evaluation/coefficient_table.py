"""Errors of a pass in the space of shape coefficients, beside what that space can't hold."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .._typing import F64
from ..errors import Audio2VideoError, BadFileError
from ..models.encoder_files import load_encoder
from ..models.pass_files import MEAN_OF_EPOCHS, find_network, load_network, load_runner_up
from ..mouth.basis import ShapeBasis
from ..mouth.predictor import Predictor
from ..mouth.resampling import at_times
from ..progress import Progress
from ..storage.files import read_json, replacing, write_json
from ..storage.workspace import Workspace
from .lipsync import pass_split, pass_statistics
from .plots_lipsync import plot_coefficients
from .samples import Sample, corpus_samples

COUNTS = (8, 20)
"""Coefficients that are compared; the fewer are the first of them."""

PARTS = ("validation", "test")

BEST, AVERAGED, FLOOR, MEAN_SHAPE = "best", "averaged", "floor", "mean_shape"
COLUMNS = (BEST, AVERAGED, FLOOR, MEAN_SHAPE)
"""What is measured: the best epoch, the mean of the best ones, the reconstruction, no motion."""


@dataclass(frozen=True)
class CoefficientTable:
    """Mean squared errors of a coefficient.

    Parameters
    ----------
    pass_id : str
    rows : sequence of mapping
        By split and number of coefficients: 'split', 'coefficients', 'clips', 'frames', and
        `COLUMNS`, None for a network that was not kept.
    notes : tuple of str
        What can't be shown, and why.
    folder : Path
        Where the table and its picture are.
    """

    pass_id: str
    rows: Sequence[Mapping[str, Any]]
    notes: tuple[str, ...]
    folder: Path

    def text(self) -> str:
        """Lay it out for reading."""
        heading = ("split", "coefficients", "clips", *COLUMNS)
        lines = [heading, *(tuple(_text(row[name]) for name in heading) for row in self.rows)]
        widths = [max(len(line[k]) for line in lines) for k in range(len(heading))]
        laid = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines)
        return "\n".join([*(line.rstrip() for line in laid), *self.notes, f"in {self.folder}"])


def _text(value: Any) -> str:
    return "-" if value is None else f"{value:.3e}" if isinstance(value, float) else str(value)


class Errors:
    """Sums of squared errors over frames.

    Parameters
    ----------
    basis : ShapeBasis
    """

    def __init__(self, basis: ShapeBasis) -> None:
        self._basis = basis
        self._sums: dict[str, F64] = {}
        self.frames = 0

    def add(self, true: F64, predicted: Mapping[str, F64]) -> None:
        """Count the frames of a clip, shapes (T, 20, 2) by what predicts them."""
        components, mean = self._basis.components, self._basis.mean
        flat = true.reshape(len(true), -1)
        self.frames += len(true)
        centred = flat - mean
        inside = np.square(centred @ components.T).sum(axis=0)
        whole = np.full(len(components), np.square(centred).sum())
        # What the first k components leave is all but what they hold.
        self._put(FLOOR, np.maximum(whole - np.cumsum(inside), 0.0))
        for name, shapes in predicted.items():
            apart = (shapes.reshape(len(shapes), -1) - flat) @ components.T
            self._put(name, np.cumsum(np.square(apart).sum(axis=0)))

    def _put(self, name: str, sums: F64) -> None:
        self._sums[name] = self._sums.get(name, np.zeros(len(sums))) + sums

    def mean(self, name: str, coefficients: int) -> float | None:
        """Mean squared error of one of the first coefficients; None if not measured."""
        if name not in self._sums:
            return None
        return float(self._sums[name][coefficients - 1] / (self.frames * coefficients))


def measure_coefficients(
    workspace: Workspace, pass_id: str, progress: Progress | None = None
) -> CoefficientTable:
    """Measure a pass in the space of shape coefficients, on clips that it was not trained on.

    Writes ``coefficients.json``, ``coefficients.csv`` and ``coefficients.png`` into
    ``output/evaluation/<pass_id>-coefficients/``.

    Parameters
    ----------
    workspace : Workspace
    pass_id : str
    progress : Progress, optional

    Returns
    -------
    CoefficientTable

    Raises
    ------
    Audio2VideoError
        There is no such pass, or its clips are not there.
    """
    progress = progress or Progress()
    path = find_network(workspace, pass_id)
    network = load_network(path.parent)
    encoder = load_encoder(network, path)
    statistics = pass_statistics(workspace, network, path)
    split = pass_split(workspace, path.parent)
    networks, notes = _networks(path.parent, network)
    mean = network.basis.decode(network.target_mean)
    counts = [count for count in COUNTS if count <= len(network.basis.components)]
    rows: list[dict[str, Any]] = []
    for part in PARTS:
        ids = split[part]
        if not ids:
            notes.append(f"the pass has no {part} clips")
            continue
        samples = corpus_samples(workspace, ids, statistics, encoder)
        errors = _measured(progress.follow(samples, part, len(ids), "clip"), networks, mean)
        rows += [
            {
                "split": part,
                "coefficients": count,
                "clips": len(ids),
                "frames": errors.frames,
                **{name: errors.mean(name, count) for name in COLUMNS},
            }
            for count in counts
        ]
    folder = workspace.evaluation(f"{pass_id}-coefficients")
    table = CoefficientTable(pass_id, rows, tuple(notes), folder)
    _write(table)
    return table


def _networks(folder: Path, network: Predictor) -> tuple[dict[str, Predictor], list[str]]:
    """Give the best epoch and the mean of the best ones, where they were kept, and notes."""
    try:
        chosen = read_json(folder / "evaluation.json").get("chosen")
    except BadFileError:
        chosen = None
    if not isinstance(chosen, str):
        note = f"{BEST}: the network that predicts; the pass does not say that it is one epoch"
        return {BEST: network}, [note, _not_kept(AVERAGED)]
    averaged = chosen.startswith(MEAN_OF_EPOCHS)
    own, other = (AVERAGED, BEST) if averaged else (BEST, AVERAGED)
    runner_up = load_runner_up(folder)
    notes = [f"{own}: {chosen}, which predicts"]
    if runner_up is None:
        return {own: network}, [*notes, _not_kept(other)]
    return {own: network, other: runner_up}, notes


def _not_kept(name: str) -> str:
    return f"{name}: not kept with this pass; a training from now on keeps it"


def _measured(
    samples: Iterable[Sample | Audio2VideoError], networks: Mapping[str, Predictor], mean: F64
) -> Errors:
    errors = Errors(next(iter(networks.values())).basis)
    for sample in samples:
        if isinstance(sample, Audio2VideoError):
            raise sample
        predicted = {MEAN_SHAPE: np.broadcast_to(mean, sample.true.shape)}
        for name, one in networks.items():
            shapes = one.basis.decode(one.coefficients(sample.features))
            predicted[name] = at_times(shapes, Fraction(one.encoder.rate), sample.times)
        errors.add(sample.true, predicted)
    return errors


def _write(table: CoefficientTable) -> None:
    content = {"pass_id": table.pass_id, "rows": list(table.rows), "notes": list(table.notes)}
    with replacing(table.folder) as temporary:
        temporary.mkdir()
        write_json(temporary / "coefficients.json", content)
        with (temporary / "coefficients.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table.rows[0]) if table.rows else ["split"])
            writer.writeheader()
            writer.writerows(table.rows)
        plot_coefficients(table.rows, COLUMNS, temporary / "coefficients.png")
