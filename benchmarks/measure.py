"""One measurement: what was timed, how often, beside what, and what was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

MIN_PSNR = 50.0
"""dB: pictures that differ less than this differ by rounding."""

MEGABYTE = 1e6

MIN_SECONDS = 1e-9
"""The clock of CPU time is coarse on some systems."""

T = TypeVar("T")


@dataclass(frozen=True)
class Limit:
    """What a stage must reach.

    Parameters
    ----------
    quantity : str
        A key of `Measurement.quantities`.
    bound : float
    least : bool
        It is to be at least so much, instead of at most.
    """

    quantity: str
    bound: float
    least: bool = False

    def against(self, value: float) -> dict[str, Any]:
        """Hold a value to it.

        Returns
        -------
        dict
            The limit and the value; the ``share`` of what is allowed, more than 1 if the limit is
            not ``reached``.
        """
        share = self.bound / value if self.least else value / self.bound
        return {**vars(self), "value": value, "share": share, "reached": share <= 1}


@dataclass
class Measurement:
    """Times of one stage.

    Parameters
    ----------
    name : str
    unit : str
        What is counted: 'texture', 'path', 'frame', 'second of output'.
    count : float
        How many of them one repetition makes.
    seconds, cpu_seconds : list of float
        Wall time, and time of all cores together, of each repetition.
    plain_seconds, plain_cpu_seconds : list of float
        The same of each repetition of the plain twin; empty where there is none.
    plain_count : float, optional
        How many units the twin makes, where that is not `count`.
    rate : float, optional
        How many units play in a second, where that means something.
    peak_bytes : int, optional
        Memory at its fullest.
    equal : bool, optional
        Whether the twin gives the same result, as `agreement` says.
    agreement : str
        How near the results are.
    limits : list of Limit
    facts : dict
        Sizes and the like, to tell what the figures are of.
    """

    name: str
    unit: str
    count: float
    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    plain_seconds: list[float] = field(default_factory=list)
    plain_cpu_seconds: list[float] = field(default_factory=list)
    plain_count: float | None = None
    rate: float | None = None
    peak_bytes: int | None = None
    equal: bool | None = None
    agreement: str = ""
    limits: list[Limit] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def time(self, work: Callable[[], T]) -> T:
        """Do some work, as one repetition; gives its result."""
        return _timed(work, self.seconds, self.cpu_seconds)

    def time_plain(self, work: Callable[[], T]) -> T:
        """Do the same in the plain way."""
        return _timed(work, self.plain_seconds, self.plain_cpu_seconds)

    def shares_twin(self, other: Measurement) -> None:
        """Take the twin's times from another measurement."""
        self.plain_seconds, self.plain_cpu_seconds = other.plain_seconds, other.plain_cpu_seconds
        self.plain_count = other.plain_count

    def beside(self, agreement: tuple[bool, str]) -> Measurement:
        """Say how the twin's result compares; returns the measurement itself."""
        self.equal, self.agreement = agreement
        return self

    def quantities(self) -> dict[str, float]:
        """Medians of what was measured; only those there are.

        Returns
        -------
        dict of str to float
            ``seconds`` and ``cpu_seconds`` for one unit, units ``per_second``, multiple of
            ``real_time``; how many ``times_plain`` the twin takes as long, and ``times_plain_cpu``
            as much CPU time; ``peak_mb`` (of 10^6 bytes).
        """
        one = median(self.seconds) / self.count
        found = {"seconds": one, "per_second": 1 / one}
        if self.cpu_seconds:
            found["cpu_seconds"] = median(self.cpu_seconds) / self.count
        if self.rate is not None:
            found["real_time"] = found["per_second"] / self.rate
        twins = self.plain_count or self.count
        if self.plain_seconds:
            found["times_plain"] = median(self.plain_seconds) / twins / one
        if self.plain_cpu_seconds:
            cpu = max(found["cpu_seconds"], MIN_SECONDS)
            found["times_plain_cpu"] = median(self.plain_cpu_seconds) / twins / cpu
        if self.peak_bytes is not None:
            found["peak_mb"] = self.peak_bytes / MEGABYTE
        return found

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain JSON types."""
        found = self.quantities()
        limits = [li.against(found[li.quantity]) for li in self.limits if li.quantity in found]
        return {**vars(self), "limits": limits, "medians": found}


def memory_of(work: Callable[[], Any]) -> int | None:
    """Bytes by which this process grows at most while some work is done.

    To be called in a fresh process: memory that was freed before is used again and not counted.

    Returns
    -------
    int or None
        None where the system does not tell; Linux alone does.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
        before = _status("VmRSS")
    except OSError:
        return None
    work()
    return max(0, _status("VmHWM") - before)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(line for line in lines if line.startswith(name)).split()[1])


def _timed(work: Callable[[], T], seconds: list[float], cpu_seconds: list[float]) -> T:
    began, cpu = time.perf_counter(), time.process_time()
    result = work()
    seconds.append(time.perf_counter() - began)
    cpu_seconds.append(time.process_time() - cpu)
    return result


def same(*pairs: tuple[NDArray[Any], NDArray[Any]]) -> tuple[bool, str]:
    """Tell whether arrays are equal to the last bit."""
    equal = all(np.array_equal(a, b) for a, b in pairs)
    return equal, "bit for bit" if equal else "different"


def alike(*pairs: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> tuple[bool, str]:
    """Tell whether pictures are equal but for rounding: PSNR over all of them."""
    if same(*pairs)[0]:
        return same(*pairs)
    squares = sum(float(((a.astype(float) - b) ** 2).sum()) for a, b in pairs)
    psnr = float(10 * np.log10(255**2 * sum(a.size for a, _ in pairs) / squares))
    return psnr > MIN_PSNR, f"PSNR {psnr:.1f} dB"


def close(a: NDArray[Any], b: NDArray[Any], most: float) -> tuple[bool, str]:
    """Tell whether numbers differ by no more than so much."""
    apart = float(np.abs(np.asarray(a, float) - b).max()) if a.shape == b.shape else np.inf
    return apart <= most, f"to {apart:.0e}"
