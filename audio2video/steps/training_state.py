"""How far the training of a pass is: kept in one checkpoint file, shown as a curve."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import read_arrays
from ..files import replacing
from ..mouth.network import Trainer
from ..mouth.sequences import Batch
from .plots import plot_training

COLUMNS = ("learning_rate", "training", "validation")


@dataclass
class TrainingState:
    """State between two batches; saved and loaded, training goes on exactly as it would have.

    Parameters
    ----------
    epoch, batch : int
        Finished epochs, and finished batches of the running one.
    loss_sum, loss_weight : float
        Training loss of the running epoch so far.
    history : list of dict
        Figures of each finished epoch; losses in the network's own scale.
    best_epoch : int
        Counted from 1.
    best : dict
        `Trainer.state` after the epoch with the least validation loss.
    weights : dict
        `Trainer.state` as loaded; empty at the start.
    """

    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    loss_weight: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, NDArray[Any]] = field(default_factory=dict)
    weights: dict[str, NDArray[Any]] = field(default_factory=dict)

    def add_batch(self, loss: float, batch: Batch) -> None:
        """Count a batch."""
        weight = float(batch.weights.sum())
        self.batch += 1
        self.loss_sum += loss * weight
        self.loss_weight += weight

    def end_epoch(self, learning_rate: float, validation: float, trainer: Trainer) -> None:
        """Close an epoch and keep the network if it is the best so far."""
        training = self.loss_sum / max(self.loss_weight, 1.0)
        if validation < min((row["validation"] for row in self.history), default=np.inf):
            self.best_epoch, self.best = self.epoch + 1, trainer.state()
        self.history.append(dict(zip(COLUMNS, (learning_rate, training, validation), strict=True)))
        self.epoch += 1
        self.batch, self.loss_sum, self.loss_weight = 0, 0.0, 0.0

    def save(self, path: Path, trainer: Trainer) -> None:
        """Write the checkpoint, whole or not at all."""
        arrays: dict[str, NDArray[Any]] = {
            "progress": np.array([self.epoch, self.batch, self.best_epoch]),
            "loss": np.array([self.loss_sum, self.loss_weight]),
            "history": np.array([[row[c] for c in COLUMNS] for row in self.history]).reshape(
                -1, len(COLUMNS)
            ),
        }
        for prefix, state in (("now", trainer.state()), ("best", self.best)):
            for name, array in state.items():
                arrays[f"{prefix}_{name}"] = array
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> TrainingState:
        """Read a checkpoint.

        Raises
        ------
        BadFileError
            It is damaged.
        """
        arrays = read_arrays(path, ("progress", "loss", "history"), made_by="step 1 (lipsync)")

        def part(prefix: str) -> dict[str, NDArray[Any]]:
            return {k[len(prefix) :]: a for k, a in arrays.items() if k.startswith(prefix)}

        epoch, batch, best_epoch = (int(n) for n in arrays["progress"])
        history = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in arrays["history"]]
        loss_sum, loss_weight = (float(x) for x in arrays["loss"])
        return cls(
            epoch, batch, loss_sum, loss_weight, history, best_epoch, part("best_"), part("now_")
        )


def write_history(folder: Path, history: list[dict[str, float]], unit: float) -> None:
    """Write ``history.csv`` and its plot.

    Parameters
    ----------
    folder : Path
    history : list of dict
    unit : float
        Squared shape unit (closed-mouth width, per coefficient) of one unit of the loss.
    """
    rows = [
        {
            "epoch": n,
            **row,
            "training": row["training"] * unit,
            "validation": row["validation"] * unit,
        }
        for n, row in enumerate(history, start=1)
    ]
    with (
        replacing(folder / "history.csv") as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, ["epoch", *COLUMNS])
        writer.writeheader()
        writer.writerows(rows)
    with replacing(folder / "history.png") as temporary:
        plot_training(rows, temporary)
