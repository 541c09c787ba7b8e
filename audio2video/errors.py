"""The errors that the library raises; the command line turns each into one line and exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any


class Audio2VideoError(Exception):
    """Something the user can put right.

    Parameters
    ----------
    problem : str
        What is wrong, without a trailing full stop.
    path : Path or str, optional
        The file or folder it is about.
    hint : str, optional
        What to do about it.
    """

    def __init__(
        self, problem: str, *, path: Path | str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = None if path is None else Path(path)
        self.hint = hint

    def __str__(self) -> str:
        where = "" if self.path is None else f"{self.path}: "
        advice = "" if self.hint is None else f"; {self.hint}"
        # One line whatever the parts hold: a decoder's message or a file name may contain newlines.
        return " ".join(f"{where}{self.problem}{advice}".split())

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling between worker processes.
        return _rebuild, (type(self), self.problem, self.path, self.hint)


def _rebuild(
    kind: type[Audio2VideoError], problem: str, path: Path | None, hint: str | None
) -> Audio2VideoError:
    return kind(problem, path=path, hint=hint)


class OptionError(Audio2VideoError):
    """An option or configuration value is unknown, of the wrong type or out of bounds."""


class MissingFileError(Audio2VideoError):
    """A file that a step reads is not there."""


class BadFileError(Audio2VideoError):
    """A file is there but can't be used: damaged, empty, of another format or shape."""


class MissingLibraryError(Audio2VideoError):
    """A library that is not installed by default is needed; the hint names its extra."""


class NoFaceError(Audio2VideoError):
    """A video has no frame with a usable face."""


class MostlyUnchangedError(Audio2VideoError):
    """Most frames of a result are the target's own, unchanged; the result is there all the same.

    Parameters
    ----------
    problem, path, hint
        See `Audio2VideoError`.
    result : DubResult, optional
        What is there, where `dub` raised it.
    """

    def __init__(
        self,
        problem: str,
        *,
        path: Path | str | None = None,
        hint: str | None = None,
        result: Any = None,
    ) -> None:
        super().__init__(problem, path=path, hint=hint)
        self.result = result


class CancelledError(Audio2VideoError):
    """The caller's progress callback asked the run to stop."""
