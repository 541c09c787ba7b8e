"""Training of a pass in ``train/<pass_id>/`` on the corpus of step 0."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import Config
from ..errors import Audio2VideoError, BadFileError
from ..models.pass_files import write_network
from ..mouth.architecture import Architecture
from ..mouth.metrics import measure_clips
from ..mouth.predictor import Predictor
from ..mouth.resampling import at_times
from ..progress import Progress
from ..provenance.container_tags import code_version
from ..runtime.extras import require
from ..speech.features import FEATURE_RATE
from ..storage.files import content_key, read_json, write_json
from ..storage.locks import locked
from ..storage.workspace import Workspace
from .checkpoint import RETRAIN, TrainingState, resume, write_history
from .corpus import Clip, ShapeStatistics, feature_kind, read_clip, read_index, read_statistics
from .data import (
    TrainingData,
    fingerprint,
    frame_times,
    limited,
    prepare_data,
    true_shapes,
)
from .sequences import TrainingBatch, split_clips
from .trainer import GraphWriter, Trainer

FORMAT = 3


def train_pass(workspace: Workspace, config: Config, progress: Progress) -> dict[str, Any]:
    """Train a pass, going on where an earlier run was stopped.

    Writes into ``train/<pass_id>``: ``options.json``, ``split.json``, ``history.csv`` and its plot,
    ``checkpoint.npz`` while it is unfinished; ``evaluation.json``, ``run.json`` and ``network.npz``
    when it is done. The network is the better, by validation loss, of the best epoch and the mean
    of the weights of the ten best epochs (Polyak and Juditsky 1992).

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
    session = _Session.open(workspace, config, progress)
    with locked(
        session.folder / ".training.lock",
        lambda: progress.update("waiting for the training by another run", 0, None, "run"),
    ):
        return _train(session, workspace)


def _train(session: _Session, workspace: Workspace) -> dict[str, Any]:
    folder, config, progress = session.folder, session.config, session.progress
    begun = _earlier_run(session)
    if begun == "finished":
        progress.note(
            f"pass {config.inputs.pass_id} is trained already (--force True trains it again)"
        )
        return {"epochs": 0, "evaluation": _read(folder / "evaluation.json")}
    data = prepare_data(
        workspace, config, session.clips, session.statistics, session.split, progress
    )
    trainer = Trainer(
        session.architecture(data),
        config.training,
        config.machine.nthreads,
    )
    state = resume(folder / "checkpoint.npz", trainer) if begun else TrainingState()
    if not begun and (folder / "network.npz").is_file():
        # From now on the network that is there is not what the other files speak of.
        state.save(folder / "checkpoint.npz", trainer)
    write_json(folder / "options.json", {**session.identity, "audio2video": code_version()})
    write_json(folder / "split.json", session.split)
    before = state.epoch
    checks = data.checks(config.training)
    _train_epochs(session, trainer, data, checks, state)
    weights, chosen = _choose(trainer, checks, state)
    network = session.predictor(data, weights)
    evaluation = {"chosen": chosen, "best_epoch": state.best_epoch, **_evaluate(session, network)}
    write_json(folder / "evaluation.json", evaluation)
    write_network(folder, network, {"epochs": state.epoch, "seconds": round(state.seconds, 1)})
    (folder / "checkpoint.npz").unlink(missing_ok=True)
    return {"epochs": state.epoch - before, "evaluation": evaluation}


@dataclass(frozen=True)
class _Session:
    """What stays the same through the training of a pass."""

    folder: Path
    config: Config
    progress: Progress
    clips: dict[str, Clip]
    statistics: ShapeStatistics
    split: dict[str, list[str]]
    identity: dict[str, Any]
    features: str

    @classmethod
    def open(cls, workspace: Workspace, config: Config, progress: Progress) -> _Session:
        ids = read_index(workspace)
        clips = {clip_id: read_clip(workspace, clip_id) for clip_id in ids}
        recordings = {clip_id: clip.recording for clip_id, clip in clips.items()}
        training = config.training
        split = split_clips(recordings, training.seed, training.vr, training.test_share)
        if not split["training"] or not split["validation"]:
            raise Audio2VideoError(
                f"{len(set(recordings.values()))} prepared recording(s) are too few to train on",
                path=workspace.root / "raw",
                hint="step 0 needs a corpus of at least 3 usable recordings",
            )
        split = limited(split, clips, training.train_minutes, training.seed)
        statistics = read_statistics(workspace)
        identity = {
            "format": FORMAT,
            "options": training.flags(),
            "data": fingerprint(clips.values(), statistics),
        }
        folder = workspace.training_pass(config.inputs.pass_id)
        workspace.inside("train", config.inputs.pass_id, "graph")
        return cls(
            folder,
            config,
            progress,
            clips,
            statistics,
            split,
            identity,
            feature_kind(workspace),
        )

    def architecture(self, data: TrainingData) -> Architecture:
        """Form of the network to train."""
        inputs, outputs = len(data.normalisation.feature_mean), len(data.normalisation.target_mean)
        network = self.config.training.network
        return Architecture(network.network, inputs, outputs, network.dim_hidden, network.nlayers)

    def predictor(
        self, data: TrainingData, weights: Mapping[str, NDArray[np.float32]]
    ) -> Predictor:
        """Assemble the trained network with its scales, basis and reference."""
        scales, statistics = data.normalisation, self.statistics
        return Predictor(
            self.architecture(data),
            dict(weights),
            scales.feature_mean,
            scales.feature_std,
            scales.target_mean,
            scales.target_std,
            self.config.training.delay,
            statistics.basis,
            statistics.references[self._main_speaker()],
            self.features,
        )

    def _main_speaker(self) -> str:
        """Whoever is seen most: predicted shapes are given in this speaker's proportions."""
        frames: Counter[str] = Counter()
        for clip in self.clips.values():
            frames[clip.speaker] += len(clip.mouth)
        return frames.most_common(1)[0][0]


def _earlier_run(session: _Session) -> str | None:
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
    before = _read(folder / "options.json")
    if content_key({k: before.get(k) for k in session.identity}) != content_key(session.identity):
        options = before.get("options")
        old = options if isinstance(options, dict) else {}
        changed = [
            f"{name} {old.get(name)} -> {value}"
            for name, value in session.identity["options"].items()
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
    session: _Session,
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
    while state.epoch < config.nepochs:
        rate = config.lr * config.dr**state.epoch
        for number, batch in enumerate(data.epoch(config, state.epoch)):
            if number < state.batch:
                continue  # trained on before the run was stopped
            loss = trainer.train(batch, rate)
            state.add_batch(loss, batch)
            if lipsync.b_savef and state.batch % lipsync.b_savef == 0:
                state.save(session.folder / "checkpoint.npz", trainer)
        state.end_epoch(rate, _validation_loss(trainer, checks), trainer)
        state.seconds = time.perf_counter() - began
        if graph is not None:
            graph.write(state.epoch, state.history[-1])
        if state.epoch % lipsync.e_savef == 0 or state.epoch == config.nepochs:
            # In this order: whatever a run leaves when it is killed, the next one makes whole.
            write_history(session.folder, state.history, unit)
            state.save(session.folder / "checkpoint.npz", trainer)
        session.progress.update("training", state.epoch, config.nepochs, "epoch")


def _validation_loss(trainer: Trainer, checks: Sequence[TrainingBatch]) -> float:
    weights = [float(batch.weights.sum()) for batch in checks]
    return float(np.average([trainer.loss(batch) for batch in checks], weights=weights))


def _choose(
    trainer: Trainer, checks: Sequence[TrainingBatch], state: TrainingState
) -> tuple[dict[str, NDArray[np.float32]], str]:
    """Take the better of the best epoch and the mean of the best ones, and say which it is."""
    best = state.best[0]
    mean = {
        name: np.asarray(np.mean([e.weights[name] for e in state.best], axis=0), np.float32)
        for name in best.weights
    }
    trainer.set_weights(mean)
    if _validation_loss(trainer, checks) < best.validation:
        epochs = ", ".join(str(number) for number in sorted(epoch.number for epoch in state.best))
        return mean, f"mean of epochs {epochs}"
    return best.weights, f"epoch {best.number}"


MEASURES = ("mse", "r2", "opening_correlation", "width_correlation", "lag_ms")


def _evaluate(session: _Session, network: Predictor) -> dict[str, Any]:
    """Measure on clips kept out of training, beside always saying the mean shape."""
    statistics = session.statistics
    mean = statistics.basis.decode(network.target_mean)
    result: dict[str, Any] = {}
    for part in ("validation", "test"):
        clips = [session.clips[i] for i in session.split[part]]
        if not clips:
            continue
        true = [true_shapes(clip, statistics) for clip in clips]
        predicted = [
            at_times(
                statistics.basis.decode(network.coefficients(clip.features)),
                Fraction(FEATURE_RATE),
                frame_times(clip),
            )
            for clip in clips
        ]
        always = [np.broadcast_to(mean, shapes.shape) for shapes in true]
        rates = [clip.rate for clip in clips]
        result[part] = {"clips": len(clips)}
        for name, shapes in (("network", predicted), ("mean_shape", always)):
            measures = measure_clips(shapes, true, rates)
            result[part][name] = {key: measures[key] for key in MEASURES}
    return result
