"""Several passes of one corpus as one: their predictions are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import OptionError
from ...models.pass_files import NETWORK, find_network, load_network, write_network
from ...mouth.predictor import Predictor
from ...mouth.readout import Readout
from ...storage.files import read_json, replacing, write_json
from ...storage.workspace import Workspace
from .pairing import hearing_alike


def combine_passes(workspace: Workspace, pass_id: str, members: Sequence[str]) -> Path:
    """Write a pass whose predictions are the mean of others'.

    Parameters
    ----------
    workspace : Workspace
    pass_id : str
        Of the new pass.
    members : sequence of str
        Passes trained with equal options but for the seed; some may hear with 'whisper' and others
        with 'whisper_base', the whole then with 'whisper_pair'.

    Returns
    -------
    Path
        Its network.

    Raises
    ------
    OptionError
        The new pass is there already, a member is named twice, or they are not of one kind.
    MissingFileError, BadFileError
        A member was never trained, or is damaged.
    """
    if len(set(members)) < 2 or len(set(members)) < len(members):
        raise OptionError("two or more different passes are needed", hint="name each of them once")
    folder = workspace.training_pass(pass_id)
    if pass_id in members or folder.exists():
        raise OptionError(
            f"there is a pass '{pass_id}' already", hint="choose another id for the new one"
        )
    networks = hearing_alike(
        [load_network(find_network(workspace, member).parent) for member in members]
    )
    for member, network in zip(members, networks, strict=True):
        if not _alike(networks[0], network):
            raise OptionError(
                f"'{member}' can't be averaged with '{members[0]}': they differ in network, "
                "features or shape basis",
                hint="combine passes trained on one corpus with equal options but for --seed",
            )
    combined = _mean_of(networks)
    splits = [_split_of(find_network(workspace, member).parent) for member in members]
    workspace.inside("train", pass_id)
    with replacing(folder) as temporary:
        temporary.mkdir(parents=True)
        write_json(temporary / "options.json", {"members": list(members)})
        if all(split is not None and split == splits[0] for split in splits):
            write_json(temporary / "split.json", splits[0] or {})
        write_network(temporary, combined, {"members": list(members)})
    return folder / NETWORK


def _split_of(folder: Path) -> dict[str, Any] | None:
    path = folder / "split.json"
    return read_json(path) if path.is_file() else None


def _alike(a: Predictor, b: Predictor) -> bool:
    scales = (
        (a.feature_mean, b.feature_mean),
        (a.feature_std, b.feature_std),
        (a.basis.components, b.basis.components),
    )
    return (
        a.architecture == b.architecture
        and (a.encoder, a.features, a.delay) == (b.encoder, b.features, b.delay)
        and (a.spread is None) == (b.spread is None)
        and _read_alike(a.readout, b.readout)
        and all(np.allclose(x, y, atol=1e-5) for x, y in scales)
    )


def _read_alike(a: Readout | None, b: Readout | None) -> bool:
    if a is None or b is None:
        return a is b
    return (a.steps, a.share) == (b.steps, b.share)


def _mean_of(networks: Sequence[Predictor]) -> Predictor:
    """Average networks that differ in weights, and in the factor on their motion."""
    first = networks[0]
    weights = [own for network in networks for own in (network.weights, *network.others)]
    basis_mean = np.mean([network.basis.mean for network in networks], axis=0)
    return replace(
        first,
        weights=weights[0],
        others=tuple(weights[1:]),
        target_mean=np.mean([n.target_mean for n in networks], axis=0, dtype=np.float32),
        target_std=np.mean([n.target_std for n in networks], axis=0, dtype=np.float32),
        basis=replace(first.basis, mean=basis_mean),
        readout=_mean_readout([network.readout for network in networks]),
    )


def _mean_readout(readouts: Sequence[Readout | None]) -> Readout | None:
    known = [readout for readout in readouts if readout is not None]
    if not known:
        return None
    kernel = np.mean([readout.kernel for readout in known], axis=0)
    return replace(known[0], kernel=np.asarray(kernel, np.float32))
