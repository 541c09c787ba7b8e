"""Step 0: from a folder of talking-head clips to features, mouth shapes and the shape basis."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import Audio2VideoError, BadFileError, MissingFileError
from ..face.smoothing import unbroken_stretches
from ..face.track import build_track
from ..files import content_key, file_hash, read_json, replacing, write_json
from ..media.audio import read_audio
from ..media.video import VideoReader
from ..mouth.basis import fit_basis
from ..mouth.shapes import closed_mouth_reference, relative_shapes, without_drift
from ..options import Options
from ..progress import Progress
from ..speech.features import speech_features
from ..workspace import Workspace
from .corpus import Clip, clip_features, clip_folder, clip_index, read_clip
from .landmark_model import landmark_model_key
from .report import StepReport

if TYPE_CHECKING:
    from ..face.detection import FaceFinder

NAME = "dataset"
FORMAT = 1
"""Raised when the way clips are prepared changes, so that old ones are made again."""

VIDEO_SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"),
    *(".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
)
"""What counts as a clip; other files in a corpus folder (lists, licences) are passed over."""

MIN_SECONDS = 0.5
"""A shorter sighting of the face is of no use for training."""


@dataclass(frozen=True)
class Source:
    """A clip of the corpus.

    Parameters
    ----------
    clip_id : str
    speaker : str
    path : Path
    """

    clip_id: str
    speaker: str
    path: Path

    def key(self, model_key: str) -> str:
        """Key of all that the prepared clip depends on; reads the whole file."""
        return content_key(
            {
                "format": FORMAT,
                "clip": file_hash(self.path),
                "speaker": self.speaker,
                "landmark_model": model_key,
            }
        )


def run(workspace: Workspace, options: Options, progress: Progress) -> StepReport:
    """Prepare every clip of ``options.corpus`` and fit the shape basis.

    Writes ``raw/mfcc/<id>.npy``, ``raw/fids/<id>/`` and ``reference/``. Clips that are done already
    are skipped; clips that can't be used are reported and do not stop the others.

    Raises
    ------
    Audio2VideoError
        There is no corpus, or no clip of it can be used.
    """
    sources = find_sources(options.corpus)
    report = StepReport(NAME, "clip")
    model_key = landmark_model_key(options)
    keys = {source.clip_id: source.key(model_key) for source in sources}
    known = {} if options.force else _known_failures(workspace)
    failed = {i: known[key] for i, key in keys.items() if key in known}
    todo = [
        source
        for source in sources
        if source.clip_id not in failed
        and (options.force or not _is_done(workspace, source.clip_id, keys[source.clip_id]))
    ]
    for source, reason in _prepare_all(workspace, options, todo, keys, progress):
        if reason is not None:
            failed[source.clip_id] = reason
    report.count = len(todo)
    rows = {i: {"why": why, "key": keys[i]} for i, why in sorted(failed.items())}
    write_json(_failures_path(workspace), {"clips": rows})
    done = [source for source in sources if source.clip_id not in failed]
    report.facts = {"clips": len(sources), "usable": len(done), "unusable": len(failed)}
    if failed:
        report.table = [("clip that can't be used", "why"), *sorted(failed.items())]
    if not done:
        first = next(iter(failed.values()))
        raise Audio2VideoError(
            f"none of the {len(sources)} clips can be used (the first: {first})",
            path=options.corpus,
        )
    _write_statistics(workspace, done)
    return report


def find_sources(corpus: Path | None) -> list[Source]:
    """List the clips of a corpus; each folder is one speaker.

    Raises
    ------
    MissingFileError
        The corpus is not given, not there, or holds no media file.
    """
    if corpus is None:
        raise MissingFileError("step 0 needs a corpus", hint="give --corpus DIR")
    if not corpus.is_dir():
        raise MissingFileError("corpus folder not found", path=corpus, hint="check --corpus")
    sources: dict[str, Source] = {}
    for path in sorted(corpus.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(corpus).parts)
        if hidden or path.suffix.lower() not in VIDEO_SUFFIXES or not path.is_file():
            continue
        parts = path.relative_to(corpus).with_suffix("").parts
        clip_id = "_".join(parts)
        if clip_id in sources:
            raise Audio2VideoError(
                f"has the same id '{clip_id}' as {sources[clip_id].path.name}",
                path=path,
                hint="rename one of them",
            )
        sources[clip_id] = Source(clip_id, "_".join(parts[:-1]) or corpus.resolve().name, path)
    if not sources:
        raise MissingFileError("no video in the corpus folder", path=corpus, hint="check --corpus")
    return list(sources.values())


def _is_done(workspace: Workspace, clip_id: str, key: str) -> bool:
    info = clip_folder(workspace, clip_id) / "clip.json"
    if not (info.is_file() and clip_features(workspace, clip_id).is_file()):
        return False
    try:
        return bool(read_json(info).get("key") == key)
    except BadFileError:
        return False


def _failures_path(workspace: Workspace) -> Path:
    return workspace.root / "log" / "dataset-unusable.json"


def _known_failures(workspace: Workspace) -> dict[str, str]:
    """Why clips could not be used in an earlier run, by their keys."""
    try:
        rows = read_json(_failures_path(workspace))["clips"]
        return {row["key"]: row["why"] for row in rows.values()}
    except (BadFileError, KeyError, AttributeError, TypeError):
        return {}


def _prepare_all(
    workspace: Workspace,
    options: Options,
    todo: list[Source],
    keys: dict[str, str],
    progress: Progress,
) -> Iterator[tuple[Source, str | None]]:
    """Prepare clips in worker processes; yields each with the reason it failed, if it did."""
    progress.update("dataset", 0, len(todo), "clip")
    if not todo:
        return
    workers = min(options.nthreads, len(todo))
    # Started afresh: a fork of a process with running threads may hang.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
    try:
        waiting: dict[Future[str | None], Source] = {}
        queue = iter(todo)
        finished = 0
        while finished < len(todo):
            # Only a few tasks are out at a time, so that a cancelled run ends soon.
            while len(waiting) < 2 * workers and (source := next(queue, None)) is not None:
                task = pool.submit(_prepare, workspace, source, keys[source.clip_id], options)
                waiting[task] = source
            for task in wait(waiting, return_when=FIRST_COMPLETED).done:
                finished += 1
                yield waiting.pop(task), task.result()
                progress.update("dataset", finished, len(todo), "clip")
    except BrokenProcessPool as error:
        raise Audio2VideoError(
            "a worker process was ended from outside (out of memory?)",
            hint="run the step again, it goes on where it stopped; fewer --nthreads need less",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    import cv2

    # One process a core; threads inside would only get in each other's way.
    cv2.setNumThreads(1)


def _prepare(workspace: Workspace, source: Source, key: str, options: Options) -> str | None:
    """Prepare one clip; returns why it can't be used, or None."""
    try:
        prepare_clip(workspace, source, key, options)
    except Audio2VideoError as error:
        return " ".join(error.problem.split())
    return None


def prepare_clip(workspace: Workspace, source: Source, key: str, options: Options) -> None:
    """Write the features and mouth shapes of one clip, and the key of what they depend on.

    Raises
    ------
    Audio2VideoError
        The clip can't be used.
    """
    from ..face.tracking import track_face

    samples = read_audio(source.path)
    finder = _finder(options.landmark_model)
    with VideoReader(source.path) as reader:
        rate = reader.info.rate
        found = [face.landmarks for face in track_face((f.gray() for f in reader.read()), finder)]
    track = build_track(found)
    stretches = unbroken_stretches(track.usable, track.starts)
    if not stretches:
        raise Audio2VideoError("no face in the whole video", path=source.path)
    best = max(stretches, key=lambda run: run.stop - run.start)
    if (best.stop - best.start) / rate < MIN_SECONDS:
        raise Audio2VideoError(
            f"the face is never in view for {MIN_SECONDS} s at a time", path=source.path
        )
    features = speech_features(samples)
    # Features first: the folder with clip.json, renamed into place last, says that all is there.
    with replacing(clip_features(workspace, source.clip_id)) as temporary:
        np.save(temporary, features, allow_pickle=False)
    with replacing(clip_folder(workspace, source.clip_id)) as folder:
        folder.mkdir()
        np.save(folder / "mouth.npy", track.mouth[best], allow_pickle=False)
        np.save(folder / "landmarks.npy", track.landmarks[best], allow_pickle=False)
        write_json(
            folder / "clip.json",
            {
                "key": key,
                "source": source.path.name,
                "speaker": source.speaker,
                "rate": str(rate),
                "first_frame": best.start,
                "frames": best.stop - best.start,
                "frames_in_video": len(track),
            },
        )


@lru_cache(maxsize=1)
def _finder(model: Path | None) -> FaceFinder:
    """Load the model once a worker: it takes as long as half a clip."""
    from ..face.detection import FaceFinder

    return FaceFinder(model)


def _write_statistics(workspace: Workspace, done: list[Source]) -> None:
    """Fit the shape basis over all clips and measure each speaker's closed mouth."""
    clips = [read_clip(workspace, source.clip_id) for source in done]
    by_speaker: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        by_speaker[clip.speaker].append(clip)
    speakers = sorted(by_speaker)
    centres, references, relative = [], [], []
    for speaker in speakers:
        shapes = [clip.mouth for clip in by_speaker[speaker]]
        centre = np.mean([mouth.mean(axis=(0, 1)) for mouth in shapes], axis=0)
        mouths = np.concatenate([without_drift(mouth, centre) for mouth in shapes])
        reference = closed_mouth_reference(mouths)
        centres.append(centre)
        references.append(reference)
        relative.append(relative_shapes(mouths, reference))
    everything = np.concatenate(relative)
    basis = fit_basis(everything)
    product = workspace.root / "reference" / "shapes.npz"
    with replacing(product) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            mean=basis.mean,
            components=basis.components,
            variance=basis.variance,
            speakers=np.array(speakers),
            references=np.array(references),
            centres=np.array(centres),
        )
    kept = basis.variance.sum() / everything.reshape(-1, 40).var(axis=0).sum()
    write_json(
        clip_index(workspace),
        {
            "clips": {clip.clip_id: clip.speaker for clip in clips},
            "seconds": round(float(sum(len(c.mouth) / c.rate for c in clips)), 2),
            "variance_kept_by_basis": round(float(kept), 6),
        },
    )
