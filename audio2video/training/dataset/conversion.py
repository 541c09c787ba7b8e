"""A published feature set brought into the layout that step 1 reads; the originals stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import Audio2VideoError
from ...progress import Progress
from ...storage.files import content_key, file_hash, replacing, write_json
from ...storage.workspace import Workspace
from ..corpus import fragment_name, recording_features, recording_record
from .corpus_report import CorpusReport
from .fragments import RecordingResult, read_outcome, refuse_foreign, remove_further, write_fragment
from .published import (
    PREFIX,
    RATE,
    PublishedSet,
    on_our_clock,
    read_basis,
    read_features,
    read_mouth,
    set_scale,
)
from .recording import as_reason
from .statistics import write_statistics

SPEAKER = "published"
FORMAT = 1
"""Raised when the way sets are converted changes."""


def convert_published(
    workspace: Workspace,
    published: PublishedSet,
    report: CorpusReport,
    progress: Progress,
    *,
    force: bool,
) -> CorpusReport:
    """Convert every video of a published set, and fit the shape basis.

    Writes ``raw/mfcc/published_<link>.npy`` and ``raw/fids/published_<link>}}<nn>/`` as for other
    corpora, without sound and landmarks. Videos that are damaged are reported and left out.

    Raises
    ------
    Audio2VideoError
        The shape basis is missing, or nothing of the set can be used.
    """
    basis = read_basis(published, workspace.root)
    failed: dict[str, str] = {}
    paths = {}
    for link in published.fragments:
        try:
            read_features(published.features(link))
            paths[link] = published.features(link)
        except Audio2VideoError as error:
            failed[link] = as_reason(error)
    mean, spread = set_scale(read_features(path) for path in paths.values())
    fragments: list[str] = []
    for link in progress.follow(paths, "converting", len(paths), "video"):
        key = content_key(
            {
                "format": FORMAT,
                "features": file_hash(paths[link]),
                "fragments": {
                    f"{fragment.number}/{path.name}": file_hash(path)
                    for fragment in published.fragments[link]
                    for path in sorted(fragment.folder.iterdir())
                    if path.is_file()
                },
                "scale": [mean.tolist(), spread.tolist()],
                "basis": basis.tolist(),
            }
        )
        outcome = None if force else read_outcome(workspace, PREFIX + link, key)
        if outcome is None:
            try:
                outcome = _convert(workspace, published, link, key, (mean, spread, basis))
            except Audio2VideoError as error:
                failed[link] = as_reason(error)
                continue
            report.count += 1
        fragments += outcome.fragments
        if outcome.thrown:
            failed[link] = outcome.thrown
    report.unit = "video"
    report.facts = {
        "recordings": len(published.fragments),
        "fragments": len(fragments),
        "features": "published",
    }
    if failed:
        report.table = [("video", "what can't be used, and why"), *sorted(failed.items())]
    if not fragments:
        first = next(iter(failed.values()))
        raise Audio2VideoError(
            f"nothing of the published set can be used (the first: {first})", path=published.root
        )
    write_statistics(workspace, fragments, "published")
    return report


def _convert(
    workspace: Workspace,
    published: PublishedSet,
    link: str,
    key: str,
    scale: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> RecordingResult:
    mean, spread, basis = scale
    name = PREFIX + link
    refuse_foreign(workspace, name)
    features = on_our_clock(read_features(published.features(link)), mean, spread)
    recording_record(workspace, name).unlink(missing_ok=True)
    with replacing(recording_features(workspace, name)) as temporary:
        np.save(temporary, features, allow_pickle=False)
    made: list[str] = []
    frames = 0
    damaged: list[str] = []
    for fragment in published.fragments[link]:
        try:
            mouth, first = read_mouth(published, fragment, basis)
        except Audio2VideoError as error:
            damaged.append(f"fragment {fragment.number}: {as_reason(error)}")
            continue
        clip_id = fragment_name(name, len(made))
        info = {
            "source": fragment.folder.name,
            "recording": name,
            "speaker": SPEAKER,
            "rate": str(RATE),
            "first_frame": first,
            "frames": len(mouth),
            "start": round(float(first / RATE), 6),
        }
        write_fragment(workspace, clip_id, mouth, info)
        made.append(clip_id)
        frames += len(mouth)
    remove_further(workspace, name, len(made))
    outcome = RecordingResult(made, round(float(frames / RATE), 3), True, "; ".join(damaged), None)
    write_json(
        recording_record(workspace, name),
        {"key": key, "source": link, "speaker": SPEAKER, "sound": False, "outcome": vars(outcome)},
    )
    if not made:
        raise Audio2VideoError("; ".join(damaged))
    return outcome
