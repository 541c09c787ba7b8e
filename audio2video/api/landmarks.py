"""Landmarks of the people in a video."""

from __future__ import annotations

from pathlib import Path

from ..config import Config
from ..media.video import probe_video
from ..models.face_models import check_backend
from ..pipeline.landmarks import LandmarkChoices, landmark_table, make_landmarks
from ..progress import Progress, as_progress
from ..storage.ids import DEFAULT_ID, id_from_path
from ..storage.workspace import Workspace
from ..target.landmark_table import LandmarkTable, read_table
from .workspaces import as_workspace

__all__ = ["LandmarkTable", "find_landmarks"]


def find_landmarks(
    video: str | Path,
    output: str | Path | None = None,
    *,
    backend: str = "dlib",
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: Progress | bool | None = None,
) -> LandmarkTable:
    """Find the 68 landmarks, head pose and confidence of all people in every frame of a video.

    The faces that were found are kept in the workspace: asked again, it takes no time.

    Parameters
    ----------
    video : str or Path
    output : str or Path, optional
        Folder to write ``landmarks.npz``, ``landmarks.csv`` and ``landmarks.mp4`` to, the video
        with the points over it. Nothing is written without it.
    backend : str
        'dlib', or 'facemesh', MediaPipe's network.
    config : Config, optional
        Its `analysis` part is used: whether points are steady, and another model for dlib.
    workspace : Workspace, str or Path, optional
        By default the one in the user's cache folder.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    LandmarkTable
        One row a frame and person.

    Raises
    ------
    NoFaceError
        There is nobody.
    OptionError
        There is no such backend.
    Audio2VideoError
        The video can't be used, or the folder not be written.

    Examples
    --------
    >>> import audio2video as a2v
    >>> found = a2v.find_landmarks(a2v.demo_video())                      # doctest: +SKIP
    >>> found.points.shape[1:]                                            # doctest: +SKIP
    (68, 2)
    """
    path, analysis = Path(video), (config or Config()).analysis
    choices = LandmarkChoices(backend, analysis.landmark_model, analysis.steady)
    check_backend(backend, analysis.landmark_model)
    place, tell = as_workspace(workspace), as_progress(progress)
    tar_id = id_from_path(DEFAULT_ID, path)
    if output is None:
        return landmark_table(place, path, probe_video(path), tar_id, choices, tell)
    files = make_landmarks(place, path, tar_id, Path(output), choices, tell)
    return read_table(files.folder / "landmarks.npz")
