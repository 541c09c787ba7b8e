"""Report of a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .frame_count import FrameCount


@dataclass
class StepReport:
    """Result of one step.

    Parameters
    ----------
    name : str
    unit : str
        What is counted: 'frame', 'recording', 'epoch'.
    count : int
        Units worked on; 0 if everything was up to date.
    facts : dict
        Figures for ``report.json``.
    table : list of tuple of str
        Rows to show at the end, headings first.
    result : Path, optional
        The file that people want to open.
    seconds : float
        Time that the step took.
    frames : FrameCount, optional
        What became of the frames of the result.
    """

    name: str
    unit: str
    count: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    table: list[tuple[str, ...]] = field(default_factory=list)
    result: Path | None = None
    seconds: float = 0.0
    frames: FrameCount | None = None
