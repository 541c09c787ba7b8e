"""Appearance model of a speaker's lower face, learned from the video, robust to occlusions.

Eigenfaces (Turk and Pentland 1991) of logarithmic colour, on faces whose lips, chin and nose have
been brought to one place, with a basis of smooth light; fitted by iteratively reweighted least
squares, so that pixels which the face can't explain do not pull at the rest (Black and Jepson
1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .._typing import F32
from ..numerics import robust_deviation

COMPONENTS = 12
"""Ways in which a face's look may differ from its mean, at most."""

FRAMES_PER_COMPONENT = 6
"""Fewer frames than this a component, and it would learn single frames by heart."""

TONE_OFFSET = 12.0
"""Added to 8-bit values before the logarithm: the dark of a mouth is mostly noise."""

FLOOR = (0.06, 0.03, 0.03)
"""Least spread of tone and of the two colour differences, natural logarithms."""

DARKER = 0.35
"""How much pixels darker than the face count: a shadow is not in front of anything."""

ATYPICAL = 1.7
"""Whole frames that deviate this many times as much as the median frame are not learned from."""

MOST = 36.0
"""Largest squared deviation of a pixel: one is sure by then."""

_ITERATIONS = 5
_START_SCALE = 60.0
_END_SCALE = 9.0
"""Squared deviation at which a pixel loses its say, in the first and in the last iteration."""

_START_SHIFT = 5.0
"""Largest change of light, in units of the spread, that is assumed at first."""

_CORRELATED = 30.0
"""Effective number of correlated neighbours; divides the data term against the prior."""


def log_colour(picture: NDArray[np.uint8]) -> F32:
    """Tone and colour on a logarithmic scale, where light adds.

    Parameters
    ----------
    picture : ndarray of uint8, shape (..., 3)

    Returns
    -------
    ndarray of float32, shape (..., 3)
        Mean of the logarithms, red over green, blue over green.
    """
    table = np.log(np.arange(256, dtype=np.float32) + np.float32(TONE_OFFSET))
    log = table[picture]
    red, green, blue = log[..., 0], log[..., 1], log[..., 2]
    return np.stack([(red + green + blue) / 3, red - green, blue - green], axis=-1)


def light_basis(x: NDArray[np.floating], y: NDArray[np.floating]) -> F32:
    """Smooth changes of light over the face, each as large as one expects it to be.

    Parameters
    ----------
    x, y : ndarray, shape (P,)
        Rectified coordinates, in inter-ocular distances.

    Returns
    -------
    ndarray of float32, shape (P, 3, 11)
        Tone changes up to the second order, colour up to the first.
    """
    one, down = np.ones_like(x), y - 1.1
    tone = ((one, 0.5), (x, 0.4), (down, 0.4), (x * x, 0.3), (down * down, 0.3))
    colour = ((one, 0.1), (x, 0.05), (down, 0.05))
    columns = []
    for channel, terms in ((0, tone), (1, colour), (2, colour)):
        for term, size in terms:
            column = np.zeros((len(x), 3), np.float32)
            column[:, channel] = term * size
            columns.append(column)
    return np.stack(columns, axis=-1)


@dataclass(frozen=True)
class Appearance:
    """How a face looks at P pixels.

    Parameters
    ----------
    mean : ndarray of float32, shape (P, 3)
        Logarithmic colour.
    spread : ndarray of float32, shape (P, 3)
        What of single frames is left over, robust standard deviation.
    basis : ndarray of float32, shape (P, 3, K)
        Light and the face's own changes, each of the size of one standard deviation.
    lights : int
        How many of the basis are light.
    """

    mean: F32
    spread: F32
    basis: F32
    lights: int

    def explain(self, colours: F32) -> tuple[F32, F32]:
        """Explain frames as far as the face can. Several at once take less time than one by one.

        Parameters
        ----------
        colours : ndarray of float32, shape (n, P, 3)
            From `log_colour`.

        Returns
        -------
        deviations : ndarray of float32, shape (n, P)
            Mean squared rest, in units of the spread: about 1 on the bare face, at most `MOST`.
        lights : ndarray of float32, shape (n, P, 3)
            The light of each frame.
        """
        rests, numbers = self._fit.explain(colours)
        light = self.basis[..., : self.lights].reshape(-1, self.lights)
        lights = (numbers[:, : self.lights] @ light.T).reshape(colours.shape)
        scaled = rests / self.spread
        scaled[..., 0] *= np.where(scaled[..., 0] < 0, np.float32(DARKER), np.float32(1))
        return np.minimum((scaled**2).mean(axis=2), np.float32(MOST)), lights

    @cached_property
    def _fit(self) -> _Fit:
        return _Fit.of(self.mean, self.basis, self.spread)


@dataclass(frozen=True)
class _Fit:
    """Finds the most probable explanations of frames, outliers set aside.

    Parameters
    ----------
    mean : ndarray of float32, shape (P, 3)
    basis : ndarray of float32, shape (P, 3, K)
    scale : ndarray of float32, shape (Q, 3)
        One over the spread, of the pixels that are fitted.
    scaled : ndarray of float32, shape (Q * 3, K)
        The basis there, in units of the spread.
    products : ndarray of float32, shape (Q, K * K)
        Of each two of its columns, summed over the channels, as these weigh the same: all normal
        equations of all frames come from one product of matrices.
    """

    mean: F32
    basis: F32
    scale: F32
    scaled: F32
    products: F32

    @classmethod
    def of(cls, mean: F32, basis: F32, spread: F32) -> _Fit:
        # Every third pixel is enough to fit: neighbours say the same.
        scale = np.asarray(1 / spread[::3], np.float32)
        scaled = np.asarray(basis[::3] * scale[..., None], np.float32)
        products = np.asarray(np.matmul(scaled.transpose(0, 2, 1), scaled), np.float32)
        count = basis.shape[-1]
        return cls(
            mean, basis, scale, scaled.reshape(-1, count), products.reshape(-1, count * count)
        )

    def explain(self, colours: F32) -> tuple[F32, F32]:
        """Rests, shape (n, P, 3), and coefficients, shape (n, K), of n frames."""
        frames, count = len(colours), self.scaled.shape[1]
        start = (colours - self.mean)[:, ::3] * self.scale
        # A frame that is mostly covered must not begin as a picture of what covers it.
        middle = np.median(start, axis=1, keepdims=True)
        rest = start - np.clip(middle, -_START_SHIFT, _START_SHIFT)
        numbers = np.zeros((frames, count), np.float32)
        for limit in np.geomspace(_START_SCALE, _END_SCALE, _ITERATIONS, dtype=np.float32):
            # Geman and McClure's weights.
            weight = 1 / (1 + (rest**2).sum(axis=2) / limit) ** 2 / np.float32(_CORRELATED)
            normal = (weight @ self.products).reshape(frames, count, count)
            normal += np.eye(count, dtype=np.float32)
            right = (start * weight[..., None]).reshape(frames, -1) @ self.scaled
            numbers = np.linalg.solve(normal, right[..., None])[..., 0]
            rest = start - (numbers @ self.scaled.T).reshape(start.shape)
        explained = (numbers @ self.basis.reshape(-1, count).T).reshape(colours.shape)
        return colours - self.mean - explained, numbers


def _components(colours: F32, mean: F32, light: F32, count: int) -> F32:
    """Principal components of what light does not explain, shape (P, 3, count)."""
    rest = (colours - mean).reshape(len(colours), -1)
    flat = light.reshape(rest.shape[1], -1)
    rest = rest - (rest @ np.linalg.pinv(flat).T) @ flat.T
    # Frames are fewer than values: the eigenvectors come from the small side.
    values, vectors = np.linalg.eigh(rest @ rest.T)
    chosen = np.argsort(values)[::-1][:count]
    found = rest.T @ vectors[:, chosen] / np.sqrt(len(colours))
    return np.asarray(found.reshape(*mean.shape, -1), np.float32)


def _robust_spread(rests: F32, floor: F32) -> F32:
    return np.asarray(np.hypot(robust_deviation(rests), floor), np.float32)


def _without_outliers(colours: F32, rests: F32, spread: F32) -> F32:
    """Frames with what can't be explained replaced by the explanation."""
    deviation = ((rests / spread) ** 2).sum(axis=-1, keepdims=True)
    doubt = 1 - 1 / (1 + deviation / 60) ** 2
    return np.asarray(colours - rests * doubt, np.float32)


def typical_frames(
    colours: F32, x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Tell frames of the face from frames in which something large is in front of it.

    Parameters
    ----------
    colours : ndarray of float32, shape (n, P, 3)
        From `log_colour`.
    x, y : ndarray, shape (P,)
        Rectified coordinates of the pixels.

    Returns
    -------
    ndarray of bool, shape (n,)
        At least half are true.
    """
    _, spread, rests = _first_look(colours, light_basis(x, y))
    deviation = np.sqrt(np.minimum(((rests / spread) ** 2).mean(axis=2), MOST)).mean(axis=1)
    return np.asarray(deviation <= ATYPICAL * np.median(deviation))


def _first_look(colours: F32, light: F32) -> tuple[F32, F32, F32]:
    """Mean, each pixel's own spread, and what light alone leaves over."""
    mean = np.asarray(np.median(colours, axis=0), np.float32)
    spread = _robust_spread(colours - mean, np.array(FLOOR, np.float32))
    return mean, spread, _Fit.of(mean, light, spread).explain(colours)[0]


def learn_appearance(colours: F32, x: NDArray[np.floating], y: NDArray[np.floating]) -> Appearance:
    """Learn how a face looks from frames of which some may be partly covered.

    Parameters
    ----------
    colours : ndarray of float32, shape (n, P, 3)
        From `log_colour`, of frames spread over the video.
    x, y : ndarray, shape (P,)
        Rectified coordinates of the pixels.

    Returns
    -------
    Appearance
    """
    floor = np.array(FLOOR, np.float32)
    light = light_basis(x, y)
    count = min(COMPONENTS, len(colours) // FRAMES_PER_COMPONENT)
    # First everything but light is an outlier if it is large for this pixel.
    mean, spread, rests = _first_look(colours, light)
    clean = _without_outliers(colours, rests, spread)
    # Then each half of the frames is explained by what was learned from the other: what a model
    # has seen, it explains too well. Halves are of runs of frames, as neighbours are alike.
    first = np.arange(len(colours)) // 10 % 2 == 0
    halves = (first, ~first) if count and not first.all() else (first,)
    level = np.broadcast_to(floor, mean.shape)
    for _ in range(2):
        rests = np.empty_like(colours)
        for half in halves:
            others = ~half if len(halves) == 2 else half
            basis = np.concatenate([light, _components(clean[others], mean, light, count)], axis=-1)
            rests[half] = _Fit.of(mean, basis, level).explain(colours[half])[0]
        spread = _robust_spread(rests, 0.6 * floor)
        clean = _without_outliers(colours, rests, spread)
    basis = np.concatenate([light, _components(clean, mean, light, count)], axis=-1)
    return Appearance(mean, spread, basis, light.shape[-1])
