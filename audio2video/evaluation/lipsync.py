"""Evaluation of a pass: predictions, baselines, and the limit of the shape basis."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._typing import F64
from ..errors import Audio2VideoError, BadFileError, MissingFileError, OptionError
from ..models.encoder_files import load_encoder
from ..models.pass_files import find_network, load_network
from ..mouth.closing import close_lips
from ..mouth.metrics import ClipMeasures, measure_clip, summarise
from ..mouth.phones import Phone, PhoneSums, measure_phones, summarise_phones
from ..mouth.predictor import Predictor
from ..mouth.resampling import at_times
from ..mouth.ridge import Example, Ridge, choose_ridge
from ..progress import Progress
from ..speech.encoder import MFCC
from ..speech.features import FEATURE_RATE
from ..storage.files import read_json, replacing, write_json
from ..storage.workspace import Workspace
from ..training.checkpoint import RETRAIN
from ..training.corpus import (
    ShapeStatistics,
    feature_kind,
    frame_times,
    read_clip,
    read_index,
    read_statistics,
    true_shapes,
)
from .phone_list import read_phones
from .plots_lipsync import (
    plot_distribution,
    plot_measures,
    plot_openings,
    plot_phones,
    plot_scatter,
)
from .results import LipsyncEvaluation
from .samples import Noise, Sample, corpus_samples

SPLITS = ("test", "validation", "training")
UNIT = "closed-mouth widths"

WRITTEN = "step1"
"""Name of the measures of the shapes that step 1 writes: the network's, at rest in long pauses."""

Guess = Callable[[Sample], F64]


@dataclass(frozen=True)
class Question:
    """The pass, clips and noise of a lip-sync evaluation.

    Parameters
    ----------
    pass_id : str
    split : str
        Which of the pass's own clips; one of `SPLITS`.
    clips : Path, optional
        Folder of videos to measure on instead.
    noise : Noise, optional
        Added to the sound before anything is predicted.
    landmark_model : Path, optional
        For `clips`.
    phones : Path, optional
        CSV file of the phones that are said and their times; see `phone_list.read_phones`.
    """

    pass_id: str
    split: str = "test"
    clips: Path | None = None
    noise: Noise | None = None
    landmark_model: Path | None = None
    phones: Path | None = None

    @property
    def name(self) -> str:
        """Name of the folder that the answer goes to."""
        what = self.split if self.clips is None else self.clips.resolve().name[:60] or "clips"
        noise = "" if self.noise is None else f"-{self.noise.kind}{self.noise.snr_db:g}dB"
        return f"{self.pass_id}-{what}{noise}"


@dataclass
class _Answers:
    """Everything that was predicted, clip by clip."""

    measures: dict[str, list[ClipMeasures]] = field(default_factory=dict)
    phones: list[dict[str, PhoneSums]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    recordings: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    rates: list[Fraction] = field(default_factory=list)
    true: list[F64] = field(default_factory=list)
    predicted: list[F64] = field(default_factory=list)
    skipped: list[dict[str, str]] = field(default_factory=list)


def evaluate_lipsync(
    workspace: Workspace, question: Question, progress: Progress | None = None
) -> LipsyncEvaluation:
    """Measure a pass on clips that it was not trained on.

    Writes ``evaluation.json``, ``clips.csv`` and plots into ``output/evaluation/``.

    Parameters
    ----------
    workspace : Workspace
    question : Question
    progress : Progress, optional

    Returns
    -------
    LipsyncEvaluation

    Raises
    ------
    Audio2VideoError
        There is no such pass or corpus, or no clip can be used.
    """
    progress = progress or Progress()
    path = find_network(workspace, question.pass_id)
    network = load_network(path.parent)
    encoder = load_encoder(network, path)
    if question.split not in SPLITS:
        raise OptionError(f"no such split: {question.split!r}", hint=f"use {', '.join(SPLITS)}")
    phones = None if question.phones is None else read_phones(question.phones)
    left_out: dict[str, str] = {}
    ridge: Ridge | None = None
    samples: Iterable[Sample | Audio2VideoError]
    if question.clips is None:
        statistics = pass_statistics(workspace, network, path)
        split = pass_split(workspace, path.parent)
        ids = split[question.split]
        if not ids:
            raise BadFileError(
                f"the pass has no {question.split} clips",
                path=path.parent / "split.json",
                hint="choose another --split",
            )
        samples = corpus_samples(workspace, ids, statistics, encoder, question.noise)
        total = len(ids)
        if network.encoder == MFCC:
            ridge = _ridge(workspace, network, split, statistics, progress)
        else:
            left_out["ridge"] = f"it knows only MFCC, not '{network.encoder.name}'"
    else:
        from .videos import find_videos, video_samples

        if network.features != "audio2video":
            raise BadFileError(
                "trained on published features, which sound can't be turned into here", path=path
            )
        total = len(find_videos(question.clips))
        samples = video_samples(question.clips, question.landmark_model, question.noise, encoder)
        try:
            statistics = pass_statistics(workspace, network, path)
            split = pass_split(workspace, path.parent)
            if network.encoder == MFCC:
                ridge = _ridge(workspace, network, split, statistics, progress)
        except Audio2VideoError as error:
            left_out["ridge"] = f"its training clips are not here ({error.problem})"
    answers = _predict(
        progress.follow(samples, "measuring", total, "clip"), _guesses(network, ridge), phones or {}
    )
    if not answers.names:
        reason = answers.skipped[0]["why"]
        raise BadFileError(
            f"no clip can be used (the first: {reason})", path=question.clips or path.parent
        )
    measures = {name: summarise(clips) for name, clips in answers.measures.items()}
    if ridge is not None:
        measures["ridge"]["alpha"] = ridge.alpha
    folder = workspace.evaluation(question.name)
    result: dict[str, Any] = {
        "pass_id": question.pass_id,
        "kind": network.kind,
        "network": str(path),
        "measured_on": question.split if question.clips is None else str(question.clips),
        "noise": None if question.noise is None else vars(question.noise),
        "clips": len(answers.names),
        "unit": UNIT,
        "measures": measures,
        "groups": _groups(answers),
        "phones": None if phones is None else _by_phone(answers, question),
        "left_out": left_out,
        "skipped": answers.skipped,
        "folder": str(folder),
    }
    _write(folder, answers, measures, result)
    return LipsyncEvaluation.from_dict(result)


def pass_statistics(workspace: Workspace, network: Predictor, path: Path) -> ShapeStatistics:
    """Read the statistics of a corpus of the kind that a pass was trained on.

    Raises
    ------
    BadFileError
        The corpus is of another kind.
    """
    kind = feature_kind(workspace)
    if kind != network.features:
        raise BadFileError(
            f"trained on features of another kind ({network.features}) than the corpus's ({kind})",
            path=path,
            hint="measure it in the workspace that it was trained in",
        )
    return read_statistics(workspace)


def pass_split(workspace: Workspace, folder: Path) -> dict[str, list[str]]:
    """Tell which clips a pass was trained on and chosen with, and which not.

    Raises
    ------
    MissingFileError, BadFileError
        It does not say, is being trained, or its clips are not in the workspace.
    """
    path = folder / "split.json"
    if (folder / "checkpoint.npz").is_file():
        raise BadFileError(
            "the pass is being trained again: these may not be the clips of its finished network",
            path=path,
            hint="let the training end first",
        )
    if not path.is_file():
        raise MissingFileError("the pass does not say which clips it was trained on", path=path)
    split = read_json(path)
    there = set(read_index(workspace))
    for part in SPLITS:
        ids = split.get(part)
        known = isinstance(ids, list) and all(isinstance(i, str) for i in ids)
        if not isinstance(ids, list) or not known or not (ids or part == "test"):
            raise BadFileError(f"lists no {part} clips", path=path, hint=RETRAIN)
        missing = [i for i in ids if i not in there]
        if missing:
            raise MissingFileError(
                f"{len(missing)} of the pass's {len(ids)} {part} clips are not in this workspace "
                f"({missing[0]})",
                path=workspace.root / "raw" / "fids",
                hint="prepare the corpus that it was trained on, or give --clips DIR",
            )
    return {part: list(split[part]) for part in SPLITS}


def _guesses(network: Predictor, ridge: Ridge | None) -> dict[str, Guess]:
    """Name what predicts; each gives relative shapes at a sample's times."""

    def at(sample: Sample, coefficients: NDArray[np.floating]) -> F64:
        shapes = network.basis.decode(coefficients)
        return at_times(shapes, Fraction(network.encoder.rate), sample.times)

    mean = network.basis.decode(network.target_mean)

    def written(sample: Sample) -> F64:
        shapes = at(sample, network.coefficients(sample.features))
        if sample.rest is not None:
            shapes = shapes * (1 - sample.rest)[:, None, None]
        if sample.closing is not None:
            shapes = close_lips(shapes, sample.closing, network.basis)
        return shapes

    guesses: dict[str, Guess] = {
        WRITTEN: written,
        "network": lambda sample: at(sample, network.coefficients(sample.features)),
        "floor": lambda sample: network.basis.decode(network.basis.encode(sample.true)),
        "mean_shape": lambda sample: np.broadcast_to(mean, sample.true.shape),
    }
    if ridge is not None:
        guesses["ridge"] = lambda sample: at(sample, ridge.coefficients(sample.features))
    return guesses


def _ridge(
    workspace: Workspace,
    network: Predictor,
    split: Mapping[str, Sequence[str]],
    statistics: ShapeStatistics,
    progress: Progress,
) -> Ridge:
    """Fit the regression on what the network was trained on, chosen as the network was."""

    def examples(part: str) -> Iterator[Example]:
        for clip_id in split[part]:
            clip = read_clip(workspace, clip_id)
            rows = np.rint(frame_times(clip) * FEATURE_RATE).astype(np.intp)
            heard = rows < len(clip.features)
            targets = network.basis.encode(true_shapes(clip, statistics))
            yield Example(np.asarray(clip.features), rows[heard], targets[heard])

    progress.note("fitting the ridge regression")
    return choose_ridge(list(examples("training")), list(examples("validation")))


def _predict(
    samples: Iterable[Sample | Audio2VideoError],
    guesses: Mapping[str, Guess],
    phones: Mapping[str, Sequence[Phone]],
) -> _Answers:
    answers = _Answers({name: [] for name in guesses})
    for sample in samples:
        if isinstance(sample, Audio2VideoError):
            where = "" if sample.path is None else str(sample.path)
            answers.skipped.append({"clip": where, "why": " ".join(sample.problem.split())})
            continue
        for name, guess in guesses.items():
            shapes = guess(sample)
            clip = measure_clip(shapes, sample.true, sample.rate, sample.speech)
            answers.measures[name].append(clip)
            if name == WRITTEN:
                answers.predicted.append(shapes)
                if said := phones.get(sample.recording):
                    answers.phones.append(_phones_of(sample, shapes, said))
        answers.names.append(sample.name)
        answers.recordings.append(sample.recording)
        answers.groups.append(sample.group)
        answers.rates.append(sample.rate)
        answers.true.append(sample.true)
    return answers


def _phones_of(sample: Sample, shapes: F64, phones: Sequence[Phone]) -> dict[str, PhoneSums]:
    """Measure a clip by phone; the phones are on its recording's clock."""
    first = sample.begin + float(sample.times[0])
    said = [replace(p, start=p.start - first, end=p.end - first) for p in phones]
    return measure_phones(shapes, sample.true, sample.rate, said)


def _groups(answers: _Answers) -> dict[str, Any]:
    """Measures of the shapes that step 1 writes, for each corpus, or folder below the clips'."""
    groups: dict[str, list[ClipMeasures]] = {}
    for group, clip in zip(answers.groups, answers.measures[WRITTEN], strict=True):
        if group:
            groups.setdefault(group, []).append(clip)
    return {group: summarise(clips) for group, clips in sorted(groups.items())}


def _by_phone(answers: _Answers, question: Question) -> dict[str, Any]:
    """Measures by phone.

    Raises
    ------
    BadFileError
        No phone lies in any clip.
    """
    if not any(answers.phones):
        raise BadFileError(
            f"has no phones of the {len(answers.names)} clips measured",
            path=question.phones,
            hint=f"recordings have names such as {answers.recordings[0]!r}",
        )
    return summarise_phones(answers.phones)


def _write(
    folder: Path, answers: _Answers, measures: Mapping[str, Any], result: Mapping[str, Any]
) -> None:
    clips = answers.measures[WRITTEN]
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json(temporary / "evaluation.json", result)
        _write_table(temporary / "clips.csv", answers.names, clips)
        plot_openings(
            answers.names,
            answers.true,
            answers.predicted,
            [float(rate) for rate in answers.rates],
            [clip.opening_correlation for clip in clips],
            temporary / "openings.png",
        )
        plot_distribution(
            [clip.opening_correlation for clip in clips],
            [clip.width_correlation for clip in clips],
            temporary / "correlations.png",
        )
        plot_scatter(answers.true, answers.predicted, temporary / "scatter.png")
        plot_measures(measures, temporary / "measures.png")
        if result["phones"] is not None:
            plot_phones(result["phones"]["phones"], temporary / "phones.png")


def _write_table(path: Path, names: Sequence[str], clips: Sequence[ClipMeasures]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "clip",
                "seconds",
                "opening_correlation",
                "width_correlation",
                "mse",
                "r2",
                "lag_ms",
                "opening_correlation_at_lag",
                "closures_true",
                "closures_predicted",
                "closures_matched",
            ]
        )
        for name, clip in zip(names, clips, strict=True):
            writer.writerow(
                [
                    name,
                    f"{clip.seconds:.3f}",
                    f"{clip.opening_correlation:.4f}",
                    f"{clip.width_correlation:.4f}",
                    f"{clip.mse:.4e}",
                    f"{clip.r2:.4f}",
                    "" if clip.lag is None else f"{1000 * clip.lag:.1f}",
                    f"{clip.opening_correlation_at_lag:.4f}",
                    clip.closures.true,
                    clip.closures.predicted,
                    clip.closures.matched,
                ]
            )
