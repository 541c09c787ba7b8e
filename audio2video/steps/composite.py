"""Step 4: the result, from textures, retimed target frames and the user's own sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blend.compose import Mouthpiece, Sight, compose, working_box
from ..blend.jaw import chin_drops
from ..blend.masks import covering_fade
from ..errors import BadFileError
from ..face.covers import reduced_space
from ..face.pose import HeadPose
from ..files import file_hash, replacing
from ..media.audio import probe_audio
from ..media.video import Frame, VideoReader, VideoWriter
from ..options import Options
from ..progress import Progress
from ..provenance import container_tags
from ..records import make, read_record
from ..timing.between import halfway_frame
from ..timing.retiming import Retiming
from ..workspace import Workspace
from .lipsync import output_frames
from .report import StepReport
from .retiming import read_retiming, retiming_path
from .sheet import ContactSheet
from .target import MADE_BY as TEXTURE_MADE_BY
from .target import Target, analyse_target
from .texture import TextureSequence, read_textures, texture_path

NAME = "composite"
FORMAT = 2
"""Raised when the way frames are put together changes."""


def run(workspace: Workspace, options: Options, progress: Progress) -> StepReport:
    """Put the textures onto the retimed target and write the result with the user's own sound.

    Writes ``<inp_id>-<tar_id>.mp4`` and the contact sheet ``sheet.png`` into the output folder.

    Raises
    ------
    Audio2VideoError
        Something needed is missing or can't be used.
    """
    target = analyse_target(workspace, options, progress)
    audio = probe_audio(workspace.input_audio(options.inp_id))
    wanted = output_frames(audio, target.info.rate)
    sequence = read_textures(workspace, options, target.space)
    timing = read_retiming(workspace, options, target, wanted)
    if len(sequence.textures) != wanted:
        raise BadFileError(
            f"has {len(sequence.textures)} frames, the speech needs {wanted}",
            path=texture_path(workspace, options),
            hint=f"run {TEXTURE_MADE_BY} again; --force True if it is your own file",
        )
    made_for = (read_record(texture_path(workspace, options)) or {}).get("depends_on", {})
    if made_for.get("retiming") not in (None, file_hash(retiming_path(workspace, options))):
        progress.warn(
            f"{texture_path(workspace, options)} was made for another retiming: "
            f"run {TEXTURE_MADE_BY} again for textures that fit the heads"
        )
    report = StepReport(NAME, "frame")
    tags = container_tags(options.inp_id, options.tar_id, options.pass_id)

    def build(path: Path) -> dict[str, Any]:
        sheet = ContactSheet(wanted)
        info = target.info
        with VideoWriter(
            path, info.width, info.height, info.rate, audio=audio.path, metadata=tags, like=info
        ) as writer:
            pictures = _output_frames(target, sequence, timing, options, sheet)
            for picture in progress.follow(pictures, "compositing", wanted):
                writer.write(picture)
        with replacing(path.parent / "sheet.png") as temporary:
            sheet.save(temporary)
        report.count = wanted
        return {"tags": tags}

    make(
        workspace.result(options.inp_id, options.tar_id),
        {
            "format": FORMAT,
            "target": target.key,
            "textures": file_hash(texture_path(workspace, options)),
            "lines": file_hash(texture_path(workspace, options).with_suffix(".npz")),
            "retiming": file_hash(retiming_path(workspace, options)),
            "audio": file_hash(audio.path),
            "tags": tags,
            "options": [options.jaw, options.match_light],
        },
        build,
        progress,
        force=options.force,
        beside=[workspace.output(options.inp_id, options.tar_id) / "sheet.png"],
    )
    lost = ~target.track.usable[timing.frames]
    covered = covering_fade(target.covers.lips[timing.frames], target.info.rate) == 0
    untouched = int(lost.sum())
    if untouched:
        progress.warn(f"{untouched} of {wanted} frames show no usable face and are unchanged")
    report.result = workspace.result(options.inp_id, options.tar_id)
    report.facts = {
        "output_frames": wanted,
        "unchanged_frames": int((lost | covered).sum()),
        "covered_frames": int((covered & ~lost).sum()),
    }
    return report


def _output_frames(
    target: Target,
    sequence: TextureSequence,
    timing: Retiming,
    options: Options,
    sheet: ContactSheet,
) -> Iterator[Frame]:
    """Compose all frames, one after the other."""
    track = target.track
    own_jaw = track.rectified_jaw()[timing.frames]
    reduced = reduced_space(target.space)
    shown = covering_fade(target.covers.lips[timing.frames], target.info.rate)
    drops = chin_drops(sequence.jaw, own_jaw, track.usable[timing.frames] & options.jaw)
    order: list[int] = []
    for frame, after in zip(timing.frames.tolist(), timing.halfway.tolist(), strict=True):
        order += [frame] if after < 0 else [frame, after]
    with VideoReader(target.info.path) as reader:
        source = reader.read(order)
        for index, (number, after) in enumerate(
            zip(timing.frames.tolist(), timing.halfway.tolist(), strict=True)
        ):
            picture = next(source)
            landmarks, pose = track.landmarks[number].astype(np.float64), track.pose[number]
            usable = bool(track.usable[number])
            covered = target.covers.maps[number]
            if after >= 0:
                other = next(source)
                # Across a cut there is no half-way.
                if usable and track.usable[after] and not track.starts[max(number, after)]:
                    picture = Frame.from_rgb(
                        halfway_frame(picture.rgb(), other.rgb()), like=picture
                    )
                    landmarks, pose = _halfway_face(target, number, after)
                    covered = np.maximum(covered, target.covers.maps[after])
            sheet.before(index, picture)
            if usable and shown[index] > 0:
                piece = Mouthpiece(
                    np.asarray(sequence.textures[index]), sequence.mouth[index], float(drops[index])
                )
                box = working_box(landmarks, pose, picture.width, picture.height)
                part = picture.rgb(box)
                made = compose(
                    *(part, box, piece, landmarks, pose, target.space),
                    light=options.match_light,
                    sight=Sight(covered, reduced, float(shown[index])),
                )
                picture.paste(box[0], box[1], made.picture)
            sheet.after(index, picture)
            yield picture


def _halfway_face(target: Target, number: int, after: int) -> tuple[NDArray[np.float64], HeadPose]:
    track = target.track
    landmarks = (track.landmarks[number].astype(np.float64) + track.landmarks[after]) / 2
    both = track.pose[np.array([number, after])].as_array()
    return landmarks, HeadPose.from_array(both.mean(axis=0, keepdims=True))
