"""A finished run: where it lies, and the options it was made with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..config.files import coerce_options
from ..errors import BadFileError, MissingFileError
from ..storage.files import file_hash, read_json
from ..storage.workspace import Workspace

REPORT = "report.json"
OUTPUT = "output"
"""Folder of a workspace in which each run has a folder of its own."""

AGAIN = "run steps 1 to 4 again"


@dataclass(frozen=True)
class Run:
    """A run and its options.

    Parameters
    ----------
    workspace : Workspace
    folder : Path
        Of its products.
    config : Config
        The options it was made with; paths as they were given then.
    report : dict
        The content of its ``report.json``.
    """

    workspace: Workspace
    folder: Path
    config: Config
    report: dict[str, Any]

    @property
    def name(self) -> str:
        """The ids of speech and target."""
        return self.folder.name

    @property
    def result(self) -> Path:
        """The video."""
        return self.folder / f"{self.name}.mp4"


def find_run(given: str | Path, places: Sequence[Workspace]) -> tuple[Workspace, Path]:
    """Find the workspace and the folder of a run.

    Parameters
    ----------
    given : str or Path
        The folder, the video in it or a copy of that, or the run's name.
    places : sequence of Workspace
        Where runs are looked for by their name, and the originals of copies.

    Raises
    ------
    MissingFileError, BadFileError
        There is no such run.
    """
    path = Path(given)
    if path.is_dir():
        return _workspace_of(path), path
    if path.is_file():
        folder = path.parent
        if folder.name == path.stem and (folder / REPORT).is_file():
            return _workspace_of(folder), folder
        return _original_of(path, places)
    name = path.name
    if str(given) == name:
        for place in places:
            folder = place.root / OUTPUT / name
            if folder.is_dir():
                return place, folder
    known = sorted({folder.name for place in places for folder in _folders(place)})
    raise MissingFileError(
        "no such run",
        path=path,
        hint="give the folder of a result, its video or its name; "
        + (f"here are: {', '.join(known)}" if known else "there is none here: see --workspace"),
    )


def read_run(workspace: Workspace, folder: Path) -> Run:
    """Read the report of a run.

    Raises
    ------
    MissingFileError
        It has no report: it never finished.
    BadFileError, OptionError
        The report is damaged, or of another run.
    """
    path = folder / REPORT
    if not path.is_file():
        raise MissingFileError(f"no finished run: it has no {REPORT}", path=folder, hint=AGAIN)
    report = read_json(path)
    options = report.get("options")
    if not isinstance(options, dict):
        raise BadFileError("does not tell the options of a run", path=path, hint=AGAIN)
    given = {flag: value for flag, value in options.items() if value is not None}
    # Paths are as they were given, not beside the report.
    values = coerce_options({**given, "force": False}, Path(REPORT))
    values.pop("nthreads", None)  # of the machine that it was made on
    config = Config.from_flags(**values)
    name = f"{config.inputs.inp_id}-{config.inputs.tar_id}"
    if folder.absolute().name != name:
        raise BadFileError(
            f"is of '{name}', and not of this folder", path=path, hint=f"name the folder {name}"
        )
    run = Run(workspace, folder.absolute(), config, report)
    if not run.result.is_file():
        raise MissingFileError(
            "the run is not finished: there is no video", path=run.result, hint=AGAIN
        )
    return run


def _workspace_of(folder: Path) -> Workspace:
    above = folder.absolute().parent
    if above.name != OUTPUT:
        raise BadFileError(
            "not the folder of a run", path=folder, hint=f"runs lie in a workspace's {OUTPUT}/"
        )
    return Workspace(above.parent)


def _folders(place: Workspace) -> list[Path]:
    output = place.root / OUTPUT
    if not output.is_dir():
        return []
    return [folder for folder in output.iterdir() if (folder / f"{folder.name}.mp4").is_file()]


def _original_of(copy: Path, places: Sequence[Workspace]) -> tuple[Workspace, Path]:
    """Find the run whose result was copied, as `dub` does."""
    size = copy.stat().st_size
    for place in places:
        for folder in _folders(place):
            result = folder / f"{folder.name}.mp4"
            if result.stat().st_size == size and file_hash(result) == file_hash(copy):
                return place, folder
    raise MissingFileError(
        "the run that it is the result of is not found",
        path=copy,
        hint=f"give its folder in {OUTPUT}/, or the --workspace DIR that it was made in",
    )
