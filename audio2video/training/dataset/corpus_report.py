"""Report of the preparation of a corpus."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class CorpusReport:
    """Result of preparing a corpus.

    Parameters
    ----------
    unit : str
        What is counted: 'recording', or 'video' of a published set.
    count : int
        How many were prepared now; 0 if everything was up to date.
    facts : dict
        Figures for the report.
    table : list of tuple of str
        What came of each recording that needs saying, headings first.
    """

    unit: str = "recording"
    count: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    table: list[tuple[str, ...]] = field(default_factory=list)
