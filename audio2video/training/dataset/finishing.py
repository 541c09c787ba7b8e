"""The last work on a recording: its fragments are chosen, timed and written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import Audio2VideoError, BadFileError
from ...face.layout import mouth_opening
from ...face.smoothing import unbroken_stretches
from ...mouth.sync import MIN_SECONDS, LagSums, Offset, find_offset, lag_sums, total
from ...speech.features import CEPSTRA, FEATURES
from ...storage.arrays import read_array
from ...storage.files import replacing, write_json
from ..corpus import MADE_BY, fragment_name, recording_features, recording_record, recording_sound
from .cutting import DAMAGED, NOT_SPEAKING, OTHER_PERSON, Thrown, cut_fragments
from .fragments import RecordingResult, read_outcome, refuse_foreign, remove_further, write_fragment
from .recording import Opened, Recording, discard_work, read_activity, read_opened, read_span

READY_CUT_LEAST = 0.5
"""Seconds; a shorter sighting of the face in a ready-cut clip is of no use."""

MIN_OFFSET = 0.02
"""Seconds between sound and picture from which on it is corrected: half a frame."""

REACH = 0.04
MIN_AGREEMENT = 0.1
SHARE_OF_PEAK = 0.4
"""A fragment's face is taken for the one that is heard if the correlation of lips and sound, at the
best lag within `REACH` seconds of the recording's offset, is no less than both: this much, and this
share of the whole recording's. (Speech differs: on GRID's carefully read sentences the correlation
is 0.36, on fast free speech 0.2.) Of the 3 s clips of GRID 99 % pass; of clips with the sound of
other sentences, spoken in the same rhythm, half; of moving lips and sound without anything in
common, 6 s long, 20 %."""

UNSURE_AGREEMENT, UNSURE_REACH = 0.15, 0.1
"""The least correlation, and the reach, in recordings whose offset is not known."""

MIN_MOTION = 0.01
"""Standard deviation of the mouth's opening, in inter-ocular distances, of lips that move at all:
the least of 900 GRID clips is 0.024."""


@dataclass
class _Fragment:
    """A stretch of frames that may become a fragment."""

    first: int  # frame of the video
    mouth: NDArray[np.float32]
    span: int
    place: slice  # frames of the span
    portraits: NDArray[np.float32]
    sums: LagSums | None = None


def finish_recording(recording: Recording) -> RecordingResult:
    """Write a recording's fragments, features and sound, and remove its working folder.

    Raises
    ------
    Audio2VideoError
        Nothing of it can be used.
    """
    known = read_outcome(recording.workspace, recording.name, recording.key)
    if known is not None:
        discard_work(recording)
        return known
    opened = read_opened(recording)
    if opened is None:
        raise BadFileError("not opened yet, or by another run", path=recording.work)
    rate = Fraction(opened.rate)
    thrown = Thrown()
    fragments = list(_candidates(recording, opened, rate, thrown))
    offset: Offset | None = None
    if not opened.ready_cut:
        fragments, offset = _in_step(recording, fragments, rate, thrown)
    if recording.portrait is not None:
        fragments = _of_person(recording.portrait, fragments, rate, thrown)
    if not fragments:
        raise Audio2VideoError(f"nothing of use in it: {thrown}", path=recording.path)
    late = offset.seconds if offset is not None and _is_corrected(offset) else 0.0
    outcome = RecordingResult(
        [fragment_name(recording.name, number) for number in range(len(fragments))],
        round(float(sum(len(f.mouth) for f in fragments) / rate), 3),
        opened.ready_cut,
        str(thrown),
        round(late, 4) if late else None,
    )
    _write(recording, opened, fragments, late, offset, outcome)
    discard_work(recording)
    return outcome


def _candidates(
    recording: Recording, opened: Opened, rate: Fraction, thrown: Thrown
) -> Iterator[_Fragment]:
    for number, (first, end) in enumerate(opened.spans):
        span = read_span(recording, number)
        if "damaged" in span:
            thrown.add(DAMAGED, float((end - first) / rate))
            continue
        if opened.ready_cut:
            places = [_longest(recording, span, rate)]
        else:
            activity = read_activity(recording)[first:end]
            places = cut_fragments(span["labels"], span["borders"], activity, rate, thrown)
        for place in places:
            frames = span["portrait_frames"]
            seen = span["portraits"][(frames >= place.start) & (frames < place.stop)]
            yield _Fragment(first + place.start, span["mouth"][place], number, place, seen)


def _longest(recording: Recording, span: dict[str, NDArray[Any]], rate: Fraction) -> slice:
    stretches = unbroken_stretches(span["usable"], span["starts"])
    if not stretches:
        raise Audio2VideoError("no face in the whole video", path=recording.path)
    best = max(stretches, key=lambda stretch: stretch.stop - stretch.start)
    if (best.stop - best.start) / rate < READY_CUT_LEAST:
        raise Audio2VideoError(
            f"the face is never in view for {READY_CUT_LEAST} s at a time", path=recording.path
        )
    return best


def _in_step(
    recording: Recording, fragments: list[_Fragment], rate: Fraction, thrown: Thrown
) -> tuple[list[_Fragment], Offset | None]:
    """Find the offset of sound and picture; keep the fragments whose lips move with the sound."""
    if not fragments:
        return [], None
    features = recording.work / "features.npy"
    energy = np.array(
        read_array(features, (None, FEATURES), made_by=MADE_BY, mmap=True)[:, CEPSTRA]
    )
    for fragment in fragments:
        fragment.sums = lag_sums(fragment.mouth, rate, float(fragment.first / rate), energy)
    moving = [f for f in fragments if mouth_opening(f.mouth).std() >= MIN_MOTION]
    whole = total(f.sums for f in moving if f.sums is not None)
    offset = find_offset(whole)
    late, reach, least = (
        (offset.seconds, REACH, max(MIN_AGREEMENT, SHARE_OF_PEAK * offset.peak))
        if offset.clear
        else (0.0, UNSURE_REACH, UNSURE_AGREEMENT)
    )
    if whole.seconds >= MIN_SECONDS and whole.agreement(late, reach) < MIN_AGREEMENT:
        moving = []  # a voice over pictures of someone else: what agrees here and there is chance
    kept = [f for f in moving if f.sums is not None and f.sums.agreement(late, reach) >= least]
    for fragment in fragments:
        if not any(fragment is other for other in kept):
            thrown.add(NOT_SPEAKING, float(len(fragment.mouth) / rate))
    return kept, offset


def _of_person(
    portrait: tuple[float, ...], fragments: list[_Fragment], rate: Fraction, thrown: Thrown
) -> list[_Fragment]:
    from ...face.identity import SAME_PERSON

    kept = []
    for fragment in fragments:
        far = np.linalg.norm(fragment.portraits - np.array(portrait), axis=1)
        if len(far) and np.median(far) < SAME_PERSON:
            kept.append(fragment)
        else:
            thrown.add(OTHER_PERSON, float(len(fragment.mouth) / rate))
    return kept


def _is_corrected(offset: Offset) -> bool:
    return offset.clear and abs(offset.seconds) >= MIN_OFFSET


def _write(
    recording: Recording,
    opened: Opened,
    fragments: list[_Fragment],
    late: float,
    offset: Offset | None,
    outcome: RecordingResult,
) -> None:
    workspace, name = recording.workspace, recording.name
    refuse_foreign(workspace, name)
    # The record goes first and comes last: it says that all is there.
    recording_record(workspace, name).unlink(missing_ok=True)
    for made, product in (
        ("sound.wav", recording_sound(workspace, name)),
        ("features.npy", recording_features(workspace, name)),
    ):
        with replacing(product) as temporary:
            shutil.copyfile(recording.work / made, temporary)
    rate = Fraction(opened.rate)
    landmarks: NDArray[Any] = np.zeros(0)
    loaded = -1
    for fragment, clip_id in zip(fragments, outcome.fragments, strict=True):
        if fragment.span != loaded:
            landmarks, loaded = read_span(recording, fragment.span)["landmarks"], fragment.span
        write_fragment(
            workspace,
            clip_id,
            fragment.mouth,
            {
                "source": recording.path.name,
                "recording": name,
                "speaker": recording.speaker,
                "rate": opened.rate,
                "first_frame": fragment.first,
                "frames": len(fragment.mouth),
                "start": round(float(fragment.first / rate) + late, 6),
            },
            landmarks[fragment.place],
        )
    remove_further(workspace, name, len(fragments))
    write_json(
        recording_record(workspace, name),
        {
            "key": recording.key,
            "source": recording.path.name,
            "speaker": recording.speaker,
            "rate": opened.rate,
            "frames": opened.frames,
            "sound": True,
            "outcome": vars(outcome),
            "sound_and_picture": None
            if offset is None
            else {
                "sound_late_by_seconds": round(offset.seconds, 4),
                "correlation": round(offset.peak, 3),
                "margin": round(offset.margin, 3),
                "corrected": _is_corrected(offset),
            },
        },
    )
