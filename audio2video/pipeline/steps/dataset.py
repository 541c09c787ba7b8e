"""Step 0: from a corpus of recordings to features, mouth shapes and the shape basis."""

from __future__ import annotations

from ...training.dataset.step import prepare_corpus
from ...training.dyadic.step import prepare_listener
from ..job import Job
from ..report import StepReport

NAME = "dataset"


def run(job: Job) -> StepReport:
    """Prepare every recording of the corpus and fit the shape basis.

    With ``--dyadic`` a listener is trained instead, on clips of two people.

    Raises
    ------
    Audio2VideoError
        There is no corpus, or nothing of it can be used.
    """
    config = job.config
    if config.listening.dyadic is not None:
        made = prepare_listener(job.workspace, config, job.progress)
        return StepReport(NAME, made.unit, made.count, made.facts, made.table)
    corpus = prepare_corpus(
        job.workspace, config.dataset, config.analysis, config.machine, job.progress
    )
    return StepReport(NAME, corpus.unit, corpus.count, corpus.facts, corpus.table)
