"""Training the delayed LSTM with TensorFlow; the only module that imports it, and only when run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .basis import ShapeBasis
from .lstm import DelayedLstm, LstmLayer
from .sequences import Batch, TrainingClip


def import_tensorflow(threads: int) -> Any:
    """Import TensorFlow, quiet and repeatable.

    Parameters
    ----------
    threads : int
        Threads that one operation may use.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
    except RuntimeError:
        # Already started in this process: the settings of the first use stay.
        pass
    return tf


@dataclass(frozen=True)
class NetworkOptions:
    """Shape and training of the network; see `Options` for the meaning of each."""

    dim_hidden: int = 60
    nlayers: int = 1
    keep_prob: float = 0.8
    grad_clip: float = 10.0
    step_delay: int = 20
    seed: int = 0


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
    inputs, outputs : int
        Features and coefficients.
    options : NetworkOptions
    threads : int
    """

    def __init__(self, inputs: int, outputs: int, options: NetworkOptions, threads: int) -> None:
        tf = self._tf = import_tensorflow(threads)
        self._options = options
        rng = np.random.default_rng([options.seed, 1])
        self._variables: list[Any] = []
        size = inputs
        for _ in range(options.nlayers):
            units = options.dim_hidden
            bias = np.zeros(4 * units, np.float32)
            # An open forget gate lets the gradient reach far back from the first epoch on
            # (Jozefowicz et al. 2015).
            bias[units : 2 * units] = 1.0
            self._variables += [
                tf.Variable(_glorot(rng, size, 4 * units)),
                tf.Variable(_orthogonal(rng, units, 4 * units)),
                tf.Variable(bias),
            ]
            size = units
        self._variables += [
            tf.Variable(_glorot(rng, size, outputs)),
            tf.Variable(np.zeros(outputs, np.float32)),
        ]
        # Adam's own state is kept here, not in an optimiser object, so that a checkpoint is a few
        # plain arrays and resuming is exact.
        self._moments = [tf.Variable(tf.zeros_like(v)) for v in self._variables]
        self._squares = [tf.Variable(tf.zeros_like(v)) for v in self._variables]
        self._steps = tf.Variable(0, dtype=tf.int64)
        self._train = tf.function(self._train_step, reduce_retracing=True)
        self._measure = tf.function(self._loss, reduce_retracing=True)

    def train(self, batch: Batch, learning_rate: float) -> float:
        """Take one step of Adam; returns the loss before it (mean squared error)."""
        tf = self._tf
        loss = self._train(
            tf.constant(batch.features),
            tf.constant(batch.targets),
            tf.constant(batch.weights),
            tf.constant(learning_rate, tf.float32),
        )
        return float(loss)

    def loss(self, batch: Batch) -> float:
        """Mean squared error without dropout."""
        tf = self._tf
        return float(
            self._measure(
                tf.constant(batch.features), tf.constant(batch.targets), tf.constant(batch.weights)
            )
        )

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Everything that a checkpoint needs."""
        arrays: dict[str, NDArray[np.generic]] = {"steps": np.asarray(self._steps.numpy())}
        for name, variables in self._groups():
            for k, variable in enumerate(variables):
                arrays[f"{name}{k}"] = variable.numpy()
        return arrays

    def restore(self, arrays: dict[str, NDArray[np.generic]]) -> None:
        """Continue from a checkpoint."""
        self._steps.assign(int(arrays["steps"]))
        for name, variables in self._groups():
            for k, variable in enumerate(variables):
                variable.assign(arrays[f"{name}{k}"])

    def network(
        self, normalisation: Normalisation, basis: ShapeBasis, reference: NDArray[np.float64]
    ) -> DelayedLstm:
        """Give the network as it is now, for prediction."""
        values = [np.asarray(v.numpy(), np.float32) for v in self._variables]
        layers = tuple(LstmLayer(*values[3 * k : 3 * k + 3]) for k in range(self._options.nlayers))
        return DelayedLstm(
            layers,
            values[-2],
            values[-1],
            normalisation.feature_mean,
            normalisation.feature_std,
            normalisation.target_mean,
            normalisation.target_std,
            self._options.step_delay,
            basis,
            reference,
        )

    def _groups(self) -> list[tuple[str, list[Any]]]:
        return [
            ("weight", self._variables),
            ("moment", self._moments),
            ("square", self._squares),
        ]

    def _forward(self, x: Any, training: bool) -> Any:
        tf = self._tf
        units = self._options.dim_hidden
        keep = self._options.keep_prob
        for k in range(self._options.nlayers):
            kernel, recurrent, bias = self._variables[3 * k : 3 * k + 3]
            gates = tf.transpose(tf.tensordot(x, kernel, 1) + bias, [1, 0, 2])
            zero = tf.zeros([tf.shape(x)[0], units])

            def step(state: Any, z: Any, recurrent: Any = recurrent) -> Any:
                hidden, cell = state
                i, f, c, o = tf.split(z + hidden @ recurrent, 4, axis=-1)
                cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(c)
                return tf.sigmoid(o) * tf.tanh(cell), cell

            hidden, _ = tf.scan(step, gates, (zero, zero))
            x = tf.transpose(hidden, [1, 0, 2])
            if training and keep < 1.0:
                seed = tf.stack([tf.constant(self._options.seed * 64 + k, tf.int64), self._steps])
                kept = tf.random.stateless_uniform(tf.shape(x), seed) < keep
                x = tf.where(kept, x / keep, 0.0)
        return tf.tensordot(x, self._variables[-2], 1) + self._variables[-1]

    def _loss(self, x: Any, y: Any, weights: Any, training: bool = False) -> Any:
        tf = self._tf
        error = tf.reduce_mean(tf.square(self._forward(x, training) - y), axis=-1)
        return tf.reduce_sum(error * weights) / tf.maximum(tf.reduce_sum(weights), 1.0)

    def _train_step(self, x: Any, y: Any, weights: Any, learning_rate: Any) -> Any:
        """One step of Adam (Kingma and Ba 2015, algorithm 1), gradient clipped by its norm."""
        tf = self._tf
        with tf.GradientTape() as tape:
            loss = self._loss(x, y, weights, training=True)
        gradients = tape.gradient(loss, self._variables)
        gradients, _ = tf.clip_by_global_norm(gradients, self._options.grad_clip)
        self._steps.assign_add(1)
        t = tf.cast(self._steps, tf.float32)
        rate = learning_rate * tf.sqrt(1 - tf.pow(0.999, t)) / (1 - tf.pow(0.9, t))
        for variable, moment, square, gradient in zip(
            self._variables, self._moments, self._squares, gradients, strict=True
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


def _glorot(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    limit = np.sqrt(6.0 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> NDArray[np.float32]:
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    return np.asarray((q * np.sign(np.diag(r))).T, np.float32)
