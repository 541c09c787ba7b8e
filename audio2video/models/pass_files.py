"""The network file of a finished pass, and the record of its hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import BadFileError, MissingFileError
from ..mouth.predictor import Predictor
from ..storage.files import file_hash, read_json, replacing, write_json
from ..storage.workspace import Workspace
from .network_file import read_network, save_network

NETWORK, RUNNER_UP, NOTE = "network.npz", "runner_up.npz", "run.json"

MEAN_OF_EPOCHS = "mean of epochs"
"""How a pass's evaluation begins to say that its network is the mean of its best epochs."""


def write_network(
    folder: Path, network: Predictor, facts: dict[str, Any], runner_up: Predictor | None = None
) -> None:
    """Write a pass's network and a record of its training with the SHA-256.

    Parameters
    ----------
    folder : Path
        Of the pass.
    network : Predictor
    facts : dict
        JSON values to be noted with it.
    runner_up : Predictor, optional
        The best epoch where the network is the mean of some, and the mean where it is the best.
    """
    if runner_up is not None:
        with replacing(folder / RUNNER_UP) as temporary:
            save_network(runner_up, temporary)
            facts = {**facts, "runner_up_sha256": file_hash(temporary)}
    product = folder / NETWORK
    with replacing(product) as temporary:
        save_network(network, temporary)
        # The note is in place before the network is: one that a killed run left must be known too.
        before = {"network_replaces": file_hash(product)} if product.is_file() else {}
        write_json(folder / NOTE, {**facts, "network_sha256": file_hash(temporary), **before})


def load_network(folder: Path) -> Predictor:
    """Read a pass's network, and make sure that it is the one that was trained.

    A pass without such a note, of an earlier version or from elsewhere, is taken as it is.

    Raises
    ------
    BadFileError
        The network or its note is damaged, or they are not of one training.
    """
    path, note = folder / NETWORK, folder / NOTE
    known = read_json(note) if note.is_file() else {}
    trained = [known[k] for k in ("network_sha256", "network_replaces") if k in known]
    if trained and file_hash(path) not in trained:
        raise BadFileError(
            f"not the network that was trained: its SHA-256 is not the one in {NOTE}",
            path=path,
            hint=f"put the right file back, or train the pass again with --force True; if it is "
            f"meant to be another, remove {NOTE}",
        )
    return read_network(path)


def load_runner_up(folder: Path) -> Predictor | None:
    """Read the network that was trained with a pass's own but not chosen.

    Returns
    -------
    Predictor or None
        None where it was not kept, or is of another training.

    Raises
    ------
    BadFileError
        It is damaged.
    """
    path, note = folder / RUNNER_UP, folder / NOTE
    if not path.is_file() or not note.is_file():
        return None
    known = read_json(note).get("runner_up_sha256") == file_hash(path)
    return read_network(path) if known else None


def find_network(workspace: Workspace, pass_id: str) -> Path:
    """Find the network of a pass.

    Raises
    ------
    MissingFileError
        The pass has never been trained.
    """
    folder = workspace.finished_pass(pass_id)
    if folder is None:
        raise MissingFileError(
            f"pass '{pass_id}' has never been trained",
            path=workspace.training_pass(pass_id),
            hint="prepare a corpus with --steps 0 and give --train True, or use --pass_id talkers",
        )
    return folder / NETWORK
