"""The pass whose network a training starts from."""

from __future__ import annotations

from pathlib import Path

from ..config import TrainingConfig
from ..errors import OptionError
from ..models.pass_files import find_network, load_network
from ..mouth.predictor import Predictor
from ..speech.encoder import EncoderNote
from ..storage.workspace import Workspace


def find_beginning(workspace: Workspace, training: TrainingConfig) -> Path | None:
    """Find the network that training starts from.

    Raises
    ------
    MissingFileError
        It was never trained.
    OptionError
        Layers are to be kept of none.
    """
    if training.init_from is not None:
        return find_network(workspace, training.init_from)
    if training.frozen_layers:
        raise OptionError(
            "--frozen_layers keeps layers of another pass", hint="give --init_from PASS"
        )
    return None


def read_beginning(
    path: Path, training: TrainingConfig, encoder: EncoderNote, kind: str
) -> Predictor:
    """Read the network that training starts from.

    Raises
    ------
    BadFileError
        It is damaged.
    OptionError
        It hears with another encoder, has another delay, or is of other features.
    """
    network = load_network(path.parent)
    if network.encoder != encoder:
        raise OptionError(
            f"--init_from {training.init_from} hears with encoder '{network.encoder.name}', "
            f"this pass with '{encoder.name}'",
            hint=f"give --encoder {network.encoder.name}",
        )
    if network.features != kind:
        raise OptionError(
            f"--init_from {training.init_from} was trained on features of another kind "
            f"({network.features}) than the corpus's ({kind})",
            hint="prepare the corpus as that pass's was",
        )
    if network.delay != training.delay:
        raise OptionError(
            f"--init_from {training.init_from} has a delay of {network.delay} feature frames, "
            f"this pass {training.delay}",
            hint=f"give --network {network.kind}"
            + (f" --step_delay {network.delay}" if network.kind == "lstm" else ""),
        )
    return network
