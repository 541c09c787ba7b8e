"""A trained network with all that prediction needs, in one file that holds data only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFileError
from ..speech.encoder import MFCC, EncoderNote, SpeechFeatures
from ..storage.npy import load_arrays
from .architecture import DILATIONS, MAX_DILATION, NETWORKS, Architecture
from .basis import ShapeBasis

FORMAT = 3
READABLE = (2, 3)
"""Format 2 knows neither encoders nor dilations, further members or a spread."""

BLOCK, CONTEXT = 12000, 1000
"""Feature frames: longer speech is heard in blocks, with so much before and behind each. With 10 s
the shipped networks differ from hearing the whole by 1e-6 of a coefficient's deviation, which is
rounding; with 3 s by up to 1e-3."""

MAX_DELAY = 1000
"""Feature frames; five times the most that can be asked for."""

MAX_MEMBERS = 32
MAX_RATE = 1000

Weights = dict[str, NDArray[np.float32]]

AGAIN = "train the pass again with --force True"


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
        context = CONTEXT if reach is None else min(reach, CONTEXT)
        first, last = max(start - context, 0), stop + context + self.delay
        heard = np.asarray(features[first:last], np.float32)
        x = (heard - self.feature_mean) / self.feature_std
        # The network needs the sound `delay` frames ahead: at the end, the last frame goes on.
        missing = max(stop + self.delay - (first + len(x)), 0)
        x = np.concatenate([x, np.repeat(x[-1:], missing, axis=0)])
        late = start + self.delay - first
        y = self._run(x)[late : late + stop - start]
        return np.asarray(y * self.target_std + self.target_mean, np.float32)

    def _run(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        y = self.architecture.run(self.weights, x)
        if not self.others:
            return y
        found = [y, *(self.architecture.run(weights, x) for weights in self.others)]
        return np.asarray(np.mean(found, axis=0), np.float32)

    def save(self, path: Path) -> None:
        """Write the network to an npz file."""
        form = self.architecture
        arrays: dict[str, NDArray[np.generic]] = {
            "format": np.array(FORMAT),
            "kind": np.array(form.kind),
            "form": np.array([form.inputs, form.outputs, form.hidden, form.layers]),
            "dilations": np.array(form.dilations),
            "features": np.array(self.features),
            "encoder": np.array([self.encoder.name, self.encoder.version, self.encoder.sha256]),
            "encoder_rate": np.array(self.encoder.rate),
            "members": np.array(1 + len(self.others)),
            "delay": np.array(self.delay),
            "feature_mean": self.feature_mean,
            "feature_std": self.feature_std,
            "target_mean": self.target_mean,
            "target_std": self.target_std,
            "basis_mean": self.basis.mean,
            "basis_components": self.basis.components,
            "basis_variance": self.basis.variance,
            "reference": self.reference,
            **self.weights,
        }
        if self.spread is not None:
            arrays["spread"] = np.array(self.spread)
        for number, weights in enumerate(self.others, start=1):
            arrays |= {_member_name(name, number): array for name, array in weights.items()}
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Predictor:
        """Read a network.

        Raises
        ------
        BadFileError
            The file is damaged or not a network of this package.
        """
        try:
            a = load_arrays(path)
            if int(a["format"]) not in READABLE:
                raise BadFileError("a network of another format", path=path, hint=AGAIN)
            kind, features = str(a.pop("kind")), str(a.pop("features"))
            inputs, outputs, hidden, layers = (int(n) for n in a["form"])
            # Before anything is multiplied: a damaged size must not ask for all memory.
            if kind not in NETWORKS or not 0 < layers <= len(a):
                raise ValueError("no such network")
            dilations = tuple(int(n) for n in a.get("dilations", np.array(DILATIONS)))
            if not dilations or not all(0 < n <= MAX_DILATION for n in dilations):
                raise ValueError("no such convolutions")
            encoder = _read_encoder(a)
            members = int(a.get("members", np.array(1)))
            if not 0 < members <= MAX_MEMBERS:
                raise ValueError("no such ensemble")
            form = Architecture(kind, inputs, outputs, hidden, layers, dilations)
            if any(array.dtype.kind not in "fiu" for array in a.values()):
                raise TypeError("an array that is not of numbers")
            network = cls(
                form,
                {name: a[name] for name in form.shapes()},
                a["feature_mean"],
                a["feature_std"],
                a["target_mean"],
                a["target_std"],
                int(a["delay"]),
                ShapeBasis(a["basis_mean"], a["basis_components"], a["basis_variance"]),
                a["reference"],
                features,
                encoder,
                tuple(
                    {name: a[_member_name(name, k)] for name in form.shapes()}
                    for k in range(1, members)
                ),
                float(a["spread"]) if "spread" in a else None,
            )
        except BadFileError:
            raise
        except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
            raise BadFileError("not a trained network or damaged", path=path, hint=AGAIN) from error
        if not network._fits():
            raise BadFileError(
                "a network with parts that do not fit each other",
                path=path,
                hint=AGAIN,
            )
        if not all(np.isfinite(array).all() for array in a.values()):
            raise BadFileError("the network holds NaN or infinity", path=path, hint=AGAIN)
        return network

    def _fits(self) -> bool:
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
        return 0 <= self.delay <= MAX_DELAY and all(array.shape == shape for array, shape in shapes)


def _member_name(name: str, member: int) -> str:
    """Name of a weight of a further member of an ensemble, in the file."""
    return f"member{member}_{name}"


def _read_encoder(arrays: dict[str, NDArray[Any]]) -> EncoderNote:
    """Take out what a file says of the encoder; one that says nothing is of the first one."""
    if "encoder" not in arrays:
        return MFCC
    name, version, sha256 = (str(text) for text in arrays.pop("encoder"))
    rate = int(arrays["encoder_rate"])
    if not 0 < rate <= MAX_RATE:
        raise ValueError("no such rate")
    return EncoderNote(name, version, sha256, rate)
