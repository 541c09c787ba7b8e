"""Training of a pass: ``train/<pass_id>/`` from what step 0 prepared."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..arrays import read_arrays
from ..errors import Audio2VideoError, BadFileError
from ..files import content_key, read_json, replacing, write_json
from ..mouth.lstm import DelayedLstm
from ..mouth.metrics import shape_errors
from ..mouth.network import GraphWriter, NetworkOptions, Normalisation, Trainer
from ..mouth.sequences import Batch, TrainingClip, at_times, split_clips, training_batches
from ..mouth.shapes import relative_shapes, without_drift
from ..options import Options
from ..progress import Progress
from ..speech.features import FEATURE_RATE
from ..workspace import Workspace
from .corpus import Clip, ShapeStatistics, read_clip, read_index, read_statistics
from .training_state import TrainingState, write_history

MADE_BY = "step 1 (lipsync)"
FORMAT = 1

PASS_OPTIONS = (
    "outp_norm",
    "vr",
    "test_share",
    "step_delay",
    "dim_hidden",
    "nlayers",
    "keep_prob",
    "seq_len",
    "batch_size",
    "nepochs",
    "grad_clip",
    "lr",
    "dr",
    "seed",
)
"""What a pass consists of; checkpoints, threads and the like do not change it."""


def train_pass(workspace: Workspace, options: Options, progress: Progress) -> dict[str, Any]:
    """Train a pass, going on where an earlier run was stopped.

    Writes into ``train/<pass_id>``: ``options.json``, ``split.json``, ``history.csv`` and its plot,
    ``checkpoint.npz`` while it is unfinished, ``evaluation.json`` and ``network.npz`` (the best
    epoch on the validation clips) when it is done.

    Returns
    -------
    dict
        Epochs trained now, and the evaluation.

    Raises
    ------
    Audio2VideoError
        There is no prepared corpus, or the pass was begun with other options.
    """
    session = _Session.open(workspace, options, progress)
    folder = session.folder
    begun = _earlier_run(session)
    if begun == "finished":
        progress.note(f"pass {options.pass_id} is trained already (--force True trains it again)")
        return {"epochs": 0, "evaluation": read_json(folder / "evaluation.json")}
    write_json(folder / "options.json", {**session.identity, "audio2video": __version__})
    write_json(folder / "split.json", session.split)
    data = _prepared_data(session)
    normalisation = Normalisation.of(
        [data[i] for i in session.split["training"]], options.outp_norm
    )
    trainer = _trainer(options, data)
    state = TrainingState.load(folder / "checkpoint.npz") if begun else TrainingState()
    before = state.epoch
    _train_epochs(session, trainer, normalisation, data, state)
    trainer.restore(state.best)
    statistics = session.statistics
    reference = statistics.references[_main_speaker(session)]
    network = trainer.network(normalisation, statistics.basis, reference)
    evaluation = _evaluate(session, network)
    write_json(folder / "evaluation.json", {**evaluation, "best_epoch": state.best_epoch})
    with replacing(folder / "network.npz") as temporary:
        network.save(temporary)
    (folder / "checkpoint.npz").unlink()
    return {"epochs": state.epoch - before, "evaluation": evaluation}


@dataclass(frozen=True)
class _Session:
    """What stays the same through the training of a pass."""

    folder: Path
    options: Options
    progress: Progress
    clips: dict[str, Clip]
    statistics: ShapeStatistics
    split: dict[str, list[str]]
    identity: dict[str, Any]

    @classmethod
    def open(cls, workspace: Workspace, options: Options, progress: Progress) -> _Session:
        ids = read_index(workspace)
        split = split_clips(ids, options.seed, options.vr, options.test_share)
        if not split["training"] or not split["validation"]:
            raise Audio2VideoError(
                f"{len(ids)} prepared clip(s) are too few to train on",
                path=workspace.root / "raw",
                hint="step 0 needs a corpus of at least 3 usable clips",
            )
        clips = {clip_id: read_clip(workspace, clip_id) for clip_id in ids}
        statistics = read_statistics(workspace)
        identity = {
            "format": FORMAT,
            "options": {name: getattr(options, name) for name in PASS_OPTIONS},
            "data": _fingerprint(clips.values(), statistics),
        }
        folder = workspace.training_pass(options.pass_id)
        return cls(folder, options, progress, clips, statistics, split, identity)


def _fingerprint(clips: Iterable[Clip], statistics: ShapeStatistics) -> str:
    digest = hashlib.sha256(statistics.basis.components.tobytes())
    for clip in clips:
        digest.update(f"{clip.clip_id}/{clip.speaker}/{clip.rate}/{clip.first_frame}".encode())
        digest.update(np.ascontiguousarray(clip.mouth).tobytes())
        digest.update(np.ascontiguousarray(clip.features).tobytes())
    return digest.hexdigest()


def _earlier_run(session: _Session) -> str | None:
    """Tell what there is of this pass: 'finished', 'checkpoint' or None.

    Raises
    ------
    Audio2VideoError
        It was begun with other options or data.
    """
    folder = session.folder
    if session.options.force:
        # The finished network stays until the new one takes its place.
        (folder / "checkpoint.npz").unlink(missing_ok=True)
        return None
    finished = (folder / "network.npz").is_file()
    started = (folder / "checkpoint.npz").is_file()
    if not (finished or started):
        return None
    before = read_json(folder / "options.json")
    if content_key({k: before.get(k) for k in session.identity}) != content_key(session.identity):
        old = before.get("options") or {}
        changed = [
            f"{name} {old.get(name)} -> {value}"
            for name, value in session.identity["options"].items()
            if old.get(name) != value
        ]
        raise Audio2VideoError(
            f"this pass was begun with other options ({', '.join(changed) or 'another corpus'})",
            path=folder,
            hint="choose another --pass_id; --force True trains this one anew",
        )
    return "checkpoint" if started else "finished"


def _prepared_data(session: _Session) -> dict[str, TrainingClip]:
    """Features and targets of all clips on one clock, kept on disk between runs."""
    path = session.folder / "sequences.npz"
    key = str(session.identity["data"])
    if path.is_file() and not (session.options.preprocess or session.options.force):
        try:
            arrays = read_arrays(path, ("key",), made_by=MADE_BY)
        except BadFileError:
            arrays = {"key": np.array("")}
        if str(arrays["key"]) == key:
            return {i: TrainingClip(arrays[f"x_{i}"], arrays[f"y_{i}"]) for i in session.clips}
    followed = session.progress.follow(
        session.clips.items(), "preparing sequences", len(session.clips), "clip"
    )
    clips = {i: _training_clip(clip, session.statistics) for i, clip in followed}
    arrays = {"key": np.array(key)}
    for i, clip in clips.items():
        arrays[f"x_{i}"], arrays[f"y_{i}"] = clip.features, clip.targets
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    return clips


def _relative(clip: Clip, statistics: ShapeStatistics) -> NDArray[np.float64]:
    steady = without_drift(clip.mouth, statistics.centres[clip.speaker])
    return relative_shapes(steady, statistics.references[clip.speaker])


def _training_clip(clip: Clip, statistics: ShapeStatistics) -> TrainingClip:
    coefficients = statistics.basis.encode(_relative(clip, statistics))
    # Sound before the face came into view and after it was lost has no target.
    begin = clip.first_frame / clip.rate
    end = begin + (len(clip.mouth) - 1) / clip.rate
    first = math.ceil(begin * FEATURE_RATE)
    last = min(len(clip.features), math.floor(end * FEATURE_RATE) + 1)
    times = np.arange(first, last) / FEATURE_RATE - float(begin)
    targets = at_times(coefficients, clip.rate, times)
    return TrainingClip(clip.features[first:last], targets.astype(np.float32))


def _main_speaker(session: _Session) -> str:
    """Whoever is seen most: predicted shapes are given in this speaker's proportions."""
    frames: Counter[str] = Counter()
    for clip in session.clips.values():
        frames[clip.speaker] += len(clip.mouth)
    return frames.most_common(1)[0][0]


def _trainer(options: Options, data: dict[str, TrainingClip]) -> Trainer:
    clip = next(iter(data.values()))
    network = NetworkOptions(
        options.dim_hidden,
        options.nlayers,
        options.keep_prob,
        options.grad_clip,
        options.step_delay,
        options.seed,
    )
    return Trainer(clip.features.shape[1], clip.targets.shape[1], network, options.nthreads)


def _train_epochs(
    session: _Session,
    trainer: Trainer,
    normalisation: Normalisation,
    data: dict[str, TrainingClip],
    state: TrainingState,
) -> None:
    """Train to the last epoch; the state is left as after it."""
    options = session.options
    if state.weights:
        trainer.restore(state.weights)
    parts = {
        part: [
            TrainingClip(
                normalisation.features(data[i].features), normalisation.targets(data[i].targets)
            )
            for i in session.split[part]
        ]
        for part in ("training", "validation")
    }
    # The validation clips are cut once, at fixed places, so that epochs can be compared.
    checks = list(_batches(parts["validation"], options, np.random.default_rng(0)))
    unit = float(normalisation.target_std.max()) ** 2
    graph = GraphWriter(session.folder / "graph") if options.showGraph else None
    while state.epoch < options.nepochs:
        rng = np.random.default_rng([options.seed, 2, state.epoch])
        rate = options.lr * options.dr**state.epoch
        for number, batch in enumerate(_batches(parts["training"], options, rng)):
            if number < state.batch:
                continue  # trained on before the run was stopped
            loss = trainer.train(batch, rate)
            state.add_batch(loss, batch)
            if options.b_savef and state.batch % options.b_savef == 0:
                state.save(session.folder / "checkpoint.npz", trainer)
        weight = sum(float(b.weights.sum()) for b in checks)
        error = sum(trainer.loss(b) * float(b.weights.sum()) for b in checks) / weight
        state.end_epoch(rate, error, trainer)
        if graph is not None:
            graph.write(state.epoch, state.history[-1])
        if state.epoch % options.e_savef == 0 or state.epoch == options.nepochs:
            state.save(session.folder / "checkpoint.npz", trainer)
            write_history(session.folder, state.history, unit)
        session.progress.update("training", state.epoch, options.nepochs, "epoch")


def _batches(
    clips: Sequence[TrainingClip], options: Options, rng: np.random.Generator
) -> Iterator[Batch]:
    return training_batches(clips, options.seq_len, options.batch_size, options.step_delay, rng)


def _evaluate(session: _Session, network: DelayedLstm) -> dict[str, Any]:
    """Measure on clips kept out of training, beside always saying the mean shape."""
    statistics = session.statistics
    mean = statistics.basis.decode(network.target_mean)
    result: dict[str, Any] = {}
    for part in ("validation", "test"):
        true, predicted = [], []
        for i in session.split[part]:
            clip = session.clips[i]
            true.append(_relative(clip, statistics))
            shapes = statistics.basis.decode(network.coefficients(clip.features))
            times = (clip.first_frame + np.arange(len(clip.mouth))) / float(clip.rate)
            predicted.append(at_times(shapes, Fraction(FEATURE_RATE), times))
        if true:
            always = [np.broadcast_to(mean, shapes.shape) for shapes in true]
            result[part] = {
                "clips": len(true),
                "network": shape_errors(predicted, true),
                "mean_shape": shape_errors(always, true),
            }
    return result
