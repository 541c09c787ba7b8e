"""Make the pass 'talkers' of trained weights: ``python -m tools.pack_talkers WEIGHTS FOLDER``.

The weights are those of a trainer outside of this package, see ``docs/reports/voices.md``: for each
member ``m<k>_<name>``, named as in `audio2video.mouth.architecture`, the scales of the features and
the shape basis.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from audio2video.models.pass_files import write_network
from audio2video.mouth.architecture import Architecture
from audio2video.mouth.basis import ShapeBasis
from audio2video.mouth.predictor import Predictor
from audio2video.speech.encoder import EncoderNote
from audio2video.speech.whisper import LAYERS, NAME, STATE_RATE, VERSION
from audio2video.storage.npy import load_arrays

GAIN = 1.15
"""What the predicted motion is larger by than the network says: a mean over what could be said is
narrower than speech. Chosen on the validation people, where its spread was 0.75 of the true one."""

SPREAD = 0.08
"""Standard deviation of the opening, in closed-mouth widths, to which all training speakers were
brought."""


def talkers(weights: Path) -> Predictor:
    """Put the pass's network together."""
    a = load_arrays(weights)
    if tuple(a["encoder_layers"]) != LAYERS:
        raise SystemExit(f"{weights}: trained on other layers of the encoder than {LAYERS}")
    members = []
    for k in range(int(a["members"])):
        prefix = f"m{k}_"
        found = {n.removeprefix(prefix): v for n, v in a.items() if n.startswith(prefix)}
        members.append({name: np.asarray(array, np.float32) for name, array in found.items()})
    dilations = tuple(int(n) for n in a["dilations"])
    inputs, hidden = members[0]["in_kernel"].shape
    outputs = len(members[0]["out_bias"])
    form = Architecture("conv", inputs, outputs, hidden, len(dilations), dilations)
    basis = ShapeBasis(GAIN * a["basis_mean"], a["basis_components"], np.ones(outputs))
    return Predictor(
        form,
        {name: members[0][name] for name in form.shapes()},
        a["feature_mean"],
        a["feature_std"],
        np.zeros(outputs, np.float32),
        np.full(outputs, GAIN, np.float32),
        0,
        basis,
        a["reference"],
        "audio2video",
        EncoderNote(NAME, VERSION, str(a["encoder_sha256"]), STATE_RATE),
        tuple({name: member[name] for name in form.shapes()} for member in members[1:]),
        SPREAD,
    )


def main() -> None:
    """Write ``network.npz`` and ``run.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    write_network(given.folder, talkers(given.weights), {})


if __name__ == "__main__":
    main()
