"""The face that every step has, and where each step is found."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .job import Job
    from .report import StepReport

STEP_NAMES = ("dataset", "lipsync", "texture", "retiming", "compositing")
"""Module of each step, by its number."""

STEPS = tuple(range(len(STEP_NAMES)))
VIDEO_STEPS = STEPS[1:]
"""Steps that make a video; step 0 prepares a corpus for training."""


class Step(Protocol):
    """A numbered stage of the pipeline.

    A module in ``pipeline/steps`` is a step: its `NAME` is what reports call it, and `run` does the
    work. Steps share nothing but the `Job`; none imports another.
    """

    NAME: str

    def run(self, job: Job) -> StepReport:
        """Make this step's products, or find them up to date.

        Parameters
        ----------
        job : Job
            Speech, target, pass and configuration, resolved once for all steps.

        Raises
        ------
        Audio2VideoError
            An input is missing or can't be used.
        """


def load_step(number: int) -> Step:
    """Import a step; each brings heavy libraries that the others do not need."""
    step: Step = import_module(f".steps.{STEP_NAMES[number]}", __package__)
    return step
