"""One measurement: what was timed, how often, and beside what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass
class Measurement:
    """Times of one stage.

    Parameters
    ----------
    name : str
    unit : str
        What is counted: 'texture', 'path', 'frame', 'second of video'.
    count : float
        How many of them one repetition makes.
    seconds : list of float
        Wall time of each repetition.
    plain_seconds : list of float
        Wall time of each repetition of the plain twin; empty where there is none.
    equal : bool, optional
        Whether the twin gave the same result, bit for bit.
    facts : dict
        Sizes and the like, to tell what the figures are of.
    """

    name: str
    unit: str
    count: float
    seconds: list[float] = field(default_factory=list)
    plain_seconds: list[float] = field(default_factory=list)
    equal: bool | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Units made in a second, by the median repetition."""
        return self.count / median(self.seconds)

    @property
    def ratio(self) -> float | None:
        """How many times longer the plain twin takes, median against median."""
        return median(self.plain_seconds) / median(self.seconds) if self.plain_seconds else None

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain JSON types."""
        return {
            "name": self.name,
            "unit": self.unit,
            "count": self.count,
            "seconds": self.seconds,
            "median_seconds": median(self.seconds),
            "per_second": self.per_second,
            "plain_seconds": self.plain_seconds,
            "times_plain": self.ratio,
            "equal": self.equal,
            "facts": self.facts,
        }


def seconds_of(work: Callable[[], Any]) -> float:
    """Wall time that some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
