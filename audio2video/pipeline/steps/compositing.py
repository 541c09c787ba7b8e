"""Step 4: the result, from textures, retimed target frames and the user's own sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...media.video import Box, VideoWriter
from ...provenance.container_tags import LISTENING_STATEMENT, STATEMENT, container_tags
from ...provenance.credentials import signing_credentials
from ...provenance.manifest import Synthesis
from ...provenance.signing import sign_video
from ...provenance.watermarking import Watermarking
from ...retiming.retime import Retiming
from ...runtime.threads import single_threaded_libraries
from ...storage.artifacts import build_if_stale, made_from, read_record
from ...storage.files import file_hash, replacing
from ...target.analysis import MADE_BY as TEXTURE_MADE_BY
from ..composer import Composer, composite_frames, place_label
from ..contact_sheet import ContactSheet, mouth_box
from ..frame_count import count_frames, count_in_ranges
from ..job import Job
from ..layers import Layer, composite_ranges, read_layer
from ..listener import listener_model
from ..loaded_shapes import LOADED
from ..report import StepReport
from ..soundtrack import is_silent, result_sound

NAME = "composite"
LISTENER = "a rule for listeners"
TRAINED_LISTENER = "a trained listener"
"""Stand for the pass in the marks of a listener who says nothing."""

FORMAT = 4
"""Raised when the way frames are composited changes."""


def run(job: Job) -> StepReport:
    """Composite the textures onto the retimed target, under the sound of `result_sound`.

    The result is marked as synthetic: by container tags, a visible label, a signed manifest, and
    watermarks where they are asked for.
    Writes ``<inp_id>-<tar_id>.mp4`` and the contact sheet ``sheet.png`` into the output folder.

    Raises
    ------
    Audio2VideoError
        An input is missing or can't be used.
    """
    layers, wanted, marking = [], job.frames, job.config.marking
    for one in job.speakers:
        layers.append(read_layer(one))
        _warn_of_other_retiming(one)
    target, plan = layers[0].target, job.plan
    timing = layers[0].timing if plan is None else Retiming(np.arange(wanted, dtype=np.float64))
    report = StepReport(NAME, "frame")
    loaded = job.config.inputs.load_shapes is not None
    listening = job.config.listening.listen
    listener = listening and job.config.inputs.voice_audio is None
    model = listener_model(job) if listening else None
    made_with = _listener_name(model) if listener else LOADED if loaded else job.pass_id
    statement = LISTENING_STATEMENT if listening else STATEMENT
    credentials = signing_credentials(marking.sign_cert, marking.sign_key, marking.timestamp_url)
    network = job.workspace.finished_pass(job.pass_id)
    heard = [job.audio.path] if plan is None else plan.audio
    if listening and job.config.inputs.voice_audio is not None:
        heard = [*heard, job.config.inputs.voice_audio]
    synthesis = Synthesis(
        target.info.path,
        heard[0],
        replace(marking, watermark_audio=False) if is_silent(job) else marking,
        made_with,
        model if listener else None if network is None or loaded else network / "network.npz",
        statement=statement,
        kept_sound=job.config.sound.kept_level,
        more_speech=tuple(heard[1:]),
        segments=() if plan is None else tuple(plan.facts()),
    )
    hidden = Watermarking(synthesis, target.info.width, target.info.height)
    tags = container_tags(job.inp_id, job.tar_id, made_with, synthesis.voice, statement)
    result = job.workspace.result(job.inp_id, job.tar_id)
    if marking.consent is None and not _has_result(job):
        options = job.workspace.target_options(job.tar_id).relative_to(job.workspace.root)
        job.progress.notice(
            "the manifest says that no statement of consent was given: --consent, or a line in the "
            f"workspace's {options.as_posix()}, says who agreed to what"
        )

    def build(path: Path) -> dict[str, Any]:
        info = target.info
        sheet = _contact_sheet(layers, timing, wanted)
        others = (one.target for one in layers[1:])
        label = place_label(target, timing, marking, *others)
        workers, config = job.config.machine.nthreads, job.config.compositing
        with (
            single_threaded_libraries(),
            VideoWriter(
                path,
                info.width,
                info.height,
                info.rate,
                audio=hidden.sound(result_sound(job)),
                audio_seconds=job.sound_seconds,
                metadata=tags,
                like=info,
            ) as writer,
        ):
            if plan is None:
                only = layers[0]
                composer = Composer(target, only.sequence, timing, only.shown, sheet, config)
                pictures = composite_frames(composer, info.path, timing, workers, sheet, label)
            else:
                pictures = composite_ranges(
                    layers, info.path, wanted, workers, sheet, label, config
                )
            for picture in job.progress.follow(pictures, "compositing", wanted):
                hidden.mark(picture)
                writer.write(picture)
        sign_video(path, result.name, synthesis, credentials)
        with replacing(path.parent / "sheet.png") as temporary:
            sheet.save(temporary)
        report.count = wanted
        return {"tags": tags, "label": {"box": label.box, "frames": label.frames}}

    build_if_stale(
        result,
        {
            "format": FORMAT,
            **(layers[0].facts if plan is None else {"parts": [one.facts for one in layers]}),
            "audio": [file_hash(path) for path in heard] if plan else file_hash(heard[0]),
            "tags": tags,
            **({"sound": job.config.listening.listener_sound} if listening else {}),
            "options": list(job.config.compositing.flags().values()),
            "marks": synthesis.facts(),
            "signer": credentials.fingerprint,
            **hidden.facts(),
        },
        build,
        job.progress,
        force=job.config.machine.force,
        owner=job.owner,
        outputs=[job.folder / "sheet.png"],
    )
    report.result = result
    if plan is None:
        report.frames = count_frames(target, timing, layers[0].shown, layers[0].own)
    else:
        report.frames = count_in_ranges(layers, wanted)
    report.facts = {
        "output_frames": wanted,
        "synthesised_frames": report.frames.synthesised,
        "passed_through": dict(report.frames.passed_through),
        "timeline": [list(run) for run in report.frames.timeline],
    }
    return report


def _listener_name(model: Path | None) -> str:
    """Give what stands for the pass in the marks of a listener who says nothing."""
    return LISTENER if model is None else TRAINED_LISTENER


def _contact_sheet(layers: Sequence[Layer], timing: Retiming, wanted: int) -> ContactSheet:
    """Prepare the sheet: moments in which somebody speaks."""
    info = layers[0].target.info
    mouths: list[Box | None] = [None] * wanted
    asked: set[int] = set()
    for one in layers:
        indices = range(wanted) if one.timing is timing else one.timing.frames.tolist()
        asked.update(indices)
        for index, k in zip(indices, one.timing.frames, strict=True):
            if one.target.track.usable[k]:
                mouths[index] = mouth_box(one.target.track.landmarks[k], info.width, info.height)
    rate = float(info.rate)
    return ContactSheet((timing.positions / rate).tolist(), rate, mouths, sorted(asked))


def _has_result(job: Job) -> bool:
    """Whether there is a result of this target already, with which the routine was told."""
    records = (read_record(path) for path in job.workspace.results(job.tar_id))
    return any(
        record is not None
        and isinstance(record.get("made_for"), dict)
        and record["made_for"].get("tar_id") == job.tar_id
        for record in records
    )


def _warn_of_other_retiming(job: Job) -> None:
    made_of = made_from(job.textures_path)
    if made_of.get("retiming") not in (None, file_hash(job.retiming_path)):
        job.progress.warn(
            f"{job.textures_path} was made for another retiming: "
            f"run {TEXTURE_MADE_BY} again for textures that fit the heads"
        )
