"""Whether the files of a run belong together: a window on a mixture would tell lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import Audio2VideoError, BadFileError
from ..pipeline.job import Job
from ..pipeline.layers import Layer
from ..storage.artifacts import made_from, read_record
from ..storage.files import file_hash
from .run import AGAIN, REPORT, Run

_OF_LAYER = {
    "textures": "other textures",
    "lines": "other mouth shapes",
    "retiming": "another retiming",
    "target": "another analysis of the target",
}
"""What step 4 noted of the files it read, in words."""


def check_inputs(run: Run, job: Job) -> None:
    """Make sure that speech and target are those that the run was made from.

    Raises
    ------
    BadFileError
        One of them has changed since.
    MissingFileError
        One of them is not there any more.
    """
    said = run.report.get("inputs")
    inputs = said if isinstance(said, dict) else {}
    for name, path in job.media.items():
        was = inputs.get(name)
        if not isinstance(was, dict) or was.get("sha256") != file_hash(path):
            raise BadFileError(
                f"the run was made from another file than {path} as it is now",
                path=run.folder,
                hint=AGAIN,
            )


def check_products(run: Run, speakers: Sequence[Job], layers: Sequence[Layer]) -> list[str]:
    """Make sure that all products are of one run, with the options that its report tells.

    Returns
    -------
    list of str
        What is to be said of them all the same: files changed by hand.

    Raises
    ------
    BadFileError
        They are not.
    """
    for job in speakers:
        asked = {**job.config.texture.flags(), **job.config.mouth.flags()}
        _check_options(run, job.textures_path.name, made_from(job.textures_path), asked)
        playback = made_from(job.retiming_path)
        flags = job.config.playback.flags()
        own = {"options": {name: playback[name] for name in flags if name in playback}}
        _check_options(run, job.retiming_path.name, own, flags)
    made_of = made_from(run.result)
    if not made_of:
        raise BadFileError(
            "not known what it was made from: its record is gone", path=run.result, hint=AGAIN
        )
    parts = made_of.get("parts") if len(layers) > 1 or "parts" in made_of else [made_of]
    parts = parts if isinstance(parts, list) else []
    if len(parts) != len(layers):
        raise BadFileError(
            f"{run.result.name} and {REPORT} are of different runs", path=run.folder, hint=AGAIN
        )
    for layer, part in zip(layers, parts, strict=True):
        for name, words in _OF_LAYER.items():
            if not isinstance(part, dict) or part.get(name) != layer.facts[name]:
                raise BadFileError(
                    f"{run.result.name} was made from {words} than there are now",
                    path=run.folder,
                    hint=AGAIN,
                )
    return _changed_by_hand(run, speakers)


def network_changed(run: Run, job: Job) -> bool:
    """Tell whether the pass was trained anew since, or is gone."""
    was = made_from(job.textures_path).get("network")
    try:
        return was is not None and was != file_hash(job.network_path)
    except Audio2VideoError:
        return True


def _check_options(
    run: Run, product: str, made_of: Mapping[str, Any], asked: Mapping[str, Any]
) -> None:
    used = made_of.get("options")
    for name, value in asked.items():
        if isinstance(used, dict) and name in used and used[name] != value:
            raise BadFileError(
                f"{product} was made with --{name} {used[name]}, but {REPORT} says {value}: "
                "they are of different runs",
                path=run.folder,
                hint=AGAIN,
            )


def _changed_by_hand(run: Run, speakers: Sequence[Job]) -> list[str]:
    products = [path for job in speakers for path in (job.textures_path, job.retiming_path)]
    return [
        f"{path.name} was changed by hand: what is shown is what it holds now"
        for path in (*products, run.result)
        if (read_record(path) or {}).get("sha256") != file_hash(path)
    ]
