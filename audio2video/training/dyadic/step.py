"""Step 0 for listeners: from clips of two people to a trained listener."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ...config import Config
from ...errors import Audio2VideoError, BadFileError
from ...listening.predictor import DyadicClip, train_listener
from ...models.listener_file import save_listener
from ...progress import Progress
from ...storage.artifacts import build_if_stale, read_record
from ...storage.files import content_key
from ...storage.workspace import Workspace
from ..dataset.corpus_report import CorpusReport
from .clips import prepare_clip
from .pairs import LAYOUT, find_pairs
from .published import is_published, read_published

FORMAT = 1
"""Raised when listeners are trained otherwise."""


def prepare_listener(workspace: Workspace, config: Config, progress: Progress) -> CorpusReport:
    """Prepare all clips and train a listener on them.

    Writes ``reference/dyadic/<clip>.npz`` and ``train/listener/listener.npz``. What is done already
    is skipped; a clip that can't be used is reported and does not stop the rest.

    Parameters
    ----------
    workspace : Workspace
    config : Config
        Its `dyadic` names the folder.
    progress : Progress

    Raises
    ------
    Audio2VideoError
        There is no such folder, or too little in it can be used.
    """
    folder = config.listening.dyadic
    assert folder is not None
    clips = _clips(workspace, folder, config, progress)
    if not clips:
        raise BadFileError("no dyadic clip in it can be used", path=folder, hint=LAYOUT)
    product = workspace.listener()
    seed = config.training.seed

    def build(path: Path) -> dict[str, Any]:
        progress.note("training a listener")
        try:
            model, told = train_listener(clips, seed=seed)
        except ValueError as error:
            raise BadFileError(
                str(error), path=folder, hint="half a minute is the least, an hour is better"
            ) from error
        save_listener(model, path)
        return {
            "clips": len(clips),
            "epochs": told.epochs,
            "loss": round(told.loss, 4),
            "held_out_loss": round(told.held_loss, 4),
            "unigram_loss": round(told.unigram_loss, 4),
            "codebook_spread_left": round(told.spread_left, 4),
        }

    key = content_key({"clips": [_key(clip) for clip in clips]})
    build_if_stale(
        product,
        {"format": FORMAT, "clips": key, "seed": seed},
        build,
        progress,
        force=config.machine.force,
    )
    names = ("epochs", "loss", "held_out_loss", "unigram_loss", "codebook_spread_left")
    record = read_record(product) or {}
    facts = {name: record.get(name) for name in names}
    if (facts["held_out_loss"] or 0) >= (facts["unigram_loss"] or 0):
        progress.warn(
            "what the listener does could not be told from the speaker on the clips held out: more "
            "clips are needed; until then the published rule is used, unless --listener_model "
            "names this one"
        )
    report = CorpusReport()
    report.count, report.unit, report.facts = len(clips), "clip", facts
    return report


def _clips(
    workspace: Workspace, folder: Path, config: Config, progress: Progress
) -> list[DyadicClip]:
    if folder.is_dir() and is_published(folder):
        progress.warn(
            f"{folder}: read by the published description of the layout, which was never tried on "
            "the original files"
        )
        return read_published(folder)
    clips = []
    pairs = find_pairs(folder)
    for pair in progress.follow(pairs, "preparing dyadic clips", len(pairs)):
        try:
            clip, _ = prepare_clip(workspace, pair, config.analysis, config.machine, progress)
        except Audio2VideoError as error:
            progress.warn(f"{pair.name} is left out: {error}")
            continue
        clips.append(clip)
    return clips


def _key(clip: DyadicClip) -> str:
    return hashlib.sha256(clip.done.tobytes() + clip.features().tobytes()).hexdigest()
