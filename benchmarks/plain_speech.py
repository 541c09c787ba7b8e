"""Features and forward pass of step 1, by the textbook."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from python_speech_features import fbank, lifter
from scipy.fft import dct

from audio2video._typing import F32, F64
from audio2video.mouth.predictor import Predictor
from audio2video.speech import features as own
from audio2video.speech.loudness import normalise_loudness

FULL_SCALE = 32768.0


def features(samples: F32) -> F64:
    """Compute mel bands by the library and energies frame by frame; twin of `speech_features`.

    Returns
    -------
    ndarray of float64, shape (n // 160 + 1, 28)
    """
    centred = samples - np.float32(samples.mean(dtype=np.float64))
    sound = normalise_loudness(centred).astype(np.float64) * FULL_SCALE
    padded = np.pad(sound, (own.WINDOW // 2, own.WINDOW))
    frames = own.frame_count(len(samples))
    mel, _ = fbank(
        *(padded, own.SAMPLE_RATE, own.WINDOW / own.SAMPLE_RATE, own.HOP / own.SAMPLE_RATE),
        nfilt=own.MEL_FILTERS,
        nfft=own.FFT_SIZE,
        lowfreq=own.LOWEST_HZ,
        highfreq=own.HIGHEST_HZ,
        preemph=own.PRE_EMPHASIS,
        winfunc=np.hamming,
    )
    # As `python_speech_features.mfcc` does, but with the floor of a good recording.
    cepstra = dct(np.log(np.maximum(mel[:frames], 1.0)), type=2, axis=1, norm="ortho")
    cepstra = lifter(cepstra[:, : own.CEPSTRA], own.LIFTER)
    energies = [
        np.log(1 + np.mean(padded[k * own.HOP : k * own.HOP + own.WINDOW] ** 2))
        for k in range(frames)
    ]
    static = np.column_stack([cepstra, energies])
    return np.hstack([static, np.diff(static, axis=0, prepend=static[:1])])


def coefficients(network: Predictor, speech: NDArray[np.floating]) -> F64:
    """Run LSTMs step by step in double precision; the twin of `Predictor.coefficients`.

    Parameters
    ----------
    network : Predictor
        Of the kind ``lstm`` or ``bilstm``.
    speech : ndarray, shape (F, D)

    Returns
    -------
    ndarray of float64, shape (F, K)
    """
    x = (speech.astype(np.float64) - network.feature_mean) / network.feature_std
    x = np.concatenate([x, np.repeat(x[-1:], network.delay, axis=0)])
    weights = {name: array.astype(np.float64) for name, array in network.weights.items()}
    for names in network.architecture.lstm_names():
        ways = []
        for name, order in zip(names, (slice(None), slice(None, None, -1)), strict=False):
            kernel, recurrent, bias = (
                weights[f"{name}_{part}"] for part in ("kernel", "recurrent", "bias")
            )
            hidden = cell = np.zeros(len(recurrent))
            outputs = []
            for step in x[order]:
                i, f, g, o = np.split(step @ kernel + hidden @ recurrent + bias, 4)
                cell = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
                hidden = _sigmoid(o) * np.tanh(cell)
                outputs.append(hidden)
            ways.append(np.array(outputs)[order])
        x = np.concatenate(ways, axis=1)
    y = (x @ weights["out_kernel"] + weights["out_bias"])[network.delay :]
    return np.asarray(y * network.target_std + network.target_mean)


def _sigmoid(z: F64) -> F64:
    return np.asarray(1 / (1 + np.exp(-z)))
