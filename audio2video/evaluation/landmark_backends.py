"""Landmark backends over the same clips: time, agreement, jitter, failures."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .. import __version__
from .._typing import F64, Mask
from ..errors import Audio2VideoError, BadFileError
from ..face.backend import BACKENDS, Backend
from ..face.detection import DETECTION_SIDE, FaceBox, box_of
from ..face.layout import LOWER_INNER_LIP, MOUTH, UPPER_INNER_LIP, eye_centres
from ..face.track import build_track
from ..face.tracking import MIN_OVERLAP, TrackedFace, overlap, track_face
from ..media.video import VideoReader
from ..models.face_models import load_backend
from ..progress import Progress
from ..storage.files import replacing, write_json
from .plots_landmarks import plot_backends

STILL_POINTS = (*range(27, 36), 36, 39, 42, 45)
"""Points whose jitter is measured: nose and corners of the eyes, which no expression moves far."""

STILL = 0.01
"""Motion of these points between two frames, in inter-ocular distances, up to which a head is
still, as seen in the picture."""

LEAST_STILL = 10
"""Still frames of a clip that jitter is measured in, at least."""

LEAST_SHARED = 10
"""Frames that both backends see, from which on openings are compared."""

_SECOND_DIFFERENCE = np.sqrt(6.0)
"""Standard deviation of a second difference of white noise, over that of the noise."""


@dataclass(frozen=True)
class BackendRun:
    """What a backend made of a clip's main face.

    Parameters
    ----------
    faces : tuple of TrackedFace
        Of the T frames.
    seconds : float
        Time of one core in which the backend found faces and placed points.
    """

    faces: tuple[TrackedFace, ...]
    seconds: float

    @property
    def seen(self) -> Mask:
        """Frames with a face, bool (T,)."""
        return np.array([face.landmarks is not None for face in self.faces], bool)

    def points(self) -> F64:
        """Landmarks as the backend gave them, (T, 68, 2); NaN where there is no face."""
        nothing = np.full((68, 2), np.nan)
        given = [nothing if f.landmarks is None else f.landmarks for f in self.faces]
        return np.array(given, np.float64).reshape(-1, 68, 2)

    def steady_points(self) -> F64:
        """Give the same, stabilised."""
        steady = build_track(self.faces).landmarks.astype(np.float64)
        steady[~self.seen] = np.nan
        return steady


@dataclass(frozen=True)
class BackendComparison:
    """Backends over the same clips.

    Parameters
    ----------
    clips : list of dict
        Measures of each clip; see `compare_clip`.
    totals : dict
        By backend: frames, failures, seconds a frame, jitter.
    pairs : dict
        By pair of backends: agreement of the opening.
    failed : dict
        Clips that can't be used, and why.
    openings : dict
        By clip and backend, the opening over time, for the picture.
    """

    clips: list[dict[str, Any]]
    totals: dict[str, dict[str, float | None]]
    pairs: dict[str, dict[str, float | None]]
    failed: dict[str, str]
    openings: dict[str, dict[str, F64]]

    def as_dict(self) -> dict[str, Any]:
        """Everything but the curves as plain JSON types."""
        return {
            "audio2video": __version__,
            "backends": self.totals,
            "agreement": self.pairs,
            "clips": self.clips,
            "failed": self.failed,
        }

    def table(self) -> list[tuple[str, ...]]:
        """Tabulate the totals."""
        rows: list[tuple[str, ...]] = [
            ("backend", "frames", "no face", "ms a frame", "jitter", "jitter, steadied")
        ]
        for name, total in self.totals.items():
            rows.append(
                (
                    name,
                    f"{total['frames']:.0f}",
                    f"{total['without_face']:.0f}",
                    _shown(total["seconds_a_frame"], 1000, 1),
                    _shown(total["jitter"], 1, 4),
                    _shown(total["steady_jitter"], 1, 4),
                )
            )
        return rows

    def agreement_table(self) -> list[tuple[str, ...]]:
        """Tabulate how far the opening of the inner lips agrees."""
        rows: list[tuple[str, ...]] = [("inner lips", "frames", "correlation", "mean difference")]
        for name, pair in self.pairs.items():
            cells = _shown(pair["correlation"], 1, 3), _shown(pair["difference"], 1, 4)
            rows.append((name, f"{pair['frames']:.0f}", *cells))
        return rows


def compare_backends(clips: Sequence[Path], folder: Path, progress: Progress) -> BackendComparison:
    """Run all backends over the same clips, one after the other on one core.

    Writes ``comparison.json``, ``comparison.csv`` (a line a clip and backend) and
    ``comparison.png``.

    Parameters
    ----------
    clips : sequence of Path
    folder : Path
        To write to.
    progress : Progress

    Raises
    ------
    BadFileError
        None of the clips can be used.
    """
    backends = {name: load_backend(name) for name in BACKENDS}
    measured: list[dict[str, Any]] = []
    failed: dict[str, str] = {}
    openings: dict[str, dict[str, F64]] = {}
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        for clip in progress.follow(clips, "comparing backends", len(clips), "clip"):
            try:
                runs = {name: run_backend(clip, one) for name, one in backends.items()}
            except Audio2VideoError as error:
                failed[str(clip)] = str(error)
                progress.warn(str(error))
                continue
            measured.append({"clip": clip.name, **compare_clip(runs)})
            shown = clip.name if clip.name not in openings else str(clip)
            openings[shown] = {name: opening(run.points()) for name, run in runs.items()}
    finally:
        cv2.setNumThreads(before)
    if not measured:
        path = clips[0] if len(clips) == 1 else None
        raise BadFileError("no clip can be used", path=path, hint="see the warnings")
    totals = {name: _total(measured, name) for name in BACKENDS}
    pairs = {key: _agreement(measured, key) for key in measured[0]["agreement"]}
    found = BackendComparison(measured, totals, pairs, failed, openings)
    write_json(folder / "comparison.json", found.as_dict())
    with replacing(folder / "comparison.csv") as temporary:
        _write_csv(found, temporary)
    with replacing(folder / "comparison.png") as temporary:
        plot_backends(found.totals, found.pairs, found.openings, temporary)
    return found


def run_backend(clip: Path, backend: Backend) -> BackendRun:
    """Follow the main face of a clip with a backend, and time it."""
    timed = _Timed(backend)
    with VideoReader(clip) as reader:

        def grays() -> Iterator[NDArray[np.uint8]]:
            for index, frame in enumerate(reader.read()):
                gray = frame.gray()
                if index == 0:
                    # Compilers and caches are warm then.
                    for box in backend.detect(gray)[:1]:
                        backend.landmarks(gray, box)
                yield gray

        faces = tuple(track_face(grays(), timed))
    return BackendRun(faces, timed.seconds)


class _Timed:
    """A backend whose time is taken, of the one thread that it runs in."""

    def __init__(self, backend: Backend) -> None:
        self._backend, self.seconds = backend, 0.0

    def detect(
        self, gray: NDArray[np.uint8], least: float = 0.0, side: int = DETECTION_SIDE
    ) -> list[FaceBox]:
        """See `FaceDetector.detect`."""
        began = time.thread_time()
        found = self._backend.detect(gray, least, side)
        self.seconds += time.thread_time() - began
        return found

    def landmarks(self, gray: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
        """See `FaceFinder.landmarks`."""
        began = time.thread_time()
        found = self._backend.landmarks(gray, box)
        self.seconds += time.thread_time() - began
        return found


def compare_clip(runs: dict[str, BackendRun]) -> dict[str, Any]:
    """Measure what backends made of one clip.

    Parameters
    ----------
    runs : dict of BackendRun
        By backend; all of T frames.

    Returns
    -------
    dict
        ``backends``: of each, frames, frames without a face, seconds a frame, and jitter in
        inter-ocular distances (None where the head is hardly ever still). ``agreement``: of each
        pair, frames that both see in one place, and correlation and mean difference of the opening
        of the inner lips, in inter-ocular distances.
    """
    still = still_frames(list(runs.values()))
    backends = {
        name: {
            "frames": len(run.faces),
            "without_face": int((~run.seen).sum()),
            "seconds_a_frame": run.seconds / max(len(run.faces), 1),
            "still_frames": int(still.sum()),
            "jitter": jitter(run.points(), still),
            "steady_jitter": jitter(run.steady_points(), still),
        }
        for name, run in runs.items()
    }
    pairs = {
        f"{a} and {b}": _compare_openings(runs[a].points(), runs[b].points())
        for a, b in combinations(runs, 2)
    }
    return {"backends": backends, "agreement": pairs}


def still_frames(runs: Sequence[BackendRun]) -> Mask:
    """Find the frames around which the head is still, and all backends see it; bool (T,).

    The first backend that knows says how the picture moved: that it was followed there.
    """
    count = len(runs[0].faces)
    moving = np.full(count, np.inf)
    for k in range(1, count):
        motion, points = runs[0].faces[k].motion, runs[0].faces[k].landmarks
        if motion is not None and points is not None:
            step = np.linalg.norm(motion.moves[list(STILL_POINTS)], axis=1)
            moving[k] = float(np.median(step)) / max(_unit(points), 1e-9)
    calm = moving <= STILL
    seen = np.logical_and.reduce([run.seen for run in runs])
    still = np.zeros(count, bool)
    still[1:-1] = calm[1:-1] & calm[2:] & seen[:-2] & seen[1:-1] & seen[2:]
    return still


def jitter(points: NDArray[np.floating], still: Mask) -> float | None:
    """Measure how much points that stand still move about.

    Parameters
    ----------
    points : ndarray, shape (T, 68, 2)
    still : ndarray of bool, shape (T,)

    Returns
    -------
    float or None
        Standard deviation of a coordinate, in inter-ocular distances: of the high-pass part of the
        motion (second differences), the median over frames and points. None in fewer than
        `LEAST_STILL` frames.
    """
    frames = np.flatnonzero(still)
    if len(frames) < LEAST_STILL:
        return None
    some = points[:, list(STILL_POINTS)]
    bend = some[frames - 1] - 2 * some[frames] + some[frames + 1]
    eyes = np.diff(eye_centres(points[frames]), axis=1)[:, 0]
    unit = np.linalg.norm(eyes, axis=-1)[:, None]
    size = np.sqrt((bend**2).mean(axis=-1)) / _SECOND_DIFFERENCE / unit
    return float(np.median(size))


def opening(points: NDArray[np.floating]) -> F64:
    """Measure how far inner lips open, across the line of the eyes, by its length; shape (T,)."""
    eyes = eye_centres(points)
    across = eyes[..., 1, :] - eyes[..., 0, :]
    unit = np.linalg.norm(across, axis=-1)
    down = np.stack([-across[..., 1], across[..., 0]], axis=-1) / unit[..., None] ** 2
    mouth = points[..., MOUTH, :]
    gaps = mouth[..., list(LOWER_INNER_LIP), :] - mouth[..., list(UPPER_INNER_LIP), :]
    return np.asarray((gaps * down[..., None, :]).sum(axis=-1).mean(axis=-1), np.float64)


def _compare_openings(a: F64, b: F64) -> dict[str, float | None]:
    both = np.isfinite(a).all(axis=(1, 2)) & np.isfinite(b).all(axis=(1, 2))
    same = [k for k in np.flatnonzero(both) if overlap(box_of(a[k]), box_of(b[k])) >= MIN_OVERLAP]
    found: dict[str, float | None] = {
        "frames": len(same),
        "correlation": None,
        "difference": None,
    }
    if len(same) >= LEAST_SHARED:
        one, other = opening(a[same]), opening(b[same])
        found["difference"] = float(np.abs(one - other).mean())
        if min(one.std(), other.std()) > 0:
            found["correlation"] = float(np.corrcoef(one, other)[0, 1])
    return found


def _unit(points: NDArray[np.floating]) -> float:
    right, left = eye_centres(points)
    return float(np.linalg.norm(left - right))


def _total(clips: Sequence[dict[str, Any]], name: str) -> dict[str, float | None]:
    rows = [clip["backends"][name] for clip in clips]
    frames = sum(row["frames"] for row in rows)
    return {
        "frames": frames,
        "without_face": sum(row["without_face"] for row in rows),
        "seconds_a_frame": sum(row["seconds_a_frame"] * row["frames"] for row in rows) / frames,
        "jitter": _median([row["jitter"] for row in rows]),
        "steady_jitter": _median([row["steady_jitter"] for row in rows]),
    }


def _agreement(clips: Sequence[dict[str, Any]], key: str) -> dict[str, float | None]:
    rows = [clip["agreement"][key] for clip in clips]
    return {
        "frames": sum(row["frames"] for row in rows),
        "correlation": _median([row["correlation"] for row in rows]),
        "difference": _median([row["difference"] for row in rows]),
    }


def _median(values: Sequence[float | None]) -> float | None:
    """Give the median of the clips that have a value."""
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _shown(value: float | None, factor: float, digits: int) -> str:
    return "-" if value is None else f"{factor * value:.{digits}f}"


def _write_csv(found: BackendComparison, path: Path) -> None:
    names = list(found.clips[0]["backends"][BACKENDS[0]])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["clip", "backend", *names])
        for clip in found.clips:
            for backend, row in clip["backends"].items():
                values = ("" if row[name] is None else row[name] for name in names)
                writer.writerow([clip["clip"], backend, *values])
