"""How far the training of a pass is: kept in one checkpoint file, shown as a curve."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..storage.arrays import read_arrays, sealed
from ..storage.files import replacing
from .plots import plot_training
from .sequences import TrainingBatch
from .trainer import Trainer

COLUMNS = ("learning_rate", "training", "validation")
RETRAIN = "--force True trains the pass again"
"""What to do when a file of a pass is damaged."""

KEPT = 10
"""Best epochs whose weights are kept, to choose from or to average."""


@dataclass(frozen=True)
class Epoch:
    """Weights after one of the best epochs.

    Parameters
    ----------
    validation : float
    number : int
        Counted from 1.
    weights : dict
        As in `Architecture.shapes`.
    """

    validation: float
    number: int
    weights: dict[str, NDArray[np.float32]]


@dataclass
class TrainingState:
    """State between two batches; resuming from it is exact.

    Parameters
    ----------
    epoch, batch : int
        Finished epochs, and finished batches of the running one.
    loss_sum, loss_weight : float
        Training loss of the running epoch so far.
    history : list of dict
        Figures of each finished epoch; losses in the network's own scale.
    best : list of Epoch
        Those with the least validation loss, the best first.
    seconds : float
        Time spent, over all runs.
    resumed : dict
        `Trainer.state` as loaded; empty at the start.
    """

    epoch: int = 0
    batch: int = 0
    loss_sum: float = 0.0
    loss_weight: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: list[Epoch] = field(default_factory=list)
    seconds: float = 0.0
    resumed: dict[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def best_epoch(self) -> int:
        """Number of the best epoch, counted from 1."""
        return self.best[0].number

    def add_batch(self, loss: float, batch: TrainingBatch) -> None:
        """Count a batch."""
        weight = float(batch.weights.sum())
        self.batch += 1
        self.loss_sum += loss * weight
        self.loss_weight += weight

    def end_epoch(self, learning_rate: float, validation: float, trainer: Trainer) -> None:
        """Close an epoch and keep the network if it is among the best so far."""
        training = self.loss_sum / max(self.loss_weight, 1.0)
        if len(self.best) < KEPT or validation < self.best[-1].validation:
            self.best.append(Epoch(validation, self.epoch + 1, trainer.weights()))
            self.best.sort(key=lambda epoch: epoch.validation)
            del self.best[KEPT:]
        self.history.append(dict(zip(COLUMNS, (learning_rate, training, validation), strict=True)))
        self.epoch += 1
        self.batch, self.loss_sum, self.loss_weight = 0, 0.0, 0.0

    def save(self, path: Path, trainer: Trainer) -> None:
        """Write the checkpoint, whole or not at all."""
        arrays: dict[str, NDArray[Any]] = {
            "progress": np.array([self.epoch, self.batch]),
            "loss": np.array([self.loss_sum, self.loss_weight]),
            "history": np.array([[row[c] for c in COLUMNS] for row in self.history]).reshape(
                -1, len(COLUMNS)
            ),
            "best": np.array([[e.validation, e.number] for e in self.best]).reshape(-1, 2),
            "seconds": np.array(self.seconds),
        }
        arrays |= {f"now/{name}": array for name, array in trainer.state().items()}
        for k, epoch in enumerate(self.best):
            arrays |= {f"best{k}/{name}": array for name, array in epoch.weights.items()}
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **sealed(arrays))  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> TrainingState:
        """Read a checkpoint.

        Raises
        ------
        BadFileError
            It is damaged.
        KeyError, TypeError, ValueError
            It is another file.
        """
        arrays = read_arrays(
            path, ("progress", "loss", "history", "best", "seconds"), made_by="step 1 (lipsync)"
        )

        def part(prefix: str) -> dict[str, NDArray[Any]]:
            return {k[len(prefix) :]: a for k, a in arrays.items() if k.startswith(prefix)}

        epoch, batch = (int(n) for n in arrays["progress"])
        history = [dict(zip(COLUMNS, map(float, row), strict=True)) for row in arrays["history"]]
        loss_sum, loss_weight = (float(x) for x in arrays["loss"])
        best = [
            Epoch(float(validation), int(number), part(f"best{k}/"))
            for k, (validation, number) in enumerate(arrays["best"])
        ]
        if epoch != len(history) or len(best) != min(epoch, KEPT):
            raise BadFileError("its parts contradict each other", path=path)
        seconds = float(arrays["seconds"])
        return cls(epoch, batch, loss_sum, loss_weight, history, best, seconds, part("now/"))


def resume(path: Path, trainer: Trainer) -> TrainingState:
    """Read a checkpoint, and put the trainer where it was.

    Raises
    ------
    BadFileError
        It is damaged, or of another network.
    """
    try:
        state = TrainingState.load(path)
        trainer.restore(state.resumed)
    except (BadFileError, KeyError, TypeError, ValueError) as error:
        raise BadFileError(
            "not a checkpoint of this pass, or damaged", path=path, hint=RETRAIN
        ) from error
    return state


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
