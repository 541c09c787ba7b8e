"""One person says one thing at a time."""

from __future__ import annotations

import numpy as np

from ..errors import BadFileError
from ..target.speaker_choice import ADVICE
from .job import Job


def refuse_two_voices(job: Job) -> None:
    """Refuse ranges in which one person is to say two things, under a number and without one.

    Raises
    ------
    BadFileError
        Ranges with and without a speaker overlap, and mean the same person.
    Audio2VideoError
        The target can't be used.
    """
    taken: dict[int, list[np.ndarray]] = {}
    for one in job.speakers:
        if one.part is None:
            continue
        person, places = one.target.speaker, one.part.places
        for other in taken.setdefault(person, []):
            both = np.intersect1d(other, places)
            if len(both):
                raise BadFileError(
                    f"person {person} says two things at {float(int(both[0]) / job.rate):.2f} s: "
                    f"one in a range with speaker {person}, one in a range without a speaker",
                    path=job.config.inputs.segments,
                    hint=f"give every range its speaker; {ADVICE}",
                )
        taken[person].append(places)
