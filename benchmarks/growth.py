"""How costs grow with the size of the task: curves and their exponents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Curve:
    """Costs at several sizes of a task.

    Parameters
    ----------
    name, unit : str
        What is measured, and what the size counts.
    sizes : list of float
    series : dict of str to list of float
        Costs at each size, by name: 'wall s', 'CPU s', 'peak MB', 'ms'.
    origin : float
        A small size whose costs are known, too.
    constants : dict of str to float
        These costs. They are taken from the others, and the size from their sizes, before the
        exponent is found: what is spent whatever the size does not count.
    limits : list of dict
        From `Limit.against`.
    facts : dict
    """

    name: str
    unit: str
    sizes: list[float] = field(default_factory=list)
    series: dict[str, list[float]] = field(default_factory=dict)
    origin: float = 0.0
    constants: dict[str, float] = field(default_factory=dict)
    limits: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def add(self, size: float, **costs: float) -> None:
        """Put in the costs of one size; a word ``wall_s`` is the name 'wall s'."""
        self.sizes.append(size)
        for name, cost in costs.items():
            self.series.setdefault(name.replace("_", " "), []).append(cost)

    def exponents(self) -> dict[str, float | None]:
        """Find the power of the size that each cost grows with."""
        return {
            name: exponent(self.sizes, costs, self.origin, self.constants[name])
            if name in self.constants
            else exponent(self.sizes, costs)
            for name, costs in self.series.items()
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain JSON types."""
        return {**vars(self), "exponents": self.exponents()}


def exponent(
    sizes: Sequence[float], costs: Sequence[float], origin: float = 0.0, constant: float = 0.0
) -> float | None:
    """Fit ``cost = constant + a (size - origin)^p`` by least squares of logarithms.

    Parameters
    ----------
    sizes, costs : sequence of float
    origin, constant : float
        A size and its cost; sizes at which no more is spent are left out.

    Returns
    -------
    float or None
        p; None where there are fewer than two sizes.
    """
    points = [
        (size - origin, cost - constant)
        for size, cost in zip(sizes, costs, strict=True)
        if size > origin and cost > constant
    ]
    if len({size for size, _ in points}) < 2:
        return None
    x, y = np.log(np.array(points)).T
    return float(np.polyfit(x, y, 1)[0])
