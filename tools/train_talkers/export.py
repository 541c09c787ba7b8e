"""Average runs and write their weights: ``python -m tools.train_talkers.export WORK OUT RUN...``.

The file is what ``tools.pack_talkers`` makes the pass of.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from audio2video.storage.npy import load_arrays

from .train import SPREAD, dilation

FORMAT = 1


def member(run: dict[str, Any], first: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Give the weights of a run as they are with the scales and the basis of the first one.

    The components of two runs span almost the same space; what is outside of the first one's is
    lost.

    Parameters
    ----------
    run, first : dict
        As `train` saves them.

    Returns
    -------
    dict of str to ndarray
    """
    state = {name: value.numpy() for name, value in run["state"].items()}
    ratio = (first["deviation"] / run["deviation"]).numpy()
    shift = ((first["mean"] - run["mean"]) / run["deviation"]).numpy()
    kernel = state["into.weight"].T
    back = first["basis_components"].numpy().T
    turn = SPREAD * run["basis_components"].numpy() @ back
    moved = (run["basis_mean"] - first["basis_mean"]).numpy() @ back
    found = {
        "in_kernel": ratio[:, None] * kernel,
        "in_bias": state["into.bias"] + shift @ kernel,
        "out_kernel": state["out.weight"].T @ turn,
        "out_bias": state["out.bias"] @ turn + moved,
    }
    for block in range(run["recipe"]["blocks"]):
        taps = state[f"taps.{block}.weight"]
        found[f"conv{block}_kernel"] = taps.transpose(2, 1, 0).reshape(-1, len(taps))
        found[f"conv{block}_bias"] = state[f"taps.{block}.bias"]
        found[f"conv{block}_mix"] = state[f"mixes.{block}.weight"][:, :, 0].T
    return {name: np.ascontiguousarray(array, np.float32) for name, array in found.items()}


def main() -> None:
    """Write the weights of one or several runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument(
        "--reference",
        type=Path,
        required=True,
        help="network file whose closed mouth is taken over, as that of the pass 'grid_s1'",
    )
    given = parser.parse_args()
    runs = [torch.load(given.work / "runs" / f"{r}.pt", weights_only=True) for r in given.runs]
    first = runs[0]
    for name, run in zip(given.runs, runs, strict=True):
        for key in ("encoder_sha256", "layers"):
            if run[key] != first[key]:
                raise SystemExit(f"{name}: trained on another encoder")
        if run["recipe"]["blocks"] != first["recipe"]["blocks"]:
            raise SystemExit(f"{name}: a network of another form")
    arrays: dict[str, NDArray[Any]] = {
        "format": np.array(FORMAT),
        "members": np.array(len(runs)),
        "dilations": np.array([dilation(k) for k in range(first["recipe"]["blocks"])]),
        "feature_mean": first["mean"].numpy().astype(np.float32),
        "feature_std": first["deviation"].numpy().astype(np.float32),
        "basis_mean": first["basis_mean"].numpy(),
        "basis_components": first["basis_components"].numpy(),
        "reference": load_arrays(given.reference)["reference"],
        "encoder_sha256": np.array(first["encoder_sha256"]),
        "encoder_layers": np.array(first["layers"]),
    }
    for number, run in enumerate(runs):
        arrays |= {f"m{number}_{name}": array for name, array in member(run, first).items()}
    np.savez(given.out, **arrays)  # type: ignore[arg-type]
    print(f"{given.out}: {given.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
