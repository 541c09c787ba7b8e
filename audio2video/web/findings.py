"""What is found in a target or a run, on demand. Worker processes call these functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..config import Config
from ..runtime.reporting import Report, telling_counts
from ..storage.files import read_json, replacing, write_json
from ..storage.workspace import Workspace
from .jobs.job import INSPECTION


def people(video: Path, strip: Path, config: Config, report: Report) -> dict[str, Any]:
    """Find the people in a video; kept beside their picture, so that it is done once.

    Parameters
    ----------
    video : Path
    strip : Path
        PNG to write; the list is in the ``.json`` of that name.
    config : Config
    report : callable

    Returns
    -------
    dict
        JSON values.
    """
    kept = strip.with_suffix(".json")
    if strip.is_file() and kept.is_file():
        return read_json(kept)
    from ..api.faces import find_faces

    found = find_faces(video, strip=strip, config=config, progress=telling_counts(report))
    told = {"people": [face.as_dict() for face in found]}
    write_json(kept, told)
    return json.loads(json.dumps(told))  # type: ignore[no-any-return]


def teeth(root: Path, video: Path, folder: Path, config: Config, report: Report) -> dict[str, Any]:
    """Find the frames that show teeth, and write their pictures.

    Parameters
    ----------
    root : Path
        Of the workspace.
    video : Path
    folder : Path
        Where the pictures go: ``<frame>.png``.
    config : Config
        With the target's id.
    report : callable

    Returns
    -------
    dict
        JSON values.
    """
    from ..api.stages import analyse_target
    from ..api.teeth import TeethRow, choose_teeth, teeth_picture
    from ..media.pictures import write_picture

    tell, workspace = telling_counts(report), Workspace(root)
    target = analyse_target(video, config=config, workspace=workspace, progress=tell)
    choice = choose_teeth(target, config=config, workspace=workspace, progress=tell)

    def told(row: TeethRow | None, automatic: TeethRow | None) -> dict[str, Any] | None:
        if row is None:
            return None
        return {**vars(row), "automatic": row == automatic}

    frames = {one.frame for one in choice.considered}
    frames |= {row.frame for row in (choice.upper, choice.lower) if row and row.frame >= 0}
    for frame in sorted(frames):
        path = folder / f"{frame}.png"
        if not path.is_file():
            with replacing(path) as temporary:
                write_picture(temporary, teeth_picture(target, frame))
    upper, lower = choice.automatic_upper, choice.automatic_lower
    return {
        "rows": choice.shape[0],
        "columns": choice.shape[1],
        "candidates": [vars(one) for one in choice.considered],
        "upper": told(choice.upper, upper),
        "lower": told(choice.lower, lower),
        "automatic": {
            "upper": None if upper is None else vars(upper),
            "lower": None if lower is None else vars(lower),
        },
    }


def inspection(root: Path, run: Path, folder: Path, url: str, report: Report) -> dict[str, Any]:
    """Gather what the window on a run shows, as JSON and as a page of its own.

    Parameters
    ----------
    root : Path
        Of the workspace.
    run : Path
        The run's folder.
    folder : Path
        The job's, in which both are kept.
    url : str
        Where a browser finds the JSON.
    report : callable

    Returns
    -------
    dict
        JSON values.
    """
    from ..inspection.gather import gather
    from ..inspection.page import write_page

    data = gather(Workspace(root), run, telling_counts(report))
    write_page(data, folder / INSPECTION["html"])
    with replacing(folder / INSPECTION["json"]) as temporary:
        temporary.write_text(json.dumps(data, allow_nan=False), encoding="utf-8")
    return {"url": url}
