"""What a step says of its run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class StepReport:
    """Result of one step.

    Parameters
    ----------
    name : str
    unit : str
        What is counted: 'frame', 'clip', 'epoch'.
    count : int
        How many of them were worked on; 0 when all was up to date.
    facts : dict
        Figures for ``report.json``.
    table : list of tuple of str
        Rows to show at the end, the first one being the heading.
    result : Path, optional
        The file that people will want to open.
    """

    name: str
    unit: str
    count: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    table: list[tuple[str, ...]] = field(default_factory=list)
    result: Path | None = None
