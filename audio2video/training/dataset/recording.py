"""Preparation of a recording in a worker: open, track spans, finish.

Each of the three leaves its result on disk, in a working folder that the last one removes, and does
nothing where that is there already: a run that was stopped, or a worker that died, costs no more
than the span it was at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile

from ...errors import Audio2VideoError, BadFileError
from ...face.track import FaceTrack, build_track
from ...media.sound import extract_sound
from ...media.video import Frame, VideoReader
from ...speech.recording import recording_activity, recording_features
from ...storage.arrays import read_array, read_arrays
from ...storage.files import read_json, remove, replacing, write_json
from ...storage.parsing import as_rate
from ...storage.workspace import Workspace
from ..corpus import MADE_BY
from .cutting import cut_spans, label_frames

if TYPE_CHECKING:
    from ...face.detection import FaceFinder
    from ...face.identity import FaceDescriber
    from ...face.tracking import TrackedFace

SPAN_SECONDS, SPAN_SLACK = 60.0, 15.0
"""Length of the spans that long recordings are worked on in."""

SPAN_ARRAYS = (
    "labels",
    "borders",
    "usable",
    "starts",
    "mouth",
    "landmarks",
    "portrait_frames",
    "portraits",
)
"""What is noted of a span."""

PORTRAIT_EVERY = 0.5
"""Seconds between two looks at who it is."""


@dataclass(frozen=True)
class Recording:
    """A recording of the corpus, and all that its preparation depends on.

    Parameters
    ----------
    root : Path
        The workspace.
    name : str
        Names its files.
    speaker : str
    path : Path
        The video.
    key : str
        Key of everything that the prepared recording depends on.
    ready_cut : float
        A recording that is no longer, in seconds, is a ready-cut clip, and taken as it is.
    landmark_model : Path, optional
    portrait : tuple of float, optional
        Descriptor of the one face to keep, 128 numbers; any face by default.
    """

    root: Path
    name: str
    speaker: str
    path: Path
    key: str
    ready_cut: float = 10.0
    landmark_model: Path | None = None
    portrait: tuple[float, ...] | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace."""
        return Workspace(self.root)

    @property
    def work(self) -> Path:
        """Folder of unfinished work."""
        return self.root / "raw" / "unfinished" / self.name

    def span_file(self, number: int) -> Path:
        """Where the result of one span lies."""
        return self.work / f"span-{number:04d}.npz"


@dataclass(frozen=True)
class Opened:
    """Properties of an opened recording, as stored in ``opened.json``.

    Parameters
    ----------
    rate : str
        Frames per second, a fraction.
    frames : int
    ready_cut : bool
        It is short, and taken whole.
    spans : tuple of (int, int)
        First frame and end of each span.
    """

    rate: str
    frames: int
    ready_cut: bool
    spans: tuple[tuple[int, int], ...]


def open_recording(recording: Recording) -> Opened:
    """Measure a recording, write its sound and features, and plan the spans.

    Raises
    ------
    Audio2VideoError
        The recording can't be used.
    """
    known = read_opened(recording)
    if known is not None:
        return known
    with VideoReader(recording.path) as reader:
        info = reader.info
    remove(recording.work)
    with replacing(recording.work) as folder:
        folder.mkdir(parents=True)
        extract_sound(recording.path, folder / "sound.wav")
        _, pcm = wavfile.read(folder / "sound.wav", mmap=True)
        np.save(folder / "features.npy", recording_features(pcm), allow_pickle=False)
        activity = recording_activity(pcm, info.rate, info.frames)
        np.save(folder / "activity.npy", activity, allow_pickle=False)
        ready_cut = info.duration <= recording.ready_cut
        spans = (
            [(0, info.frames)]
            if ready_cut
            else cut_spans(activity, info.rate, SPAN_SECONDS, SPAN_SLACK)
        )
        found = Opened(str(info.rate), info.frames, ready_cut, tuple(spans))
        write_json(folder / "opened.json", {"key": recording.key, **vars(found)})
    return found


def read_opened(recording: Recording) -> Opened | None:
    """Read the stored properties of a recording, if an earlier run left them."""
    path = recording.work / "opened.json"
    if not path.is_file():
        return None
    try:
        content = read_json(path)
        frames, rate = int(content["frames"]), str(as_rate(content["rate"]))
        spans = tuple((int(first), int(end)) for first, end in content["spans"])
        if content["key"] != recording.key:
            return None
        if not all(0 <= first < end <= frames for first, end in spans):
            return None
        return Opened(rate, frames, bool(content["ready_cut"]), spans)
    except (BadFileError, KeyError, TypeError, ValueError, OverflowError):
        return None


def follow_span(recording: Recording, number: int) -> None:
    """Track the face through one span and label its frames.

    Raises
    ------
    Audio2VideoError
        The result can't be written, or the landmark model is gone. A video that can't be decoded
        here is noted in the result.
    """
    product = recording.span_file(number)
    opened = read_opened(recording)
    if opened is None:
        raise BadFileError("not opened yet, or by another run", path=recording.work)
    if product.is_file():
        return
    cv2.setNumThreads(1)  # one process a core; threads inside would only get in each other's way
    first, end = opened.spans[number]
    try:
        arrays = _span(recording, first, end)
    except BadFileError as error:
        if opened.ready_cut or error.path != recording.path:
            raise
        arrays = {"damaged": np.array(error.problem)}
    with replacing(product) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_span(recording: Recording, number: int) -> dict[str, NDArray[Any]]:
    """Read the result of `follow_span`: arrays by name."""
    arrays = read_arrays(recording.span_file(number), (), made_by=MADE_BY)
    missing = [name for name in SPAN_ARRAYS if name not in arrays]
    if missing and "damaged" not in arrays:
        raise BadFileError(
            f"has no array '{missing[0]}'",
            path=recording.span_file(number),
            hint=f"{MADE_BY} makes it again with --force True",
        )
    return arrays


def _span(recording: Recording, first: int, end: int) -> dict[str, NDArray[Any]]:
    from ...face.tracking import track_face

    watch = _Watch(recording)
    reader = _reader(recording.path, recording.path.stat().st_mtime_ns)
    rate = reader.info.rate
    other_faces = np.zeros(end - first, np.int16)
    faces: list[TrackedFace] = []
    frames = watch.pass_on(reader.read(range(first, end)))
    for k, face in enumerate(track_face(frames, _finder(recording.landmark_model))):
        faces.append(face)
        other_faces[k] = face.other_faces
        watch.look(k, face.landmarks, float(rate))
    track: FaceTrack = build_track(faces)
    seen = np.array([face.landmarks is not None for face in faces], bool)
    activity = read_activity(recording)[first:end]
    return {
        "labels": label_frames(track, seen, other_faces, activity, rate),
        "borders": track.starts | np.isin(np.arange(len(track)), watch.shots.cuts),
        "usable": track.usable,
        "starts": track.starts,
        "mouth": track.mouth,
        "landmarks": track.landmarks,
        "portrait_frames": np.array(watch.portrait_frames, np.int64),
        "portraits": np.array(watch.portraits, np.float32).reshape(-1, 128),
    }


def read_activity(recording: Recording) -> NDArray[Any]:
    """Read the speech activity that `open_recording` stored."""
    return read_array(recording.work / "activity.npy", (None,), made_by=MADE_BY)


class _Watch:
    """Looks at the frames on their way to the tracker: for cuts, and for who it is."""

    def __init__(self, recording: Recording) -> None:
        from .shots import ShotDetector

        self.portrait_frames: list[int] = []
        self.portraits: list[NDArray[np.float64]] = []
        self.shots = ShotDetector()
        self._describer = _describer() if recording.portrait is not None else None
        self._frame: Frame | None = None

    def pass_on(self, frames: Iterator[Frame]) -> Iterator[NDArray[np.uint8]]:
        for frame in frames:
            self.shots.look(frame)
            self._frame = frame
            yield frame.gray()

    def look(self, number: int, landmarks: NDArray[np.float64] | None, rate: float) -> None:
        if self._describer is None or landmarks is None or self._frame is None:
            return
        if self.portrait_frames and number - self.portrait_frames[-1] < PORTRAIT_EVERY * rate:
            return
        self.portrait_frames.append(number)
        self.portraits.append(self._describer.describe(self._frame.rgb(), landmarks))


@lru_cache(maxsize=1)
def _finder(model: Path | None) -> FaceFinder:
    """Load the model once a worker: it takes as long as half a clip."""
    from ...models.face_models import load_face_finder

    return load_face_finder(model)


@lru_cache(maxsize=1)
def _describer() -> FaceDescriber:
    from ...models.face_models import load_face_describer

    return load_face_describer()


@lru_cache(maxsize=1)
def _reader(path: Path, changed: int) -> VideoReader:
    """Keep the reader of the recording at hand: to index an hour of video takes seconds."""
    return VideoReader(path)


def discard_work(recording: Recording) -> None:
    """Remove unfinished work."""
    remove(recording.work)


def as_reason(error: Audio2VideoError) -> str:
    """Put why a recording can't be used in one line."""
    return " ".join(error.problem.split())
