"""How many frames of a result were synthesised, and why the others were not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import MostlyUnchangedError
from ..progress import Progress
from ..retiming.retime import Retiming
from ..target.analysis import TargetAnalysis
from ..target.speaker_choice import FACE_ADVICE

if TYPE_CHECKING:
    from .layers import Layer

WARNED_SHARE = 0.1
"""Share of a result's frames that pass through unchanged above which there is a warning."""

REFUSED_SHARE = 0.5
"""Share above which the run fails, its files kept: it is hardly the video that was asked for."""

NO_FACE = "no usable face"
OTHERS = "another person"
COVERED = "mouth covered"
OUTSIDE = "outside the segments"
OWN = "own mouth closed"
SYNTHESISED = "synthesised"
REASONS = (NO_FACE, OTHERS, COVERED, OWN)
"""Why a frame that was asked for is not synthesised; the number of a reason is its place here."""

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
        `OUTSIDE` is where nothing else was asked for.
    timeline : tuple of (int, int, str)
        First frame, the one behind the last, and what they are: `SYNTHESISED`, or the reason why
        they are not.
    """

    frames: int
    passed_through: Mapping[str, int]
    timeline: tuple[tuple[int, int, str], ...] = field(default=(), compare=False)

    @property
    def asked(self) -> int:
        """Frames that were to get a mouth."""
        return self.frames - self.passed_through.get(OUTSIDE, 0)

    @property
    def missed(self) -> Mapping[str, int]:
        """Frames that were to get a mouth and did not, by reason."""
        return {why: n for why, n in self.passed_through.items() if why not in (OUTSIDE, OWN)}

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
    target: TargetAnalysis,
    timing: Retiming,
    shown: NDArray[np.floating],
    own: NDArray[np.bool_] | None = None,
) -> FrameCount:
    """Count the frames of a result.

    Parameters
    ----------
    target : TargetAnalysis
    timing : Retiming
        Of N frames.
    shown : ndarray, shape (N,)
        How much of the mouth is shown; see `compositing.masks.covering_fade`.
    own : ndarray of bool, shape (N,), optional
        Where the person's own mouth stays because it is closed; nowhere by default.

    Returns
    -------
    FrameCount
    """
    why = reason_numbers(target, timing, shown, own)
    return replace(_counted(why), timeline=_timeline(why))


def count_in_ranges(layers: Sequence[Layer], frames: int) -> FrameCount:
    """Count the frames of a result that is dubbed in ranges.

    A frame in which several people speak counts as synthesised if all of them are.

    Parameters
    ----------
    layers : sequence of Layer
    frames : int
        Of the whole.

    Returns
    -------
    FrameCount
    """
    worst = np.full(frames, -2, np.int64)
    for one in layers:
        places = one.timing.frames
        why = reason_numbers(one.target, one.timing, one.shown)
        worst[places] = np.maximum(worst[places], why)
    count = _counted(worst[worst > -2])
    outside = frames - count.frames
    passed = {**count.passed_through, **({OUTSIDE: outside} if outside else {})}
    return FrameCount(frames, passed, _timeline(worst))


def reason_numbers(
    target: TargetAnalysis,
    timing: Retiming,
    shown: NDArray[np.floating],
    own: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Tell for each frame why it is not synthesised, as a place in `REASONS`; -1 if it is."""
    lost = ~target.track.usable[timing.frames]
    others = target.others_only[timing.frames]
    covered = np.full(len(shown), REASONS.index(COVERED))
    if own is not None:
        covered[own] = REASONS.index(OWN)
    seen = np.where(shown == 0, covered, -1)
    unseen = np.where(others, REASONS.index(OTHERS), REASONS.index(NO_FACE))
    return np.where(lost, unseen, seen).astype(np.int64)


def _counted(why: NDArray[np.int64]) -> FrameCount:
    counts = zip(REASONS, np.bincount(why + 1, minlength=len(REASONS) + 1)[1:], strict=True)
    return FrameCount(len(why), {reason: int(n) for reason, n in counts if n})


def _timeline(why: NDArray[np.int64]) -> tuple[tuple[int, int, str], ...]:
    """Give runs of equal reasons; -1 is a synthesised frame, -2 one that was not asked for."""
    names = (OUTSIDE, SYNTHESISED, *REASONS)
    cuts = [0, *(np.flatnonzero(np.diff(why)) + 1).tolist(), len(why)]
    return tuple((a, b, names[int(why[a]) + 2]) for a, b in pairwise(cuts))


def check_count(count: FrameCount, result: Path, progress: Progress) -> None:
    """Warn where many frames of a result are not synthesised.

    Raises
    ------
    MostlyUnchangedError
        Most of them are not.
    """
    missed = count.missed
    share = sum(missed.values()) / count.asked
    if share <= WARNED_SHARE:
        return
    mostly = max(missed, key=lambda why: missed[why])
    problem, hint = f"only {count}", _REMEDY[mostly]
    if share > REFUSED_SHARE:
        raise MostlyUnchangedError(problem, path=result, hint=f"the file is kept; {hint}")
    progress.warn(f"{result}: {problem}; {hint}")
