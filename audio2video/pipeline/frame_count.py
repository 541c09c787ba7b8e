"""How many frames of a result were synthesised, and why the others were not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import MostlyUnchangedError
from ..progress import Progress
from ..retiming.retime import Retiming
from ..target.analysis import TargetAnalysis
from ..target.speaker_choice import FACE_ADVICE

WARNED_SHARE = 0.1
"""Share of a result's frames that pass through unchanged above which there is a warning."""

REFUSED_SHARE = 0.5
"""Share above which the run fails, its files kept: it is hardly the video that was asked for."""

NO_FACE = "no usable face"
OTHERS = "another person"
COVERED = "mouth covered"

_REMEDY = {
    NO_FACE: "choose a target, or a part of it, in which the person faces the camera throughout",
    OTHERS: f"choose a target, or a part of it, that shows the speaker throughout; {FACE_ADVICE}",
    COVERED: "choose a target, or a part of it, in which nothing is in front of the mouth",
}


@dataclass(frozen=True)
class FrameCount:
    """The frames of a result.

    Parameters
    ----------
    frames : int
        All of them.
    passed_through : mapping of str to int
        Frames of the target left as they are, by reason; reasons without a frame are left out.
    """

    frames: int
    passed_through: Mapping[str, int]

    @property
    def unchanged(self) -> int:
        """Frames of the target left as they are."""
        return sum(self.passed_through.values())

    @property
    def synthesised(self) -> int:
        """Frames with a synthesised mouth."""
        return self.frames - self.unchanged

    def __str__(self) -> str:
        reasons = ", ".join(f"{count} {why}" for why, count in self.passed_through.items())
        return f"{self.synthesised} of {self.frames} frames synthesised" + (
            f" ({reasons}: unchanged)" if reasons else ""
        )


def count_frames(
    target: TargetAnalysis, timing: Retiming, shown: NDArray[np.floating]
) -> FrameCount:
    """Count the frames of a result.

    Parameters
    ----------
    target : TargetAnalysis
    timing : Retiming
        Of N frames.
    shown : ndarray, shape (N,)
        How much of the mouth is shown; see `compositing.masks.covering_fade`.

    Returns
    -------
    FrameCount
    """
    lost = ~target.track.usable[timing.frames]
    others = lost & target.others_only[timing.frames]
    counts = {
        NO_FACE: int((lost & ~others).sum()),
        OTHERS: int(others.sum()),
        COVERED: int((~lost & (shown == 0)).sum()),
    }
    return FrameCount(len(timing.frames), {why: n for why, n in counts.items() if n})


def check_count(count: FrameCount, result: Path, progress: Progress) -> None:
    """Warn where many frames of a result are not synthesised.

    Raises
    ------
    MostlyUnchangedError
        Most of them are not.
    """
    share = count.unchanged / count.frames
    if share <= WARNED_SHARE:
        return
    mostly = max(count.passed_through, key=lambda why: count.passed_through[why])
    problem, hint = f"only {count}", _REMEDY[mostly]
    if share > REFUSED_SHARE:
        raise MostlyUnchangedError(problem, path=result, hint=f"the file is kept; {hint}")
    progress.warn(f"{result}: {problem}; {hint}")
