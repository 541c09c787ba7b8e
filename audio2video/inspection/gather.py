"""A finished run as one JSON value: curves, pictures, tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import Audio2VideoError, BadFileError
from ..media.preview_sound import preview_sound
from ..media.video import probe_video
from ..pipeline.job import Job
from ..pipeline.layers import Layer, read_layer
from ..progress import Progress
from ..storage.arrays import check_shape, read_arrays
from ..storage.workspace import Workspace
from ..target.analysis import MADE_BY
from .budget import DATA_BYTES, SOUND_BYTES, THUMB_BYTES, choose_size, halved
from .curves import Heard, curves_of, is_own_speech, listen_again
from .facts import evaluations_of, report_of, training_of
from .freshness import check_inputs, check_products, network_changed
from .packing import coded
from .run import Run, read_run
from .shots import CANDIDATES_SHOWN, SIZES, PictureSize, Studio

FORMAT = 1
"""Raised when the structure changes, so that a page knows what it can show."""

SAMPLES = 6
"""Moments whose pictures tell how large all will be."""

THUMB_COST = 3000
"""Bytes of a picture of a candidate, at most."""

STAGE = "making pictures"


@dataclass(frozen=True)
class _Person:
    """All that is shown of one person."""

    job: Job
    layer: Layer
    mouth: NDArray[np.float64]
    studio: Studio


def gather(
    workspace: Workspace, run: Path, progress: Progress, *, most: int = DATA_BYTES
) -> dict[str, Any]:
    """Gather everything that the window shows of a finished run.

    Parameters
    ----------
    workspace : Workspace
    run : Path
        The run's folder, ``output/<inp_id>-<tar_id>``.
    progress : Progress
        May raise `CancelledError`.
    most : int
        Bytes of the whole as JSON. Pictures get smaller and fewer until they fit.

    Returns
    -------
    dict
        Plain JSON values; see `docs/guide/inspect.md`.

    Raises
    ------
    BadFileError
        The run's files are damaged, or not of one run.
    Audio2VideoError
        Something that it was made from is not there any more.
    """
    found = read_run(workspace, run)
    # What there was to be said was said when it was made, and is in the report.
    job = Job(workspace, found.config, Progress(progress.on_progress))
    check_inputs(found, job)
    layers = [read_layer(one) for one in job.speakers]
    notes = check_products(found, job.speakers, layers)
    people = []
    for one, layer in zip(job.speakers, layers, strict=True):
        mouth = _mouth(one)
        people.append(_Person(one, layer, mouth, Studio(one, layer, mouth)))
    changed = network_changed(found, job)
    if changed:
        notes.append(f"pass '{job.pass_id}' was trained anew since: its curves are not of this run")
    data = _without_pictures(found, job, people, notes, progress)
    data["training"] = training_of(workspace, job.pass_id, changed=changed)
    data["evaluations"] = evaluations_of(found)
    _add_pictures(data, people, most, progress)
    while size_of(data) > most and any(len(layer["shots"]) > 1 for layer in data["layers"]):
        data = halved(data)
    if not all(shot["same"] for layer in data["layers"] for shot in layer["shots"]):
        data["notes"].append(
            "some textures are not those that would be made now, here: stages before the last one "
            "are made anew, and may differ from what was there"
        )
    return data


def size_of(data: dict[str, Any]) -> int:
    """Bytes of a run as JSON."""
    return len(json.dumps(data, separators=(",", ":")))


def _mouth(job: Job) -> NDArray[np.float64]:
    """Read mouth shapes as exactly as step 2 had them."""
    path = job.textures_path.with_suffix(".npz")
    mouth = read_arrays(path, ("mouth",), made_by=MADE_BY)["mouth"]
    check_shape(mouth, (job.wanted, 20, 2), path, f"{MADE_BY} makes it again with --force True")
    return np.asarray(mouth, np.float64)


def _without_pictures(
    run: Run, job: Job, people: list[_Person], notes: list[str], progress: Progress
) -> dict[str, Any]:
    info = probe_video(run.result)
    rate, seconds = job.rate, float(job.frames / job.rate)
    layers = []
    followed = progress.follow(people, "reading the speech", len(people), "speaker")
    for person in followed:
        heard: Heard = listen_again(person.job, rate, seconds)
        own = is_own_speech(person.job)
        speaker = person.layer.target.speaker
        layers.append(
            {
                "speaker": speaker,
                "title": f"Person {speaker}",
                "own_speech": own,
                "sound": heard.figures,
                "encoder": _encoder(job),
                **curves_of(person.job, person.layer, person.mouth, heard, len(people), own=own),
            }
        )
    return {
        "format": FORMAT,
        "audio2video": __version__,
        "name": run.name,
        "inp_id": job.inp_id,
        "tar_id": job.tar_id,
        "pass_id": job.pass_id,
        "loaded": _loaded(job),
        "frames": job.frames,
        "rate": float(rate),
        "rate_exact": str(rate),
        "seconds": seconds,
        "width": info.width,
        "height": info.height,
        "notes": notes,
        "sound": _sound(run.result, seconds),
        "picture_type": "image/webp",
        "layers": layers,
        "report": report_of(run),
    }


def _loaded(job: Job) -> str | None:
    """Give the name of the file that mouth shapes come from; None where they are predicted."""
    path = job.config.inputs.load_shapes
    return None if path is None else path.name


def _encoder(job: Job) -> str | None:
    """Give the name of the pass's speech encoder; None if the pass is gone."""
    try:
        return job.predictor.encoder.name
    except Audio2VideoError:
        return None


def _sound(result: Path, seconds: float) -> dict[str, str] | None:
    try:
        sound = preview_sound(result, seconds, SOUND_BYTES * 3 // 4)
    except BadFileError:
        return None
    return None if sound is None else {"type": "audio/mpeg", "data": coded(sound)}


def _add_pictures(
    data: dict[str, Any], people: list[_Person], most: int, progress: Progress
) -> None:
    moments = sum(len(person.mouth) for person in people)
    proxies = [person.studio.proxy_pictures(SIZES[0]) for person in people]
    for layer, pictures in zip(data["layers"], proxies, strict=True):
        layer["proxies"] = pictures
    frames = sum(len(person.layer.target.clear_frames()) for person in people)
    thumbs = min(THUMB_BYTES, THUMB_COST * frames)
    room = most - size_of(data) - thumbs
    costs = _costs(people)
    size, step = choose_size(moments, costs, room)
    counts = [len(range(0, len(person.mouth), step)) for person in people]
    progress.update(STAGE, 0, sum(counts))
    done = 0
    for layer, person in zip(data["layers"], people, strict=True):
        shots = []
        for shot in _shots(person, size, step):
            shots.append(shot)
            done += 1
            progress.update(STAGE, done, sum(counts))
        layer["shots"], layer["step"] = shots, step
        layer["pictured"], layer["thumbs"] = _thumbs(person, shots, thumbs // len(people))
        window = person.studio.lips
        layer["texture_size"] = [
            window.columns.stop - window.columns.start,
            window.rows.stop - window.rows.start,
        ]
        layer["texture_resolution"] = round(person.layer.target.space.resolution, 2)
        layer["generic"] = person.studio.generic
        layer["face_side"] = person.studio.face.side


def _shots(person: _Person, size: PictureSize, step: int) -> Iterator[dict[str, Any]]:
    indices = list(range(0, len(person.mouth), step))
    return person.studio.shots(indices, person.studio.choices(indices), size)


def _costs(people: list[_Person]) -> list[tuple[PictureSize, float]]:
    """Mean of the bytes of a moment, for each size of pictures."""
    spent: dict[PictureSize, list[int]] = {size: [] for size in SIZES}
    for person in people:
        places = np.linspace(0, len(person.mouth) - 1, min(SAMPLES, len(person.mouth)))
        indices = np.unique(places.astype(int)).tolist()
        choices = list(person.studio.choices(indices))
        for size in SIZES:
            for shot in person.studio.shots(indices, choices, size):
                spent[size].append(len(json.dumps(shot, separators=(",", ":"))))
    return [(size, float(np.mean(bytes_))) for size, bytes_ in spent.items()]


def _thumbs(person: _Person, shots: list[dict[str, Any]], most: int) -> tuple[int, dict[str, str]]:
    """Make pictures of candidates, each target frame once; fewer a moment if they are too many."""
    cost = len(person.studio.thumb(shots[0]["candidates"][0])) + 12
    shown = CANDIDATES_SHOWN
    while True:
        frames = sorted({k for shot in shots for k in shot["candidates"][:shown]})
        if len(frames) * cost <= most or shown == 1:
            return shown, {str(k): person.studio.thumb(k) for k in frames}
        shown -= 1
