"""Step 4: the result, from textures, retimed target frames and the user's own sound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...compositing.masks import covering_fade
from ...errors import BadFileError
from ...media.video import VideoWriter
from ...provenance.container_tags import container_tags
from ...provenance.credentials import signing_credentials
from ...provenance.manifest import Synthesis
from ...provenance.signing import sign_video
from ...runtime.threads import single_threaded_libraries
from ...storage.artifacts import build_if_stale, made_from, read_record
from ...storage.files import file_hash, replacing
from ...target.analysis import MADE_BY as TEXTURE_MADE_BY
from ..composer import Composer, composite_frames, place_label
from ..contact_sheet import ContactSheet, mouth_box
from ..frame_count import count_frames
from ..job import Job
from ..report import StepReport
from ..schedule import read_retiming
from ..soundtrack import result_sound
from ..textures import read_textures

NAME = "composite"
FORMAT = 4
"""Raised when the way frames are composited changes."""


def run(job: Job) -> StepReport:
    """Composite the textures onto the retimed target, under the sound of `result_sound`.

    The result is marked as synthetic: by container tags, a visible label and a signed manifest.
    Writes ``<inp_id>-<tar_id>.mp4`` and the contact sheet ``sheet.png`` into the output folder.

    Raises
    ------
    Audio2VideoError
        An input is missing or can't be used.
    """
    target, audio, wanted = job.target, job.audio, job.frames
    sequence = read_textures(job)
    timing = read_retiming(job)
    if len(sequence.textures) != wanted:
        raise BadFileError(
            f"has {len(sequence.textures)} frames, the speech needs {wanted}",
            path=job.textures_path,
            hint=f"run {TEXTURE_MADE_BY} again; --force True if it is your own file",
        )
    _warn_of_other_retiming(job)
    marking = job.config.marking
    report = StepReport(NAME, "frame")
    shown = covering_fade(target.occlusions.lips[timing.frames], target.info.rate)
    tags = container_tags(job.inp_id, job.tar_id, job.pass_id)
    credentials = signing_credentials(marking.sign_cert, marking.sign_key)
    network = job.workspace.finished_pass(job.pass_id)
    synthesis = Synthesis(
        target.info.path,
        audio.path,
        marking.label,
        marking.consent,
        job.pass_id,
        None if network is None else network / "network.npz",
        kept_sound=job.config.sound.kept_level,
    )
    result = job.workspace.result(job.inp_id, job.tar_id)
    if marking.consent is None and not _has_result(job):
        options = job.workspace.target_options(job.tar_id).relative_to(job.workspace.root)
        job.progress.notice(
            "the manifest says that no statement of consent was given: --consent, or a line in the "
            f"workspace's {options.as_posix()}, says who agreed to what"
        )

    def build(path: Path) -> dict[str, Any]:
        info, track = target.info, target.track
        mouths = [
            mouth_box(track.landmarks[k], info.width, info.height) if track.usable[k] else None
            for k in timing.frames
        ]
        rate = float(info.rate)
        sheet = ContactSheet((timing.positions / rate).tolist(), rate, mouths)
        label = place_label(target, timing, marking.label)
        with (
            single_threaded_libraries(),
            VideoWriter(
                path,
                info.width,
                info.height,
                info.rate,
                audio=result_sound(job),
                audio_seconds=job.sound_seconds,
                metadata=tags,
                like=info,
            ) as writer,
        ):
            composer = Composer(target, sequence, timing, shown, sheet, job.config.compositing)
            pictures = composite_frames(
                composer, info.path, timing, job.config.machine.nthreads, sheet, label
            )
            for picture in job.progress.follow(pictures, "compositing", wanted):
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
            "target": target.key,
            "textures": file_hash(job.textures_path),
            "lines": file_hash(job.textures_path.with_suffix(".npz")),
            "retiming": file_hash(job.retiming_path),
            "audio": file_hash(audio.path),
            "tags": tags,
            "options": list(job.config.compositing.flags().values()),
            "marks": synthesis.facts(),
            "signer": credentials.fingerprint,
        },
        build,
        job.progress,
        force=job.config.machine.force,
        owner=job.owner,
        outputs=[job.folder / "sheet.png"],
    )
    report.result, report.frames = result, count_frames(target, timing, shown)
    report.facts = {
        "output_frames": wanted,
        "synthesised_frames": report.frames.synthesised,
        "passed_through": dict(report.frames.passed_through),
    }
    return report


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
