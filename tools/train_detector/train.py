"""Fit the speech detector: ``python -m tools.train_detector.train TRAINING TEST PRODUCT``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from audio2video._typing import F64
from audio2video.models.encoder_files import whisper_path
from audio2video.speech.detector import FORMAT, speech_presence
from audio2video.storage.files import file_hash
from audio2video.storage.npy import load_arrays

SHRINKAGE = 1e-3
"""Weight of the squared coefficients of normalised states."""


def fit(states: npt.NDArray[np.float32], speech: npt.NDArray[np.bool_]) -> tuple[F64, float]:
    """Fit a logistic regression; gives its weights and bias."""
    mean, deviation = states.mean(axis=0), states.std(axis=0) + 1e-3
    x = (states - mean) / deviation
    sign = np.where(speech, 1.0, -1.0).astype(np.float32)

    def loss(p: F64) -> tuple[float, F64]:
        margin = sign * (x @ p[:-1].astype(np.float32) + np.float32(p[-1]))
        slope = -sign / (1 + np.exp(np.clip(margin, -50, 50))) / len(sign)
        value = np.logaddexp(0, -margin).mean() + SHRINKAGE * (p[:-1] @ p[:-1])
        gradient = np.append(x.T @ slope + 2 * SHRINKAGE * p[:-1], slope.sum())
        return float(value), gradient.astype(np.float64)

    start = np.zeros(states.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 100}).x
    weights = found[:-1] / deviation
    return weights, float(found[-1] - mean @ weights)


def _read(path: Path) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    data = load_arrays(path)
    return data["states"], data["labels"]


def main() -> None:
    """Fit on one part, measure on the other, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("training", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("product", type=Path)
    given = parser.parse_args()
    states, labels = _read(given.training)
    known = labels >= 0
    weights, bias = fit(states[known].astype(np.float32), labels[known] == 1)
    states, labels = _read(given.test)
    evidence = states.astype(np.float32) @ weights + bias
    presence = np.array([speech_presence(row) for row in evidence])
    alone = (labels == 0).all(axis=1)
    print(f"speech missed: {np.mean(~presence[labels == 1]):.4f} of its time")
    print(f"sounds alone taken for speech: {np.mean(presence[alone]):.4f} of their time")
    np.savez(
        given.product,
        format=np.array(FORMAT),
        encoder=np.array(file_hash(whisper_path())),
        weights=weights.astype(np.float32),
        bias=np.array(bias, np.float32),
    )


if __name__ == "__main__":
    main()
