"""Step 4: the result, from textures, retimed target frames and the user's own sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compositing.composite import Mouthpiece, Sight, compose, working_box
from ..compositing.jaw import chin_drops
from ..compositing.masks import covering_fade
from ..config.options import Options
from ..errors import BadFileError
from ..face.occlusion import reduced_space
from ..face.pose import HeadPose
from ..media.audio import probe_audio
from ..media.video import Frame, VideoReader, VideoWriter
from ..progress import Progress
from ..provenance.container_tags import container_tags
from ..provenance.credentials import signing_credentials
from ..provenance.label import START_SECONDS, Label, make_label
from ..provenance.manifest import Synthesis
from ..provenance.signing import sign_video
from ..retiming.interpolation import planes_between
from ..retiming.retime import Retiming
from ..runtime.report import StepReport
from ..runtime.threads import in_order, one_thread_each
from ..storage.arrays import read_item
from ..storage.artifacts import made_from, make
from ..storage.files import file_hash, replacing
from ..storage.workspace import Workspace
from ..target.analysis import MADE_BY as TEXTURE_MADE_BY
from ..target.analysis import Target, analyse_target
from .contact_sheet import ContactSheet
from .lipsync import output_frames, result_ids
from .retiming import read_retiming, retiming_path
from .texture import TextureSequence, read_textures, texture_path

NAME = "composite"
FORMAT = 4
"""Raised when the way frames are put together changes."""


def run(workspace: Workspace, options: Options, progress: Progress) -> StepReport:
    """Put the textures onto the retimed target and write the result with the user's own sound.

    The result is marked as synthetic: by container tags, a visible label and a signed manifest.
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
    made_of = made_from(texture_path(workspace, options))
    if made_of.get("retiming") not in (None, file_hash(retiming_path(workspace, options))):
        progress.warn(
            f"{texture_path(workspace, options)} was made for another retiming: "
            f"run {TEXTURE_MADE_BY} again for textures that fit the heads"
        )
    report = StepReport(NAME, "frame")
    shown = covering_fade(target.covers.lips[timing.frames], target.info.rate)
    tags = container_tags(options.inp_id, options.tar_id, options.pass_id)
    credentials = signing_credentials(options.sign_cert, options.sign_key)
    network = workspace.finished_pass(options.pass_id)
    synthesis = Synthesis(
        *(target.info.path, audio.path, options.label, options.consent, options.pass_id),
        None if network is None else network / "network.npz",
    )
    result = workspace.result(options.inp_id, options.tar_id)
    if options.consent is None:
        progress.warn(
            "the manifest says that no statement of consent was given: --consent, or a line in "
            f"{workspace.target_options(options.tar_id)}, says who agreed to what"
        )

    def build(path: Path) -> dict[str, Any]:
        sheet, label = ContactSheet(wanted), _label(target, timing, options.label)
        info = target.info
        sized = path, info.width, info.height, info.rate
        with (
            one_thread_each(),
            VideoWriter(*sized, audio=audio.path, metadata=tags, like=info) as writer,
        ):
            composer = _Composer(target, sequence, timing, shown, sheet, options)
            pictures = _output_frames(composer, info.path, timing, options.nthreads, sheet, label)
            for picture in progress.follow(pictures, "compositing", wanted):
                writer.write(picture)
        sign_video(path, result.name, synthesis, credentials)
        with replacing(path.parent / "sheet.png") as temporary:
            sheet.save(temporary)
        report.count = wanted
        return {"tags": tags, "label": {"box": label.box, "frames": label.frames}}

    make(
        result,
        {
            "format": FORMAT,
            "target": target.key,
            "textures": file_hash(texture_path(workspace, options)),
            "lines": file_hash(texture_path(workspace, options).with_suffix(".npz")),
            "retiming": file_hash(retiming_path(workspace, options)),
            "audio": file_hash(audio.path),
            "tags": tags,
            "options": [options.jaw, options.match_light],
            "marks": synthesis.facts(),
            "signer": credentials.fingerprint,
        },
        build,
        progress,
        force=options.force,
        made_for=result_ids(options),
        beside=[workspace.output(options.inp_id, options.tar_id) / "sheet.png"],
    )
    lost = ~target.track.usable[timing.frames]
    covered = shown == 0
    untouched = int(lost.sum())
    if untouched:
        progress.warn(f"{untouched} of {wanted} frames show no usable face and are unchanged")
    report.result = result
    report.facts = {
        "output_frames": wanted,
        "unchanged_frames": int((lost | covered).sum()),
        "covered_frames": int((covered & ~lost).sum()),
    }
    return report


@dataclass(frozen=True)
class _Job:
    """One output frame to be composed.

    `frame` is the target's frame `number`; the picture is to lie `share` of the way from it to
    `other`, frame `after`, if there is one.
    """

    index: int
    number: int
    frame: Frame
    after: int
    share: float
    other: Frame | None


class _Composer:
    """Composes output frames, each by itself and in any thread."""

    def __init__(
        self,
        target: Target,
        sequence: TextureSequence,
        timing: Retiming,
        shown: NDArray[np.float64],
        sheet: ContactSheet,
        options: Options,
    ) -> None:
        track = target.track
        own_jaw = track.rectified_jaw()[timing.frames]
        self._target, self._sequence, self._options = target, sequence, options
        self._reduced = reduced_space(target.space)
        self._shown, self._sheet = shown, sheet
        self._drops = chin_drops(sequence.jaw, own_jaw, track.usable[timing.frames] & options.jaw)

    def compose(self, job: _Job) -> tuple[Frame, Frame]:
        """Give the frame with its new mouth, and before it as it plays in the target.

        They are one and the same where the sheet does not show the moment: copies take time.
        """
        target, track, index = self._target, self._target.track, job.index
        before, number, after = job.frame, job.number, job.after
        landmarks, pose = track.landmarks[number].astype(np.float64), track.pose[number]
        usable = bool(track.usable[number])
        covered = target.covers.maps[number]
        # Across a cut there is nothing in between.
        linked = usable and track.usable[after] and not track.starts[max(number, after)]
        if job.other is not None and linked:
            before = _frame_between(before, job.other, job.share)
            landmarks, pose = _face_between(target, number, after, job.share)
            covered = np.maximum(covered, target.covers.maps[after])
        if not usable or self._shown[index] == 0:
            return before, before
        piece = Mouthpiece(
            read_item(self._sequence.textures, index),
            self._sequence.mouth[index].astype(np.float64),
            float(self._drops[index]),
        )
        box = working_box(landmarks, pose, before.width, before.height)
        part = before.rgb(box)
        made = compose(
            *(part, box, piece, landmarks, pose, target.space),
            light=self._options.match_light,
            sight=Sight(covered, self._reduced, float(self._shown[index])),
        )
        kept = before.copy() if self._sheet.wants(index) else before
        before.paste(box[0], box[1], made.picture, before=part)
        return kept, before


def _output_frames(
    composer: _Composer,
    video: Path,
    timing: Retiming,
    workers: int,
    sheet: ContactSheet,
    label: Label,
) -> Iterator[Frame]:
    """Compose all frames and give them in order; several are worked on at a time."""
    with (
        VideoReader(video) as reader,
        closing(in_order(composer.compose, _jobs(reader, timing), workers)) as made,
    ):
        for index, (before, after) in enumerate(made):
            sheet.before(index, before)
            label.draw(after, index)
            sheet.after(index, after)
            yield after


def _label(target: Target, timing: Retiming, shown: str) -> Label:
    """Place the visible label off all faces that the output shows."""
    track, info = target.track, target.info
    frames = np.unique(timing.frames[track.usable[timing.frames]])
    count = {"always": len(timing.frames), "start": round(START_SECONDS * info.rate), "none": 0}
    return make_label(info.width, info.height, track.landmarks[frames], count[shown])


def _jobs(reader: VideoReader, timing: Retiming) -> Iterator[_Job]:
    pairs, shares = np.stack([timing.frames, timing.others], axis=1), timing.shares
    source = reader.read(pairs[pairs >= 0])
    for index in range(len(pairs)):
        number, after = pairs[index].tolist()
        frame = next(source)
        other = next(source) if after >= 0 else None
        yield _Job(index, number, frame, after, float(shares[index]), other)


def _frame_between(a: Frame, b: Frame, share: float) -> Frame:
    y, u, v = planes_between((a.y, a.u, a.v), (b.y, b.u, b.v), share)
    return Frame.from_planes(y, u, v, a.matrix)


def _face_between(
    target: Target, number: int, after: int, share: float
) -> tuple[NDArray[np.float64], HeadPose]:
    track, weights = target.track, np.array([1 - share, share])
    pair = np.array([number, after])
    landmarks = np.tensordot(weights, track.landmarks[pair].astype(np.float64), 1)
    return landmarks, HeadPose.from_array(weights[None] @ track.pose[pair].as_array())
