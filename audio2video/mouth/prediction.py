"""From speech features to mouth shapes at a video's frame rate (paper, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..face.layout import mouth_opening
from ..speech.encoder import SpeechFeatures
from .bilabials import Bilabials, ListenedFeatures
from .closing import close_lips, closing_weight
from .predictor import Predictor
from .resampling import at_times
from .rest import rest_in_silence
from .shapes import absolute_shapes


@dataclass(frozen=True)
class MouthTrack:
    """Mouth shapes over time.

    Parameters
    ----------
    shapes : ndarray of float32, shape (T, 20, 2)
        Points 48 to 67 of dlib's 68, rectified: head pose removed, origin between the eyes, unit
        the inter-ocular distance, x right, y down.
    rate : Fraction
        Shapes per second.
    reference : ndarray of float64, shape (20, 2)
        Closed mouth of the face that the shapes belong to, rectified.
    spread : float, optional
        Standard deviation of the opening that the shapes have in speech, in closed-mouth widths, if
        it is known; see `audio2video.mouth.shapes.range_gain`.
    """

    shapes: NDArray[np.float32]
    rate: Fraction
    reference: NDArray[np.float64]
    spread: float | None = None

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each shape, shape (T,)."""
        return np.arange(len(self.shapes)) / float(self.rate)

    @property
    def opening(self) -> NDArray[np.floating]:
        """Opening between the lips, in inter-ocular distances, shape (T,)."""
        return mouth_opening(self.shapes.astype(np.float64))

    def scaled(self, factor: float) -> MouthTrack:
        """Exaggerate or damp the motion: differences to the closed mouth times `factor`.

        Examples
        --------
        >>> import audio2video as a2v
        >>> mouth = a2v.predict_mouth(a2v.demo_speech(), 25)
        >>> bool(mouth.scaled(1.3).opening.max() > mouth.opening.max())
        True
        """
        moved = self.reference + (self.shapes - self.reference) * factor
        return replace(self, shapes=moved.astype(np.float32))


def predict_shapes(
    network: Predictor,
    features: SpeechFeatures,
    speech: NDArray[np.floating],
    rate: Fraction,
    bilabials: Bilabials | None = None,
) -> MouthTrack:
    """Predict the mouth shapes of an utterance.

    Parameters
    ----------
    network : Predictor
    features : ndarray, shape (F, D), or SpeechFeatures
        Of the network's encoder, at its rate.
    speech : ndarray, shape (N,)
        Speech activity of each output frame, 0 to 1.
    rate : Fraction
        Output frames per second.
    bilabials : BilabialDetector or BilabialPair, optional
        Finds /p b m/ in the same features: lips meet there.

    Returns
    -------
    MouthTrack
        N shapes, in the proportions of the speaker that the network was trained on.
    """
    times = np.arange(len(speech)) / float(rate)
    listened = None if bilabials is None else ListenedFeatures(features, bilabials)
    coefficients = network.coefficients(features if listened is None else listened)
    relative = network.basis.decode(at_times(coefficients, Fraction(network.encoder.rate), times))
    # Not `shut_mouth`: landmarks leave a gap between closed lips, in the target's mouth as well.
    closed = np.zeros_like(network.reference)
    relative = rest_in_silence(relative, speech, float(rate), closed)
    if listened is not None:
        weight = closing_weight(listened.evidence(), network.encoder.rate, times)
        relative = close_lips(relative, weight, network.basis)
    shapes = absolute_shapes(relative, network.reference)
    return MouthTrack(shapes.astype(np.float32), rate, network.reference, network.spread)
