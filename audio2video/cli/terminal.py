"""Terminal output of a run, and its log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from ..config import Config
from ..config.resolve import SPEAKER
from ..config.target_options import keep_speaker
from ..errors import Audio2VideoError
from ..pipeline.report import StepReport
from ..progress import Progress, StageBars
from ..storage.files import append_line
from ..storage.workspace import Workspace

if TYPE_CHECKING:
    from ..api.dub import DubResult

CONTEXT = {
    "token_normalize_func": lambda name: name.replace("-", "_"),
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
}
"""Settings of all commands: both spellings of an option, and help as wide as the house's lines."""


class Terminal:
    """Progress bars, warnings and tables on the terminal; the same as lines in ``log/``.

    Parameters
    ----------
    workspace : Workspace
    quiet : bool
        Print nothing.
    verbose : bool
        Print what is being done.
    """

    def __init__(self, workspace: Workspace, *, quiet: bool, verbose: bool) -> None:
        self.progress = Progress(
            self._on_progress, self._on_warning, self._on_note, on_notice=self._on_notice
        )
        self._workspace = workspace
        self._quiet, self._verbose = quiet, verbose
        self._bars = StageBars()
        self._stage = ""
        self._began = 0.0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_bar()
        if error is not None:
            self._write_log(f"stopped: {error or type(error).__name__}")

    def table(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Print rows under a heading, in columns."""
        if not rows:
            return
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        for row in rows:
            line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self._write_log(line.rstrip())
            if not self._quiet:
                click.echo(line.rstrip())

    def finish(self, reports: Sequence[StepReport]) -> None:
        """Print a summary and the path of the result."""
        self._close_bar()
        for report in reports:
            done = f"{report.count} {report.unit}s" if report.count else "up to date"
            self._say(f"{report.name}: {done}")
            if report.result is not None:
                frames = "" if report.frames is None else f": {report.frames}"
                self._say(f"result: {report.result}{frames}")

    def keep_speaker(self, given: Mapping[str, Any], config: Config) -> None:
        """Keep a choice of who speaks that the command line made, for later runs."""
        if any(given.get(flag) is not None for flag in SPEAKER):
            path = keep_speaker(self._workspace, config)
            if path is not None:
                self._on_notice(f"{path} keeps that {config.analysis.speaker} speaks")

    def dubbed(self, result: DubResult) -> None:
        """Print the statistics and path of a dubbed video."""
        self._close_bar()
        left = ", ".join(f"{n} {why}" for why, n in result.passed_through.items() if n)
        self._say(
            f"result: {result.path}: {result.synthesised} of {result.frames} frames synthesised"
            + (f" ({left}: unchanged)" if left else "")
        )

    def made(self, paths: Sequence[Path], frames: int) -> None:
        """Print the files that were written, each of so many frames."""
        self._close_bar()
        for path in paths:
            self._say(f"result: {path}: {frames} frames")

    def _on_progress(self, stage: str, done: int, total: int | None, unit: str) -> None:
        if stage != self._stage:
            self._stage, self._began = stage, time.perf_counter()
        if not self._quiet and sys.stderr.isatty():
            self._bars.update(stage, done, total, unit)
        if total is not None and done >= total:
            seconds = max(time.perf_counter() - self._began, 1e-9)
            self._stage = ""
            line = f"{stage}: {done} {unit}s in {seconds:.1f} s, {done / seconds:.1f} {unit}s/s"
            self._write_log(line)
            if not self._quiet and not sys.stderr.isatty() and done:
                click.echo(line, err=True)

    def _on_warning(self, text: str) -> None:
        self._write_log(f"warning: {text}")
        if not self._quiet:
            self._bars.clear()
            # Colour is left out where this is no terminal.
            click.echo(f"{click.style('warning:', fg='yellow', bold=True)} {text}", err=True)

    def _on_notice(self, text: str) -> None:
        self._write_log(f"note: {text}")
        if not self._quiet:
            self._bars.clear()
            click.echo(f"note: {text}", err=True)

    def _on_note(self, text: str) -> None:
        self._write_log(text)
        if self._verbose and not self._quiet:
            self._bars.clear()
            click.echo(text, err=True)
        else:
            self._bars.note(text)

    def _say(self, text: str) -> None:
        self._write_log(text)
        if not self._quiet:
            click.echo(text)

    def _close_bar(self) -> None:
        self._bars.close()
        self._stage = ""

    def _write_log(self, line: str) -> None:
        # The log is a convenience: a run does not fail because of it.
        with suppress(OSError, Audio2VideoError):
            stamp = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
            append_line(self._workspace.inside("log") / "runs.log", f"{stamp} {line}")
