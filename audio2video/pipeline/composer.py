"""Output frames: retimed target frames with the textures composited onto them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..compositing.composite import CompositePatch, MouthPatch, Visibility, compose, working_box
from ..compositing.jaw import chin_offsets
from ..config import CompositingConfig, MarkingConfig
from ..face.occlusion import analysis_grid
from ..face.pose import HeadPose
from ..media.video import Box, Frame, VideoReader
from ..provenance.label import Label, chosen_label
from ..retiming.interpolation import planes_between
from ..retiming.retime import Retiming
from ..runtime.threads import ordered_map
from ..storage.arrays import read_item
from ..target.analysis import TargetAnalysis
from .contact_sheet import ContactSheet
from .textures import TextureSequence


@dataclass(frozen=True)
class FrameRequest:
    """One output frame to be composed.

    `frame` is the target's frame `number`; the picture is to lie `share` of the way from it to
    `other`, frame `after`, if there is one.
    """

    index: int
    number: int
    frame: Frame
    after: int = -1
    share: float = 0.0
    other: Frame | None = None


@dataclass(frozen=True)
class Composition:
    """What becomes of one output frame.

    Parameters
    ----------
    before : Frame
        As it plays in the target.
    box : tuple of int
        The part of it that changes.
    part : ndarray of uint8, shape (h, w, 3)
        That part, before.
    made : CompositePatch
        That part with its new mouth, and how much of each pixel is the texture's.
    landmarks : ndarray of float64, shape (68, 2)
        Of the face before, pixel (x, y).
    pose : HeadPose
        Of the face, in this one frame.
    """

    before: Frame
    box: Box
    part: NDArray[np.uint8]
    made: CompositePatch
    landmarks: NDArray[np.float64]
    pose: HeadPose


class Composer:
    """Composes output frames, each by itself and in any thread."""

    def __init__(
        self,
        target: TargetAnalysis,
        sequence: TextureSequence,
        timing: Retiming,
        shown: NDArray[np.float64],
        sheet: ContactSheet | None,
        config: CompositingConfig,
    ) -> None:
        track = target.track
        own_jaw = track.rectified_jaw()[timing.frames]
        # A warp of the frame would carry along what is in front of the jaw.
        moves = config.jaw and not (target.overlays or target.occlusions.often)
        self._target, self._sequence, self._config = target, sequence, config
        self._reduced = analysis_grid(target.space)
        self._shown, self._sheet = shown, sheet
        self._drops = chin_offsets(sequence.jaw, own_jaw, track.usable[timing.frames] & moves)

    def compose(self, request: FrameRequest) -> tuple[Frame, Frame]:
        """Give the frame with its new mouth, and before it as it plays in the target.

        They are one and the same where the sheet does not show the moment: copies take time.
        """
        found = self.composition(request)
        if isinstance(found, Frame):
            return found, found
        before, box, index = found.before, found.box, request.index
        kept = before.copy() if self._sheet is not None and self._sheet.wants(index) else before
        before.paste(box[0], box[1], found.made.picture, before=found.part)
        return kept, before

    def composition(self, request: FrameRequest) -> Composition | Frame:
        """Give the frame as it plays in the target and the part of it that changes.

        Where no mouth is shown, it is the frame alone.
        """
        target, track, index = self._target, self._target.track, request.index
        number, after = request.number, request.after
        landmarks, pose = track.landmarks[number].astype(np.float64), track.pose[number]
        usable = bool(track.usable[number])
        covered = target.occlusions.maps[number]
        before = played_frame(target, request)
        if before is not request.frame:
            landmarks, pose = _face_between(target, number, after, request.share)
            covered = np.maximum(covered, target.occlusions.maps[after])
        if not usable or self._shown[index] == 0:
            return before
        piece = MouthPatch(
            read_item(self._sequence.textures, index),
            self._sequence.mouth[index].astype(np.float64),
            float(self._drops[index]),
        )
        box = working_box(landmarks, pose, before.width, before.height)
        shown = (number,) if before is request.frame else (number, after)
        front = target.overlays.in_box(shown, box)
        part = before.rgb(box)
        made = compose(
            part,
            box,
            piece,
            landmarks,
            pose,
            target.space,
            light=self._config.match_light,
            sight=Visibility(covered, self._reduced, float(self._shown[index]), front),
        )
        return Composition(before, box, part, made, landmarks, pose)


def composite_frames(
    composer: Composer,
    video: Path,
    timing: Retiming,
    workers: int,
    sheet: ContactSheet | None,
    label: Label,
) -> Iterator[Frame]:
    """Compose all frames and give them in order; several are worked on at a time."""
    with (
        VideoReader(video) as reader,
        closing(ordered_map(composer.compose, frame_requests(reader, timing), workers)) as made,
    ):
        for index, (before, after) in enumerate(made):
            if sheet is not None:
                sheet.before(index, before)
            label.draw(after, index)
            if sheet is not None:
                sheet.after(index, after)
            yield after


def frame_requests(
    reader: VideoReader, timing: Retiming, indices: Sequence[int] | None = None
) -> Iterator[FrameRequest]:
    """Decode what output frames are composed of.

    Parameters
    ----------
    reader : VideoReader
        Of the target.
    timing : Retiming
    indices : sequence of int, optional
        Output frames that are asked for; all by default.
    """
    pairs, shares = np.stack([timing.frames, timing.neighbours], axis=1), timing.fractions
    wanted = range(len(pairs)) if indices is None else indices
    chosen = pairs[list(wanted)]
    source = reader.read(chosen[chosen >= 0])
    for index in wanted:
        number, after = pairs[index].tolist()
        frame = next(source)
        other = next(source) if after >= 0 else None
        yield FrameRequest(index, number, frame, after, float(shares[index]), other)


def played_frame(target: TargetAnalysis, request: FrameRequest) -> Frame:
    """Give an output frame as the target shows it, between two of its frames where asked for."""
    number, after, track = request.number, request.after, target.track
    # Across a cut there is nothing in between; pieces that are joined were found to be alike.
    cut = abs(number - after) == 1 and track.starts[max(number, after)]
    linked = track.usable[number] and track.usable[after] and not cut
    if request.other is None or not linked:
        return request.frame
    # Neighbours meet; pieces that are joined may have a hand elsewhere.
    joined = abs(number - after) > 1
    return _frame_between(request.frame, request.other, request.share, quickly=joined)


def played_frames(target: TargetAnalysis, timing: Retiming) -> Iterator[Frame]:
    """Give all output frames as the target shows them, without another mouth."""
    with VideoReader(target.info.path) as reader:
        for request in frame_requests(reader, timing):
            yield played_frame(target, request)


def _frame_between(a: Frame, b: Frame, share: float, *, quickly: bool) -> Frame:
    y, u, v = planes_between((a.y, a.u, a.v), (b.y, b.u, b.v), share, quickly=quickly)
    return Frame.from_planes(y, u, v, a.matrix)


def _face_between(
    target: TargetAnalysis, number: int, after: int, share: float
) -> tuple[NDArray[np.float64], HeadPose]:
    track, weights = target.track, np.array([1 - share, share])
    pair = np.array([number, after])
    landmarks = np.tensordot(weights, track.landmarks[pair].astype(np.float64), 1)
    return landmarks, HeadPose.from_array(weights[None] @ track.pose[pair].as_array())


def place_label(
    target: TargetAnalysis, timing: Retiming, marking: MarkingConfig, *others: TargetAnalysis
) -> Label:
    """Place the visible label off all faces that the output shows, of others who speak as well."""
    info, faces = target.info, []
    for one in (target, *others):
        usable = timing.frames[one.track.usable[timing.frames]]
        faces.append(one.track.landmarks[np.unique(usable)])
    size, frames, rate = (info.width, info.height), len(timing.frames), float(info.rate)
    return chosen_label(marking, size, np.concatenate(faces), frames, rate, painted=False)
