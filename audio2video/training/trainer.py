"""Training a network with TensorFlow; the only module that imports it, and only when run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import TrainingConfig
from ..mouth.architecture import TAPS, Architecture
from .sequences import TrainingBatch, TrainingClip


def import_tensorflow(threads: int) -> Any:
    """Import TensorFlow, quiet and repeatable.

    Parameters
    ----------
    threads : int
        Threads that one operation may use.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _quiet():
        import tensorflow as tf

        tf.get_logger().setLevel("ERROR")
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            tf.config.experimental.enable_op_determinism()
        except RuntimeError:
            # Already started in this process: the settings of the first use stay.
            pass
        tf.constant(0)  # starts the devices, which have something to say too
    return tf


@contextmanager
def _quiet() -> Iterator[None]:
    """Hold back what compiled code writes to stderr before its log levels are set."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@dataclass(frozen=True)
class Normalisation:
    """Scales between data and network.

    Parameters
    ----------
    feature_mean, feature_std : ndarray of float32, shape (D,)
    target_mean, target_std : ndarray of float32, shape (K,)
    """

    feature_mean: NDArray[np.float32]
    feature_std: NDArray[np.float32]
    target_mean: NDArray[np.float32]
    target_std: NDArray[np.float32]

    @classmethod
    def of(cls, clips: Sequence[TrainingClip], each_output: bool) -> Normalisation:
        """Measure the scales on training clips.

        Parameters
        ----------
        clips : sequence of TrainingClip
        each_output : bool
            Scale every coefficient to unit variance; otherwise all by one number, which keeps the
            loss proportional to the squared error of the mouth points.
        """
        features = np.concatenate([clip.features for clip in clips])
        targets = np.concatenate([clip.targets for clip in clips])
        std = targets.std(axis=0)
        if not each_output:
            std = np.full_like(std, std.max())
        return cls(
            features.mean(axis=0),
            np.maximum(features.std(axis=0), 1e-4),
            targets.mean(axis=0),
            np.maximum(std, 1e-6),
        )

    def features(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """To the network's scale."""
        return np.asarray((features - self.feature_mean) / self.feature_std, np.float32)

    def targets(self, targets: NDArray[np.float32]) -> NDArray[np.float32]:
        """To the network's scale."""
        return np.asarray((targets - self.target_mean) / self.target_std, np.float32)


class Trainer:
    """A network in training.

    Parameters
    ----------
    architecture : Architecture
    config : TrainingConfig
    threads : int
    """

    def __init__(self, architecture: Architecture, config: TrainingConfig, threads: int) -> None:
        tf = self._tf = import_tensorflow(threads)
        self._form = architecture
        self._config = config
        initial = architecture.initial(np.random.default_rng([config.seed, 1]))
        self._weights = {name: tf.Variable(array) for name, array in initial.items()}
        # Adam's own state is kept here, not in an optimiser object, so that a checkpoint is a few
        # plain arrays and resuming is exact.
        self._moments = {n: tf.Variable(tf.zeros_like(v)) for n, v in self._weights.items()}
        self._squares = {n: tf.Variable(tf.zeros_like(v)) for n, v in self._weights.items()}
        self._steps = tf.Variable(0, dtype=tf.int64)
        self._train = tf.function(self._train_step, reduce_retracing=True)
        self._measure = tf.function(self._loss, reduce_retracing=True)

    def train(self, batch: TrainingBatch, learning_rate: float) -> float:
        """Take one step of Adam; returns the loss before it (mean squared error)."""
        tf = self._tf
        loss = self._train(
            tf.constant(batch.features),
            tf.constant(batch.targets),
            tf.constant(batch.weights),
            tf.constant(learning_rate, tf.float32),
        )
        return float(loss)

    def loss(self, batch: TrainingBatch) -> float:
        """Mean squared error without dropout."""
        tf = self._tf
        return float(
            self._measure(
                tf.constant(batch.features), tf.constant(batch.targets), tf.constant(batch.weights)
            )
        )

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network without dropout; features (B, L, D) to coefficients (B, L, K)."""
        return np.asarray(self._forward(self._tf.constant(features), training=False), np.float32)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Weights of the network as it is now."""
        return {name: np.asarray(v.numpy(), np.float32) for name, v in self._weights.items()}

    def set_weights(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        """Put other weights in place of the network's own."""
        for name, variable in self._weights.items():
            variable.assign(np.asarray(weights[name], np.float32))

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Give the complete state for resuming training."""
        arrays: dict[str, NDArray[np.generic]] = {"steps": self._steps.numpy()}
        for group, variables in self._groups():
            for name, variable in variables.items():
                arrays[f"{group}/{name}"] = variable.numpy()
        return arrays

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a `state`."""
        self._steps.assign(int(arrays["steps"]))
        for group, variables in self._groups():
            for name, variable in variables.items():
                variable.assign(arrays[f"{group}/{name}"])

    def _groups(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            ("weight", self._weights),
            ("moment", self._moments),
            ("square", self._squares),
        ]

    def _forward(self, x: Any, training: bool) -> Any:
        tf = self._tf
        form, w = self._form, self._weights
        if form.kind == "conv":
            x = tf.nn.relu(tf.tensordot(x, w["in_kernel"], 1) + w["in_bias"])
            for k in range(form.layers):
                seen = self._taps(x, form.dilation(k))
                hidden = tf.tensordot(seen, w[f"conv{k}_kernel"], 1) + w[f"conv{k}_bias"]
                hidden = self._dropout(tf.nn.relu(hidden), k, training)
                x += tf.tensordot(hidden, w[f"conv{k}_mix"], 1)
        else:
            for k, names in enumerate(form.lstm_names()):
                runs = [self._lstm(name, x) for name in names[:1]]
                runs += [
                    tf.reverse(self._lstm(name, tf.reverse(x, [1])), [1]) for name in names[1:]
                ]
                x = self._dropout(tf.concat(runs, axis=-1), k, training)
        return tf.tensordot(x, w["out_kernel"], 1) + w["out_bias"]

    def _lstm(self, name: str, x: Any) -> Any:
        tf, w = self._tf, self._weights
        gates = tf.transpose(tf.tensordot(x, w[f"{name}_kernel"], 1) + w[f"{name}_bias"], [1, 0, 2])
        recurrent = w[f"{name}_recurrent"]
        zero = tf.zeros([tf.shape(x)[0], self._form.hidden])

        def step(state: Any, z: Any) -> Any:
            hidden, cell = state
            i, f, c, o = tf.split(z + hidden @ recurrent, 4, axis=-1)
            cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(c)
            return tf.sigmoid(o) * tf.tanh(cell), cell

        hidden, _ = tf.scan(step, gates, (zero, zero))
        return tf.transpose(hidden, [1, 0, 2])

    def _taps(self, x: Any, dilation: int) -> Any:
        tf = self._tf
        padded = tf.pad(x, [[0, 0], [dilation, dilation], [0, 0]])
        length = tf.shape(x)[1]
        steps = [padded[:, k * dilation : k * dilation + length] for k in range(TAPS)]
        return tf.concat(steps, axis=-1)

    def _dropout(self, x: Any, layer: int, training: bool) -> Any:
        keep = self._config.keep_prob
        if not training or keep == 1.0:
            return x
        tf = self._tf
        # From the number of the step, so that a resumed training draws what it would have drawn.
        seed = tf.stack([tf.constant(self._config.seed * 64 + layer, tf.int64), self._steps])
        kept = tf.random.stateless_uniform(tf.shape(x), seed) < keep
        return tf.where(kept, x / keep, 0.0)

    def _loss(self, x: Any, y: Any, weights: Any, training: bool = False) -> Any:
        tf = self._tf
        error = tf.reduce_mean(tf.square(self._forward(x, training) - y), axis=-1)
        return tf.reduce_sum(error * weights) / tf.maximum(tf.reduce_sum(weights), 1.0)

    def _train_step(self, x: Any, y: Any, weights: Any, learning_rate: Any) -> Any:
        """One step of Adam (Kingma and Ba 2015, algorithm 1), gradient clipped by its norm."""
        tf = self._tf
        variables = list(self._weights.values())
        with tf.GradientTape() as tape:
            loss = self._loss(x, y, weights, training=True)
        gradients = tape.gradient(loss, variables)
        gradients, _ = tf.clip_by_global_norm(gradients, self._config.grad_clip)
        self._steps.assign_add(1)
        t = tf.cast(self._steps, tf.float32)
        rate = learning_rate * tf.sqrt(1 - tf.pow(0.999, t)) / (1 - tf.pow(0.9, t))
        for variable, moment, square, gradient in zip(
            variables, self._moments.values(), self._squares.values(), gradients, strict=True
        ):
            moment.assign(0.9 * moment + 0.1 * gradient)
            square.assign(0.999 * square + 0.001 * tf.square(gradient))
            variable.assign_sub(rate * moment / (tf.sqrt(square) + 1e-8))
        return loss


class GraphWriter:
    """Writes the training history as TensorBoard events.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._tf = import_tensorflow(1)
        self._writer = self._tf.summary.create_file_writer(str(folder))

    def write(self, epoch: int, values: Mapping[str, float]) -> None:
        """Add the figures of one epoch."""
        with self._writer.as_default(step=epoch):
            for name, value in values.items():
                self._tf.summary.scalar(name, value)
        self._writer.flush()
