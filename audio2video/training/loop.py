"""Training of a pass in ``train/<pass_id>/`` on the corpus of step 0."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import Config, TrainingConfig
from ..errors import Audio2VideoError, BadFileError
from ..models.pass_files import MEAN_OF_EPOCHS, write_network
from ..mouth.predictor import Predictor
from ..progress import Progress
from ..provenance.container_tags import code_version
from ..runtime.extras import require
from ..storage.files import content_key, read_json, write_json
from ..storage.locks import locked
from ..storage.workspace import Workspace
from .assessment import evaluate, range_gain
from .checkpoint import RETRAIN, TrainingState, resume, write_history
from .data import TrainingData
from .readout import fit_readout
from .sequences import TrainingBatch
from .session import Session
from .trainer import GraphWriter, Trainer


def train_pass(workspace: Workspace, config: Config, progress: Progress) -> dict[str, Any]:
    """Train a pass, going on where an earlier run was stopped.

    Writes into ``train/<pass_id>``: ``options.json``, ``split.json``, ``history.csv`` and its plot,
    ``checkpoint.npz`` while it is unfinished; ``evaluation.json``, ``run.json`` and ``network.npz``
    when it is done. The network is the better, by validation loss, of the best epoch and the mean
    of the weights of the ten best epochs (Polyak and Juditsky 1992); the other one is kept as
    ``runner_up.npz``.

    Returns
    -------
    dict
        Epochs trained now, and the evaluation.

    Raises
    ------
    Audio2VideoError
        There is no prepared corpus, or the pass was begun with other options.
    """
    require("training", "tensorflow")
    session = Session.open(workspace, config, progress)
    with locked(
        session.folder / ".training.lock",
        lambda: progress.update("waiting for the training by another run", 0, None, "run"),
    ):
        return _train(session, workspace)


def _train(session: Session, workspace: Workspace) -> dict[str, Any]:
    folder, config, progress = session.folder, session.config, session.progress
    begun = _earlier_run(session)
    if begun == "finished":
        progress.note(
            f"pass {config.inputs.pass_id} is trained already (--force True trains it again)"
        )
        return {"epochs": 0, "evaluation": _read(folder / "evaluation.json")}
    session.prepared.encode(session.split, progress)
    targets = session.targets()
    data = session.data(targets)
    trainer = session.trainer(data, targets.basis)
    state = resume(folder / "checkpoint.npz", trainer) if begun else TrainingState()
    if not begun and (folder / "network.npz").is_file():
        # From now on the network that is there is not what the other files speak of.
        state.save(folder / "checkpoint.npz", trainer)
    write_json(folder / "options.json", {**session.identity, "audio2video": code_version()})
    write_json(folder / "split.json", session.split)
    before = state.epoch
    checks = data.checks(config.training)
    _train_epochs(session, trainer, data, checks, state)
    choice = _choose(trainer, checks, state)

    readout = None
    if config.training.readout is not None:
        progress.note("fitting the linear read-out")
        readout = fit_readout(data, session.encoder.rate, config.training.readout)

    def assembled(weights: Mapping[str, NDArray[np.float32]]) -> tuple[Predictor, float]:
        gain = 1.0
        if targets.ranges:
            plain = session.predictor(data, targets, weights, readout=readout)
            gain = range_gain(session, targets, plain)
        return session.predictor(data, targets, weights, gain, readout), gain

    network, gain = assembled(choice.weights)
    evaluation = {
        "chosen": choice.name,
        "best_epoch": state.best_epoch,
        "gain": round(gain, 4),
        **evaluate(session, targets, network),
    }
    write_json(folder / "evaluation.json", evaluation)
    facts = {"epochs": state.epoch, "seconds": round(state.seconds, 1)}
    write_network(folder, network, facts, assembled(choice.other)[0])
    (folder / "checkpoint.npz").unlink(missing_ok=True)
    return {"epochs": state.epoch - before, "evaluation": evaluation}


def _earlier_run(session: Session) -> str | None:
    """Tell what there is of this pass: 'finished', 'checkpoint' or None.

    Raises
    ------
    Audio2VideoError
        It was begun with other options or data.
    """
    folder = session.folder
    if session.config.machine.force:
        # The finished network stays until the new one takes its place.
        (folder / "checkpoint.npz").unlink(missing_ok=True)
        return None
    finished = (folder / "network.npz").is_file()
    started = (folder / "checkpoint.npz").is_file()
    if not (finished or started):
        return None
    before, wanted = _read(folder / "options.json"), session.identity["options"]
    options = before.get("options")
    old = options if isinstance(options, dict) else {}
    # What is left open is as good as what there was no option for.
    said, asked = ({k: v for k, v in one.items() if v is not None} for one in (old, wanted))
    if content_key({**{k: before.get(k) for k in session.identity}, "options": said}) != (
        content_key({**session.identity, "options": asked})
    ):
        changed = [
            f"{name} {old.get(name)} -> {value}"
            for name, value in wanted.items()
            if old.get(name) != value
        ]
        raise Audio2VideoError(
            f"this pass was begun with other options ({', '.join(changed) or 'another corpus'})",
            path=folder,
            hint="choose another --pass_id; --force True trains this one again",
        )
    return "checkpoint" if started else "finished"


def _read(path: Path) -> dict[str, Any]:
    """Read a file that a training has written."""
    try:
        return read_json(path)
    except BadFileError as error:
        raise BadFileError("missing or damaged", path=path, hint=RETRAIN) from error


def _train_epochs(
    session: Session,
    trainer: Trainer,
    data: TrainingData,
    checks: Sequence[TrainingBatch],
    state: TrainingState,
) -> None:
    """Train to the last epoch; the state is left as after it."""
    config, lipsync = session.config.training, session.config.lipsync
    unit = float(data.normalisation.target_std.max()) ** 2
    graph = GraphWriter(session.folder / "graph") if lipsync.tensorboard else None
    began = time.perf_counter() - state.seconds
    while not _is_over(state, config):
        rate = config.lr * config.dr**state.epoch
        for number, batch in enumerate(data.epoch(config, state.epoch)):
            if number < state.batch:
                continue  # trained on before the run was stopped
            loss = trainer.train(batch, rate)
            state.add_batch(loss, batch)
            if lipsync.b_savef and state.batch % lipsync.b_savef == 0:
                state.save(session.folder / "checkpoint.npz", trainer)
        with trainer.averaged():
            state.end_epoch(rate, _validation_loss(trainer, checks), trainer)
        state.seconds = time.perf_counter() - began
        if graph is not None:
            graph.write(state.epoch, state.history[-1])
        if state.epoch % lipsync.e_savef == 0 or _is_over(state, config):
            # In this order: whatever a run leaves when it is killed, the next one makes whole.
            write_history(session.folder, state.history, unit)
            state.save(session.folder / "checkpoint.npz", trainer)
        session.progress.update("training", state.epoch, config.nepochs, "epoch")
    if state.epoch < config.nepochs:
        session.progress.notice(
            f"training ended after epoch {state.epoch}: none of the last {config.patience} was "
            f"better than epoch {state.best_epoch} (--patience)"
        )


def _is_over(state: TrainingState, config: TrainingConfig) -> bool:
    """Tell whether all epochs are done, or the last ones were in vain."""
    waited = state.epoch - state.best_epoch if state.epoch else 0
    return state.epoch >= config.nepochs or (
        config.patience is not None and waited >= config.patience
    )


def _validation_loss(trainer: Trainer, checks: Sequence[TrainingBatch]) -> float:
    weights = [float(batch.weights.sum()) for batch in checks]
    return float(np.average([trainer.loss(batch) for batch in checks], weights=weights))


@dataclass(frozen=True)
class _Choice:
    """Weights of the better network, what it is, and those of the other."""

    weights: dict[str, NDArray[np.float32]]
    name: str
    other: dict[str, NDArray[np.float32]]


def _choose(trainer: Trainer, checks: Sequence[TrainingBatch], state: TrainingState) -> _Choice:
    """Take the better of the best epoch and the mean of the best ones, and say which it is."""
    best = state.best[0]
    mean = {
        name: np.asarray(np.mean([e.weights[name] for e in state.best], axis=0), np.float32)
        for name in best.weights
    }
    trainer.set_weights(mean)
    if _validation_loss(trainer, checks) < best.validation:
        epochs = ", ".join(str(number) for number in sorted(epoch.number for epoch in state.best))
        return _Choice(mean, f"{MEAN_OF_EPOCHS} {epochs}", best.weights)
    return _Choice(best.weights, f"epoch {best.number}", mean)
