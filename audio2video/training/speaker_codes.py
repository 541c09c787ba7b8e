"""Inputs that tell a network in training who speaks, and nothing later.

How a person moves the mouth for the same sound is the person's own. A network that is not told who
speaks can explain it by the voice alone, which says nothing about strangers; one that is told need
not (Cudeiro et al. 2019 tell theirs in use too). Dropout of the inputs takes the code
away at times, so that the network learns to do without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._typing import F32
from ..mouth.architecture import Architecture, Weights
from .sequences import Origin, TrainingBatch


@dataclass(frozen=True)
class SpeakerCodes:
    """A code of one input for each speaker.

    Parameters
    ----------
    size : float
        Of the speaker's own input; all others are 0.
    speakers : tuple of str
        Whose inputs follow the features.
    """

    size: float = 0.0
    speakers: tuple[str, ...] = ()

    @classmethod
    def of(cls, origins: Sequence[Origin], size: float | None) -> SpeakerCodes:
        """Give every speaker of some clips a code; none without a size."""
        if size is None:
            return cls()
        return cls(size, tuple(sorted({origin.speaker for origin in origins})))

    def told(self, batch: TrainingBatch, origins: Sequence[Origin]) -> F32:
        """Give a batch's features with codes beside them.

        Parameters
        ----------
        batch : TrainingBatch
        origins : sequence of Origin
            Of the clips that it is from.

        Returns
        -------
        ndarray of float32, shape (B, L, D + S)
        """
        features = self.untold(batch)
        if self.speakers:
            first = batch.features.shape[2]
            for row, number in enumerate(batch.numbers):
                place = self.speakers.index(origins[number].speaker)
                features[row, :, first + place] = self.size
        return features

    def untold(self, batch: TrainingBatch) -> F32:
        """Give a batch's features with nobody's code, as when the network is used."""
        if not self.speakers:
            return batch.features
        return np.pad(batch.features, ((0, 0), (0, 0), (0, len(self.speakers))))

    def widened(self, form: Architecture) -> Architecture:
        """Give the form of a network that hears codes too."""
        return replace(form, inputs=form.inputs + len(self.speakers))

    def hearing(self, form: Architecture, weights: Weights) -> dict[str, F32]:
        """Let a network of a form hear codes, which mean nothing to it yet."""
        more = ((0, len(self.speakers)), (0, 0))
        return _with_kernels(form, weights, lambda kernel: np.pad(kernel, more))

    @staticmethod
    def deaf(form: Architecture, weights: Weights) -> dict[str, F32]:
        """Bring a network that hears codes to a form that does not: nobody's code is all zeros."""
        return _with_kernels(form, weights, lambda kernel: kernel[: form.inputs])


def _with_kernels(
    form: Architecture, weights: Weights, change: Callable[[F32], F32]
) -> dict[str, F32]:
    inputs = form.input_kernels()
    return {name: change(array) if name in inputs else array for name, array in weights.items()}
