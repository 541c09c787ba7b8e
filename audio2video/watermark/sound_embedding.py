"""Laying a mark into sound, block by block."""

from __future__ import annotations

import numpy as np
import scipy.fft

from .._typing import F32, F64
from .sound_masking import BARK, band_powers, critical_band, thresholds
from .sound_pattern import BANDS, LOWEST, WIDTH, band_shares, cells, course

STRONGEST = 2.0
"""Change of a band's level in dB, at most."""

MARGIN = 3.0
"""The mark stays so many dB under the masking threshold."""

HOP_SECONDS = 0.0116
"""Half a frame: 512 samples at 44.1 kHz."""

ONSET = 5.0
"""So many dB over the threshold of the frame before, at most: the mark spreads over its frame, and
is heard before a sound that begins in it."""

_CHUNK = 32
"""Frames that are worked on at once. Always as many, so that the samples don't depend on how the
sound is cut into blocks."""

_TINY = 1e-20


class SoundEmbedder:
    """Changes the levels of narrow bands by a pattern, and gives the samples back a little later.

    The same gains for all channels, so that a mix of them keeps the mark. In each critical band
    the change, taken as noise, stays under the masking threshold of the frame. It is a change of
    what is heard already: where there is silence, there is none.

    Parameters
    ----------
    key : bytes
    number : int
        What it says, 20 bits.
    rate : int
        Samples per second.
    channels : int
    """

    def __init__(self, key: bytes, number: int, rate: int, channels: int) -> None:
        self._signs = cells(key, number)
        self._rate = rate
        self._hop = int(scipy.fft.next_fast_len(round(HOP_SECONDS * rate), real=True))
        size = 2 * self._hop
        self._window = np.sin(np.pi * (np.arange(size) + 0.5) / size).astype(np.float32)
        self._frequencies = scipy.fft.rfftfreq(size, 1.0 / rate)
        self._shares = band_shares(self._frequencies, rate / size).T
        centres = LOWEST + WIDTH * (np.arange(BANDS) + 0.5)
        self._critical = critical_band(np.asarray(centres, np.float64))
        self._waiting = np.zeros((channels, self._hop), np.float32)
        self._tail = np.zeros((channels, self._hop), np.float32)
        self._before = np.zeros((1, len(BARK)))  # threshold of the last frame
        self._frame = self._taken = self._given = 0

    def mark(self, block: F32) -> F32:
        """Take samples in, and give those that are ready.

        Parameters
        ----------
        block : ndarray of float32, shape (channels, n)

        Returns
        -------
        ndarray of float32, shape (channels, m)
            All samples that were given, one after the other, are those that were taken, marked;
            the last ones come from `finish`.
        """
        self._taken += block.shape[1]
        self._waiting = np.concatenate([self._waiting, block], axis=1)
        ready = [self._tail[:, :0]]
        while self._waiting.shape[1] >= (_CHUNK + 1) * self._hop:
            ready.append(self._next())
        given = np.concatenate(ready, axis=1)
        self._given += given.shape[1]
        return given

    def finish(self) -> F32:
        """Give the samples that are left [shape=(channels, m)]."""
        left = self._taken - self._given
        # Silence after the end, until all that was taken has come out.
        rest = self.mark(np.zeros((len(self._tail), left + (_CHUNK + 1) * self._hop), np.float32))
        return rest[:, :left]

    def _next(self) -> F32:
        """Mark the frames that are worked on at once."""
        samples = self._waiting[:, : (_CHUNK + 1) * self._hop]
        self._waiting = self._waiting[:, _CHUNK * self._hop :]
        return self._marked(samples)

    def _marked(self, samples: F32) -> F32:
        hop, window = self._hop, self._window
        frames = np.lib.stride_tricks.sliding_window_view(samples, 2 * hop, axis=1)[:, ::hop]
        spectrum = scipy.fft.rfft(frames * window, axis=2)
        power = np.asarray((np.abs(spectrum) ** 2).sum(axis=0), np.float32)
        changed = scipy.fft.irfft(spectrum * self.gains(power), 2 * hop, axis=2) * window
        late = np.concatenate([self._tail[:, None], changed[:, :-1, hop:]], axis=1)
        self._tail = changed[:, -1, hop:]
        first = self._frame == 0
        self._frame += _CHUNK
        whole = (changed[:, :, :hop] + late).reshape(len(samples), -1)
        return np.asarray(whole[:, hop:] if first else whole, np.float32)

    def gains(self, power: F32) -> F32:
        """Give the factors on the lines of successive frames, from the one that comes next.

        Parameters
        ----------
        power : ndarray of float32, shape (T, F)
            Of all channels together.

        Returns
        -------
        ndarray of float32, shape (T, F)
        """
        number = np.arange(self._frame, self._frame + len(power), dtype=np.float64)
        wanted = course(self._signs, number * (self._hop / self._rate))
        masked = thresholds(power, self._frequencies)
        earlier, self._before = np.concatenate([self._before, masked[:-1]]), masked[-1:]
        masked = np.minimum(masked, earlier * 10.0 ** (ONSET / 10.0))
        most = strength(band_powers(power, self._frequencies), masked)[:, self._critical]
        decibels = np.asarray(most * wanted, np.float32) @ self._shares
        return np.asarray(10.0 ** (decibels / 20.0), np.float32)


def strength(own: F64, masked: F64) -> F32:
    """Tell how much the level of each critical band may change.

    Parameters
    ----------
    own : ndarray of float64, shape (T, 25)
        Power in each band.
    masked : ndarray of float64, shape (T, 25)
        Power of noise that is just not heard.

    Returns
    -------
    ndarray of float32, shape (T, 25)
        Decibels.
    """
    share = np.sqrt(masked * 10.0 ** (-MARGIN / 10.0) / (own + _TINY))
    return np.asarray(np.minimum(20.0 * np.log10(1.0 + share), STRONGEST), np.float32)
