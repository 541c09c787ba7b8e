"""Evaluation and verification, as typed results."""

from __future__ import annotations

from pathlib import Path

from ..config import DEFAULT_PASS, Config
from ..evaluation.lipsync import Question
from ..evaluation.lipsync import evaluate_lipsync as measure_lipsync
from ..evaluation.reenact import EXCLUDE
from ..evaluation.reenact import evaluate_reenact as measure_reenact
from ..evaluation.results import LipsyncEvaluation, ReenactEvaluation
from ..evaluation.samples import Noise
from ..pipeline.run import import_target
from ..progress import Progress, as_progress
from ..provenance.verification import Verdict
from ..provenance.verification import verify as read_marks
from ..storage.workspace import Workspace
from .workspaces import as_workspace


def evaluate_lipsync(
    workspace: Workspace | str | Path,
    pass_id: str = DEFAULT_PASS,
    *,
    split: str = "test",
    clips: str | Path | None = None,
    noise: Noise | None = None,
    landmark_model: str | Path | None = None,
    phones: str | Path | None = None,
    progress: Progress | bool | None = None,
) -> LipsyncEvaluation:
    """Measure how well a pass's mouth shapes follow true ones.

    Parameters
    ----------
    workspace : Workspace, str or Path
        Holds the corpus; plots and figures go to its ``output/evaluation/``.
    pass_id : str
    split : {'test', 'validation', 'training'}
        Which of the pass's clips to measure on.
    clips : str or Path, optional
        Folder of talking-head videos to measure on instead.
    noise : Noise, optional
        Added to the sound first.
    landmark_model : str or Path, optional
        dlib 68-point model for `clips`, instead of the packaged one.
    phones : str or Path, optional
        CSV file of phones (clip, start, end, phone) to measure the mouth by phone.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    LipsyncEvaluation

    Raises
    ------
    Audio2VideoError
        There is no such pass or corpus, or no clip can be used.
    """
    folder, model, said = (None if p is None else Path(p) for p in (clips, landmark_model, phones))
    question = Question(pass_id, split, folder, noise, model, said)
    return measure_lipsync(as_workspace(workspace), question, as_progress(progress))


def evaluate_reenact(
    workspace: Workspace | str | Path,
    *,
    config: Config | None = None,
    exclude: float = EXCLUDE,
    progress: Progress | bool | None = None,
) -> ReenactEvaluation:
    """Rebuild a target from itself and compare it with the truth.

    Parameters
    ----------
    workspace : Workspace, str or Path
    config : Config, optional
        The target, and how pictures are made.
    exclude : float
        Seconds around a frame whose pictures are not used for it.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    ReenactEvaluation

    Raises
    ------
    Audio2VideoError
        The target is missing, shows no face, or is too short.
    """
    place, tell = as_workspace(workspace), as_progress(progress)
    resolved = import_target(place, config or Config(), tell)
    return measure_reenact(place, resolved, exclude, tell)


def verify(path: str | Path, *, anchors: bytes | None = None) -> Verdict:
    """Read a file's marks of synthetic media and verify its signature.

    Parameters
    ----------
    path : str or Path
    anchors : bytes, optional
        Certificates (PEM) of authorities to trust.

    Returns
    -------
    Verdict

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, or it can't be read.
    """
    return read_marks(Path(path), anchors)
