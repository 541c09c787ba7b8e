"""A trained network with all that prediction needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..speech.encoder import MFCC, EncoderNote, SpeechFeatures
from .architecture import Architecture
from .basis import ShapeBasis
from .readout import Readout

BLOCK, CONTEXT = 12000, 1000
"""Feature frames: longer speech is heard in blocks, with so much before and behind each. With 10 s
the shipped networks differ from hearing the whole by 1e-6 of a coefficient's deviation, which is
rounding; with 3 s by up to 1e-3."""

MAX_DELAY = 1000
"""Feature frames; five times the most that can be asked for."""

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Predictor:
    """A trained network, or several whose outputs are averaged.

    Parameters
    ----------
    architecture : Architecture
    weights : dict of str to ndarray of float32
        As in `Architecture.shapes`.
    feature_mean, feature_std : ndarray of float32, shape (D,)
        Features are normalised with these.
    target_mean, target_std : ndarray of float32, shape (K,)
        Outputs are brought back to shape coefficients with these.
    delay : int
        Feature frames by which the output lags.
    basis : ShapeBasis
    reference : ndarray of float64, shape (20, 2)
        Closed mouth of the speaker it was trained on, rectified, in inter-ocular distances.
    features : str
        Which speech features it was trained on; see `audio2video.training.corpus.feature_kind`.
    encoder : EncoderNote
        The speech encoder that it hears with.
    others : tuple of dict
        Weights of further members of the ensemble, of the same architecture.
    spread : float, optional
        Standard deviation of the opening that its shapes have in speech, in closed-mouth widths;
        shapes are then brought to the target's own. None carries them over as they are.
    readout : Readout, optional
        Has a share in what the networks say.
    """

    architecture: Architecture
    weights: Weights
    feature_mean: NDArray[np.float32]
    feature_std: NDArray[np.float32]
    target_mean: NDArray[np.float32]
    target_std: NDArray[np.float32]
    delay: int
    basis: ShapeBasis
    reference: NDArray[np.float64]
    features: str
    encoder: EncoderNote = MFCC
    others: tuple[Weights, ...] = ()
    spread: float | None = None
    readout: Readout | None = None

    @property
    def kind(self) -> str:
        """Kind of network, one of `NETWORKS`."""
        return self.architecture.kind

    def coefficients(self, features: SpeechFeatures) -> NDArray[np.float32]:
        """Predict shape coefficients for an utterance of any length.

        Parameters
        ----------
        features : ndarray, shape (F, D), or SpeechFeatures
            Of the network's encoder, at its rate.

        Returns
        -------
        ndarray of float32, shape (F, K)
            On the features' own clock: the delay is taken out.
        """
        parts = [
            self._part(features, start, min(start + BLOCK, len(features)))
            for start in range(0, max(len(features), 1), BLOCK)
        ]
        return np.concatenate(parts)

    def _part(self, features: SpeechFeatures, start: int, stop: int) -> NDArray[np.float32]:
        reach = self.architecture.reach
        context = CONTEXT if reach is None else min(max(reach, self._read_reach), CONTEXT)
        first, last = max(start - context, 0), stop + context + self.delay
        heard = np.asarray(features[first:last], np.float32)
        x = (heard - self.feature_mean) / self.feature_std
        # The network needs the sound `delay` frames ahead: at the end, the last frame goes on.
        missing = max(stop + self.delay - (first + len(x)), 0)
        x = np.concatenate([x, np.repeat(x[-1:], missing, axis=0)])
        late = start + self.delay - first
        y = self._run(x)[late : late + stop - start]
        return np.asarray(y * self.target_std + self.target_mean, np.float32)

    @property
    def _read_reach(self) -> int:
        return 0 if self.readout is None else self.readout.reach

    def _run(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        y = self.architecture.run(self.weights, x)
        if self.others:
            found = [y, *(self.architecture.run(weights, x) for weights in self.others)]
            y = np.asarray(np.mean(found, axis=0), np.float32)
        if self.readout is None:
            return y
        share = np.float32(self.readout.share)
        return np.asarray((1 - share) * y + share * self.readout.run(x), np.float32)

    def fits(self) -> bool:
        """Tell whether all parts have the shapes that belong together."""
        form = self.architecture
        size, outputs = (form.inputs,), (form.outputs,)
        shapes: list[tuple[NDArray[Any], tuple[int, ...]]] = [
            (self.feature_mean, size),
            (self.feature_std, size),
            (self.target_mean, outputs),
            (self.target_std, outputs),
            (self.basis.components, (form.outputs, 40)),
            (self.basis.variance, outputs),
            (self.basis.mean, (40,)),
            (self.reference, (20, 2)),
        ]
        for weights in (self.weights, *self.others):
            shapes += [(weights[name], shape) for name, shape in form.shapes().items()]
        if self.spread is not None and not 0 < self.spread < 1:
            return False
        if self.readout is not None and not self.readout.fits(form.inputs, form.outputs):
            return False
        return 0 <= self.delay <= MAX_DELAY and all(array.shape == shape for array, shape in shapes)
