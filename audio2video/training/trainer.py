"""Training a network with TensorFlow; the only module that imports it, and only when run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import TrainingConfig
from ..mouth.architecture import Architecture, Weights
from .keras_model import build_network
from .losses import Loss, squared_error
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
        features = np.concatenate([np.asarray(clip.features, np.float32) for clip in clips])
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
    loss_of : callable, optional
        Makes the loss, given TensorFlow; the mean squared error by default.
    initial : mapping of str to ndarray, optional
        Weights to start from; drawn by the seed by default.
    """

    def __init__(
        self,
        architecture: Architecture,
        config: TrainingConfig,
        threads: int,
        loss_of: Callable[[Any], Loss] = squared_error,
        initial: Weights | None = None,
    ) -> None:
        tf = self._tf = import_tensorflow(threads)
        keras = tf.keras
        self._network = build_network(
            keras,
            architecture,
            config.keep_prob,
            config.seed,
            input_keep_prob=config.input_keep_prob,
            input_noise=config.input_noise,
        )
        drawn = architecture.initial(np.random.default_rng([config.seed, 1]))
        self._network.set_weights(drawn if initial is None else initial)
        self._model = self._network.model
        frozen = {
            name
            for names in architecture.weights_of_layers()[: config.frozen_layers]
            for name in names
        }
        self._trained = [v for name, v in self._network.variables.items() if name not in frozen]
        # Kingma and Ba 2015, algorithm 1; gradients are clipped by their common norm.
        settings: dict[str, Any] = {"epsilon": 1e-8, "global_clipnorm": config.grad_clip}
        if config.weight_decay:
            settings["weight_decay"] = config.weight_decay
            self._adam = keras.optimizers.AdamW(**settings)
            self._adam.exclude_from_weight_decay(var_names=["bias"])
        else:
            self._adam = keras.optimizers.Adam(**settings)
        self._adam.build(self._trained)
        self._averaging = config.averaging
        self._average = self._network.weights() if config.averaging else {}
        self._steps = 0
        self._error = loss_of(tf)
        self._train = tf.function(self._train_step, reduce_retracing=True)
        self._measure = tf.function(self._loss, reduce_retracing=True)

    def train(self, batch: TrainingBatch, learning_rate: float) -> float:
        """Take one step of Adam; returns the loss before it."""
        self._adam.learning_rate.assign(learning_rate)
        loss = float(self._train(*self._tensors(batch)))
        self._steps += 1
        if self._averaging:
            # Short at first, so that the first weights are soon forgotten.
            decay = np.float32(min(self._averaging, self._steps / (self._steps + 9)))
            for name, now in self._network.weights().items():
                self._average[name] = decay * self._average[name] + (1 - decay) * now
        return loss

    def loss(self, batch: TrainingBatch) -> float:
        """Loss without dropout, of the network as it is."""
        return float(self._measure(*self._tensors(batch), False))

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Have the running average of the weights, if there is one, in the place of the weights."""
        if not self._averaging:
            yield
            return
        kept = self._network.weights()
        self._network.set_weights(self._average)
        try:
            yield
        finally:
            self._network.set_weights(kept)

    def predict(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network without dropout; features (B, L, D) to coefficients (B, L, K)."""
        inside = np.ones((*features.shape[:2], 1), np.float32)
        given = self._tf.constant(features), self._tf.constant(inside)
        return np.asarray(self._network.run(*given, training=False), np.float32)

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """Weights of the network as it is now."""
        return self._network.weights()

    def set_weights(self, weights: Mapping[str, NDArray[np.floating]]) -> None:
        """Put other weights in place of the network's own."""
        self._network.set_weights(weights)

    def state(self) -> dict[str, NDArray[np.generic]]:
        """Give the complete state for resuming training."""
        weights = {f"weight/{name}": array for name, array in self.weights().items()}
        average = {f"average/{name}": array for name, array in self._average.items()}
        others = {name: np.array(v.numpy()) for name, v in self._others().items()}
        return {**weights, **average, **others, "steps": np.array(self._steps)}

    def restore(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        """Restore a `state`."""
        self.set_weights({name: arrays[f"weight/{name}"] for name in self._network.variables})  # type: ignore[misc]
        for name, variable in self._others().items():
            variable.assign(arrays[name])
        self._average = {
            name: np.asarray(arrays[f"average/{name}"], np.float32) for name in self._average
        }
        self._steps = int(arrays["steps"])

    def _others(self) -> dict[str, Any]:
        """Variables of Adam and of dropout, by names that are the same in each process."""
        groups = {"adam": self._adam.variables, "dropout": self._model.non_trainable_variables}
        return {
            f"{group}/{k}": variable
            for group, variables in groups.items()
            for k, variable in enumerate(variables)
        }

    def _tensors(self, batch: TrainingBatch) -> tuple[Any, ...]:
        constant = self._tf.constant
        return (
            constant(batch.features),
            constant(batch.inside[..., None]),
            constant(batch.targets),
            constant(batch.weights),
            constant(batch.mean_weights),
        )

    def _loss(
        self, x: Any, inside: Any, y: Any, weights: Any, mean_weights: Any, training: bool
    ) -> Any:
        found = self._network.run(x, inside, training=training)
        return self._error(found, y, weights, mean_weights)

    def _train_step(self, x: Any, inside: Any, y: Any, weights: Any, mean_weights: Any) -> Any:
        variables = self._trained
        with self._tf.GradientTape() as tape:
            loss = self._loss(x, inside, y, weights, mean_weights, training=True)
        self._adam.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
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
