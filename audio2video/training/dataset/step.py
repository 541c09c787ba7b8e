"""Step 0: from a corpus of talking-head videos to features, mouth shapes and the shape basis."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ...config import AnalysisConfig, DatasetConfig, MachineConfig
from ...errors import Audio2VideoError, BadFileError
from ...progress import Progress
from ...storage.files import content_key, file_hash, read_json, write_json
from ...storage.workspace import Workspace
from ...target.landmark_model import landmark_model_key
from .conversion import convert_published
from .corpus_report import CorpusReport
from .download import download
from .fragments import RecordingResult, read_outcome
from .preparation import prepare_all
from .published import find_published
from .recording import Recording
from .sources import Source, corpus_path, listed_files, read_list, sources_in_folder
from .statistics import write_statistics

FORMAT = 5
"""Raised when the way recordings are prepared changes, so that old ones are made again."""

WRITTEN = (
    *(("raw", name) for name in ("fids", "mfcc", "recordings", "unfinished", "video", "wav")),
    ("reference",),
    ("log",),
)
"""Folders of the workspace that this step writes into."""


def prepare_corpus(
    workspace: Workspace,
    dataset: DatasetConfig,
    analysis: AnalysisConfig,
    machine: MachineConfig,
    progress: Progress,
) -> CorpusReport:
    """Prepare every recording of the corpus and fit the shape basis.

    Writes ``raw/mfcc/``, ``raw/wav/``, ``raw/fids/``, ``raw/recordings/`` and ``reference/``. What
    is done already is skipped; what can't be used is reported and does not stop the rest.

    Raises
    ------
    Audio2VideoError
        There is no corpus, or nothing of it can be used.
    """
    report = CorpusReport()
    for folder in WRITTEN:
        workspace.inside(*folder)
    sources, failed, where = _sources(workspace, dataset.corpus, progress)
    if sources is None:
        published = find_published(where)
        assert published is not None
        return convert_published(workspace, published, report, progress, force=machine.force)
    recordings = _recordings(workspace, dataset, analysis.landmark_model, sources, progress)
    known = {} if machine.force else _known_failures(workspace)
    outcomes: dict[str, RecordingResult] = {}
    remembered: dict[str, str] = {}
    todo = []
    for recording in recordings:
        done = None if machine.force else read_outcome(workspace, recording.name, recording.key)
        if recording.key in known:
            failed[recording.name] = remembered[recording.key] = known[recording.key]
        elif done is not None:
            outcomes[recording.name] = done
        else:
            todo.append(recording)
    for recording, outcome, lasting in prepare_all(workspace, dataset, machine, todo, progress):
        if isinstance(outcome, RecordingResult):
            outcomes[recording.name] = outcome
            continue
        failed[recording.name] = outcome
        if lasting:
            remembered[recording.key] = outcome
        _remember(workspace, recordings, remembered)
    _remember(workspace, recordings, remembered)
    with suppress(OSError):  # it is not empty: something is left for another try
        (workspace.root / "raw" / "unfinished").rmdir()
    corpora = {source.name: source.corpus for source in sources}
    return _conclude(workspace, report, where, len(todo), outcomes, failed, corpora)


def _sources(
    workspace: Workspace, given: Path | None, progress: Progress
) -> tuple[list[Source] | None, dict[str, str], Path]:
    """Find the corpus: recordings (None: a published set), what could not be had, and where."""
    if given is None and find_published(workspace.root) is not None:
        return None, {}, workspace.root
    corpus = corpus_path(workspace, given)
    if corpus.is_dir():
        if find_published(corpus) is not None:
            return None, {}, corpus
        return sources_in_folder(corpus), {}, corpus
    entries = read_list(corpus)
    addresses = [entry.target for entry in entries if entry.is_address]
    files, failed = download(workspace, addresses, progress) if addresses else ({}, {})
    sources = listed_files(corpus, entries, files)
    if not sources:
        raise Audio2VideoError(
            f"none of the {len(addresses)} videos can be downloaded "
            f"(the first: {next(iter(failed.values()))})",
            path=corpus,
        )
    return sources, failed, corpus


def _recordings(
    workspace: Workspace,
    dataset: DatasetConfig,
    model: Path | None,
    sources: list[Source],
    progress: Progress,
) -> list[Recording]:
    """Put together all that each recording's preparation depends on; reads the files whole."""
    portrait = _portrait(dataset.speaker, model)
    if model is not None:
        from ...models.face_models import load_face_finder

        load_face_finder(model)  # what can't be used is refused once, not for every recording
    model_key = landmark_model_key(model)
    recordings = []
    for source in progress.follow(sources, "looking for changes", len(sources), "recording"):
        key = content_key(
            {
                "format": FORMAT,
                "video": file_hash(source.path),
                "speaker": source.speaker,
                "landmark_model": model_key,
                "portrait": portrait,
                "ready_cut": dataset.ready_cut,
            }
        )
        recordings.append(
            Recording(
                workspace.root.resolve(),
                source.name,
                source.speaker,
                source.path.resolve(),
                key,
                dataset.ready_cut,
                None if model is None else model.resolve(),
                portrait,
            )
        )
    return recordings


def _portrait(speaker: Path | None, model: Path | None) -> tuple[float, ...] | None:
    if speaker is None:
        return None
    from .portrait import read_portrait

    return read_portrait(speaker, model)


def _failures_path(workspace: Workspace) -> Path:
    return workspace.root / "log" / "dataset-unusable.json"


def _known_failures(workspace: Workspace) -> dict[str, str]:
    """Why recordings could not be used in an earlier run, by their keys."""
    try:
        rows = read_json(_failures_path(workspace))["clips"]
        return {row["key"]: row["why"] for row in rows.values()}
    except (BadFileError, KeyError, AttributeError, TypeError):
        return {}


def _remember(workspace: Workspace, recordings: list[Recording], reasons: dict[str, str]) -> None:
    rows = {
        recording.name: {"why": reasons[recording.key], "key": recording.key}
        for recording in recordings
        if recording.key in reasons
    }
    write_json(_failures_path(workspace), {"clips": rows})


def _conclude(
    workspace: Workspace,
    report: CorpusReport,
    where: Path,
    count: int,
    outcomes: dict[str, RecordingResult],
    failed: dict[str, str],
    corpora: dict[str, str],
) -> CorpusReport:
    """Write the index and the report."""
    report.count = count
    fragments = sorted(clip_id for o in outcomes.values() for clip_id in o.fragments)
    report.facts = {
        "recordings": len(outcomes) + len(failed),
        "usable": len(outcomes),
        "unusable": len(failed),
        "fragments": len(fragments),
        "seconds": round(sum(outcome.seconds for outcome in outcomes.values()), 1),
    }
    rows = dict(failed)
    for name, outcome in outcomes.items():
        if not outcome.ready_cut or outcome.thrown:
            rows[name] = _summary(outcome)
    if rows:
        report.table = [("recording", "what came of it"), *sorted(rows.items())]
    if not outcomes:
        first = next(iter(failed.values()))
        raise Audio2VideoError(
            f"none of the {len(failed)} recordings can be used (the first: {first})", path=where
        )
    write_statistics(workspace, fragments, "audio2video", corpora)
    return report


def _summary(outcome: RecordingResult) -> str:
    parts = [f"{len(outcome.fragments)} fragments, {outcome.seconds:.1f} s"]
    if outcome.offset is not None:
        how = "late" if outcome.offset > 0 else "early"
        parts.append(f"sound {abs(outcome.offset) * 1000:.0f} ms {how}: corrected")
    if outcome.thrown:
        parts.append(f"left out: {outcome.thrown}")
    return "; ".join(parts)
