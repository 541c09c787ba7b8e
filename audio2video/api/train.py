"""Corpora and passes from Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..models.pass_files import load_network
from ..mouth.predictor import Predictor
from ..progress import Progress, as_progress
from ..storage.workspace import Workspace
from ..training.dataset.corpus_report import CorpusReport
from .workspaces import as_workspace


@dataclass(frozen=True)
class TrainingResult:
    """A trained pass.

    Parameters
    ----------
    pass_id : str
    folder : Path
        Options, split, history, figures and network.
    epochs : int
        Trained now; 0 if it was finished already.
    evaluation : mapping
        Figures on validation and test clips, as in ``evaluation.json``.
    network : Predictor
    """

    pass_id: str
    folder: Path
    epochs: int
    evaluation: Mapping[str, Any]
    network: Predictor


def prepare_corpus(
    workspace: Workspace | str | Path,
    corpus: str | Path,
    *,
    config: Config | None = None,
    progress: Progress | bool | None = None,
) -> CorpusReport:
    """Prepare a corpus of talking-head recordings for training (step 0).

    Parameters
    ----------
    workspace : Workspace, str or Path
    corpus : str or Path
        Folder of recordings (each subfolder one speaker), a list file, or a published feature set.
    config : Config, optional
        Its `dataset`, `analysis` and `machine` parts are used.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    CorpusReport

    Raises
    ------
    Audio2VideoError
        There is no corpus, or nothing of it can be used.
    """
    from ..training.dataset.step import prepare_corpus as prepare

    settings = (config or Config()).replace(corpus=Path(corpus))
    place = as_workspace(workspace)
    place.create()
    return prepare(
        place, settings.dataset, settings.analysis, settings.machine, as_progress(progress)
    )


def train(
    workspace: Workspace | str | Path,
    pass_id: str,
    *,
    config: Config | None = None,
    progress: Progress | bool | None = None,
) -> TrainingResult:
    """Train a pass on the workspace's corpus, resuming where an earlier run stopped.

    Parameters
    ----------
    workspace : Workspace, str or Path
        Holds a prepared corpus; see `prepare_corpus`.
    pass_id : str
    config : Config, optional
        Its `training` part is what the pass consists of.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    TrainingResult

    Raises
    ------
    Audio2VideoError
        There is no corpus, or the pass was begun with another configuration.
    """
    from ..training.loop import train_pass

    settings = (config or Config()).replace(pass_id=pass_id)
    place = as_workspace(workspace)
    facts = train_pass(place, settings, as_progress(progress))
    folder = place.training_pass(pass_id)
    return TrainingResult(
        pass_id, folder, facts["epochs"], facts["evaluation"], load_network(folder)
    )
