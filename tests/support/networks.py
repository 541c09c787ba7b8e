"""Small networks of random weights."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio2video.mouth.architecture import Architecture
from audio2video.mouth.basis import ShapeBasis
from audio2video.mouth.predictor import Predictor
from audio2video.speech.encoder import EncoderNote

INPUTS, UNITS, OUTPUTS = 5, 7, 3


def network_of(
    rng: np.random.Generator, layers: int = 1, delay: int = 4, kind: str = "lstm"
) -> Predictor:
    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(scale=0.5, size=shape).astype(np.float32)

    form = Architecture(kind, INPUTS, OUTPUTS, UNITS, layers)
    return Predictor(
        form,
        {name: normal(*shape) for name, shape in form.shapes().items()},
        normal(INPUTS),
        np.abs(normal(INPUTS)) + np.float32(0.5),
        normal(OUTPUTS),
        np.abs(normal(OUTPUTS)) + np.float32(0.5),
        delay,
        ShapeBasis(rng.normal(size=40), rng.normal(size=(OUTPUTS, 40)), np.ones(OUTPUTS)),
        rng.normal(size=(20, 2)),
        "audio2video",
    )


def ensemble_of(rng: np.random.Generator) -> Predictor:
    """Two convolution networks, with an encoder, dilations and a spread of their own."""
    one, other = (network_of(rng, 2, 0, "conv") for _ in range(2))
    return dataclasses.replace(
        one,
        architecture=dataclasses.replace(one.architecture, dilations=(1, 3)),
        encoder=EncoderNote("ear", "2", "ab" * 32, 50),
        others=(other.weights,),
        spread=0.08,
    )


def arrays_of(network: Predictor) -> dict[str, Any]:
    """Everything in a network, by name."""
    parts = dataclasses.asdict(network)
    flat = {k: v for k, v in parts.items() if k not in ("weights", "basis", "architecture")}
    flat |= {f"basis {k}": v for k, v in parts["basis"].items()}
    return flat | {f"weight {k}": v for k, v in parts["weights"].items()} | parts["architecture"]
