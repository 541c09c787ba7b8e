"""Networks that hear with either of two encoders, made to hear with the pair of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..._typing import F32
from ...models.encoder_files import encoder_named
from ...mouth.predictor import Predictor, Weights
from ...speech.whisper import BASE, TINY
from ...speech.whisper_pair import NAME, WhisperPair


def hearing_alike(networks: Sequence[Predictor]) -> list[Predictor]:
    """Let all networks hear with both encoders, where some hear with one and some with the other.

    Each stays deaf to the features that it was not trained on: their weights are zero, and what it
    says stays the same.

    Parameters
    ----------
    networks : sequence of Predictor

    Returns
    -------
    list of Predictor
        As they are, if they are not of these two encoders, or not of convolutions.

    Raises
    ------
    MissingFileError, BadFileError
        The encoders' weights are not there, or damaged.
    """
    kinds = {(network.encoder.name, network.kind) for network in networks}
    if kinds != {(TINY.name, "conv"), (BASE.name, "conv")}:
        return list(networks)
    pair = encoder_named(NAME)
    assert isinstance(pair, WhisperPair)
    known = {network.encoder: network for network in networks}
    sides = (pair.first.note, pair.second.note)
    if known.keys() != set(sides):  # of another version
        return list(networks)
    mean = np.concatenate([known[side].feature_mean for side in sides])
    std = np.concatenate([known[side].feature_std for side in sides])
    return [_placed(network, pair, mean, std) for network in networks]


def _placed(network: Predictor, pair: WhisperPair, mean: F32, std: F32) -> Predictor:
    own, size = network.architecture.inputs, pair.size
    first = 0 if network.encoder == pair.first.note else size - own
    place = slice(first, first + own)
    mean, std = mean.copy(), std.copy()
    mean[place], std[place] = network.feature_mean, network.feature_std

    def widened(weights: Weights) -> Weights:
        kernel = np.zeros((size, weights["in_kernel"].shape[1]), np.float32)
        kernel[place] = weights["in_kernel"]
        return {**weights, "in_kernel": kernel}

    readout = network.readout
    if readout is not None:
        kernel = np.zeros((len(readout.steps), size, readout.kernel.shape[2]), np.float32)
        kernel[:, place] = readout.kernel
        readout = replace(readout, kernel=kernel)
    return replace(
        network,
        readout=readout,
        architecture=replace(network.architecture, inputs=size),
        weights=widened(network.weights),
        others=tuple(map(widened, network.others)),
        feature_mean=mean,
        feature_std=std,
        encoder=pair.note,
    )
