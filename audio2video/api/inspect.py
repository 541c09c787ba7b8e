"""The window on a run, as a page on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..inspection.gather import gather
from ..inspection.page import check_place, write_page
from ..inspection.run import find_run
from ..progress import Progress, as_progress
from ..storage.workspace import Workspace
from .workspaces import as_workspace, cache_workspace

PAGE = "inspect.html"
"""Name of the page in a run's folder."""


@dataclass(frozen=True)
class Inspection:
    """A page that shows a run.

    Parameters
    ----------
    path : Path
        The page.
    run : Path
        Folder of the run.
    bytes : int
        Size of the page.
    frames : int
        Of the result.
    pictures : int
        Moments with pictures; fewer than frames in a long result.
    notes : tuple of str
        What the page says of the run's files before all else.
    """

    path: Path
    run: Path
    bytes: int
    frames: int
    pictures: int
    notes: tuple[str, ...]


def inspect_run(
    run: str | Path,
    html: str | Path | None = None,
    *,
    workspace: Workspace | str | Path | None = None,
    progress: Progress | bool | None = None,
) -> Inspection:
    """Write the window on a finished run: every step in time, in one HTML file.

    It opens from disk, needs no other file, asks no network, and is at most 20 MB large.

    Parameters
    ----------
    run : str or Path
        Folder of a result, its video or a copy of that, or its name ``<inp_id>-<tar_id>``.
    html : str or Path, optional
        File to write; ``inspect.html`` in the run's folder by default. A page of this function that
        is there is replaced, anything else is not.
    workspace : Workspace, str or Path, optional
        Where the run is looked for; by default in the current folder, then in the user's cache
        folder.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    Inspection

    Raises
    ------
    BadFileError
        The run's files are damaged or not of one run, or something else is where the page is to be.
    OptionError
        `html` is no HTML file.
    Audio2VideoError
        There is no such run, or what it was made from is not there any more.

    Examples
    --------
    >>> import audio2video as a2v
    >>> page = a2v.inspect_run("demo-demo")                               # doctest: +SKIP
    >>> page.bytes < 20_000_000                                           # doctest: +SKIP
    True
    """
    if workspace is None:
        places = [Workspace(Path()), cache_workspace()]
    else:
        places = [as_workspace(workspace)]
    place, folder = find_run(run, places)
    path = folder / PAGE if html is None else Path(html)
    check_place(path)
    data = gather(place, folder, as_progress(progress))
    written = write_page(data, path)
    pictures = sum(len(layer["shots"]) for layer in data["layers"])
    return Inspection(path, folder, written, data["frames"], pictures, tuple(data["notes"]))
