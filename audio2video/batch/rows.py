"""The rows of a batch: read from a CSV file, and checked whole before anything is run."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config, options_of
from ..config.files import check_program
from ..config.resolve import resolve_config
from ..errors import Audio2VideoError, BadFileError, MissingFileError, OptionError
from ..storage.ids import folded
from ..storage.limits import MAX_TABLE_BYTES, read_limited
from ..storage.workspace import Workspace

MAX_ROWS = 10_000

NEEDED = ("audio", "video")


@dataclass(frozen=True)
class Row:
    """One result to be made.

    Parameters
    ----------
    line : int
        Where it stands in the file, counted from 1.
    config : Config
        With the ids of its files.
    """

    line: int
    config: Config

    @property
    def name(self) -> str:
        """Name of the result."""
        return f"{self.config.inputs.inp_id}-{self.config.inputs.tar_id}"


def read_rows(path: Path, workspace: Workspace, jobs: int) -> list[Row]:
    """Read a batch.

    Parameters
    ----------
    path : Path
        CSV with a line of headings: `NEEDED`, and any flags. Paths in it are relative to
        its folder; an empty cell leaves an option at its default.
    workspace : Workspace
        Its targets' own options hold for rows that don't say otherwise.
    jobs : int
        Rows at once: each has its share of the cores, unless it says otherwise.

    Returns
    -------
    list of Row

    Raises
    ------
    MissingFileError, BadFileError
        The file is not there, too large, or no such table.
    OptionError
        A value is of the wrong type or out of bounds.
    """
    rows: list[Row] = []
    cells = list(_read_cells(path))
    nthreads = cores_each(jobs, len(cells))
    for line, given in cells:
        with _at_line(path, line):
            config = resolve_config(workspace, {"nthreads": nthreads, **given})
            rows.append(Row(line, config.with_media_ids()))
    if not rows:
        raise BadFileError("no rows under the line of headings", path=path)
    _refuse_conflicts(path, rows)
    return rows


def cores_each(jobs: int, rows: int) -> int:
    """Divide the cores among simultaneous rows."""
    return max(1, (os.cpu_count() or 1) // max(1, min(jobs, rows)))


class _at_line:  # noqa: N801
    """Say in an error which line of which file it is about."""

    def __init__(self, path: Path, line: int) -> None:
        self._path, self._line = path, line

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Audio2VideoError):
            raise OptionError(f"line {self._line}: {error}", path=self._path) from error


def _read_cells(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each row's line number and the values that are given in it."""
    reader = csv.reader(_read_text(path).splitlines(keepends=True), strict=True)
    try:
        heading = next((cells for cells in reader if any(cells)), None)
        names = _names(path, heading or [])
        types, count = options_of(Config), 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MAX_ROWS:
                raise BadFileError(f"more than {MAX_ROWS:,} rows", path=path, hint="split it")
            if len(cells) != len(names):
                raise BadFileError(
                    f"line {reader.line_num}: {len(cells)} cells under {len(names)} headings",
                    path=path,
                )
            with _at_line(path, reader.line_num):
                texts = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
                values = {
                    name: types[name].parse(text, path.parent)
                    for name, text in texts.items()
                    if text
                }
                check_program(values, path)
            yield reader.line_num, values
    except csv.Error as error:
        raise BadFileError(f"line {reader.line_num}: not valid CSV ({error})", path=path) from error


def _read_text(path: Path) -> str:
    try:
        content = read_limited(path, MAX_TABLE_BYTES, "split it")
    except MissingFileError as error:
        raise MissingFileError("batch file not found", path=path) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFileError("not UTF-8 text", path=path, hint="save it as CSV, UTF-8") from error


def _names(path: Path, heading: Sequence[str]) -> list[str]:
    """Check the headings."""
    names = [cell.strip().replace("-", "_") for cell in heading]
    types = options_of(Config)
    for name in names:
        if name not in types:
            raise BadFileError(
                f"unknown column {name!r}",
                path=path,
                hint="columns are audio, video and names of options, separated by commas",
            )
        if names.count(name) > 1:
            raise BadFileError(f"column '{name}' is there twice", path=path)
    for name in NEEDED:
        if name not in names:
            raise BadFileError(
                f"no column '{name}'", path=path, hint="the first line names the columns"
            )
    return names


def _refuse_conflicts(path: Path, rows: Sequence[Row]) -> None:
    """Refuse rows that would write each other's files."""
    results: dict[str, Row] = {}
    files: dict[tuple[str, str], tuple[Path, Row]] = {}
    for row in rows:
        config = row.config
        # Some file systems don't tell upper from lower case.
        first = results.setdefault(folded(row.name), row)
        if first is not row:
            raise BadFileError(
                f"lines {first.line} and {row.line} have the same result '{row.name}'",
                path=path,
                hint="give one of them an inp_id or tar_id of its own",
            )
        for what, file_id, file in (
            ("inp_id", config.inputs.inp_id, config.inputs.audio),
            ("tar_id", config.inputs.tar_id, config.inputs.video),
        ):
            if file is None:
                continue
            known, owner = files.setdefault((what, folded(file_id)), (file, row))
            if known.resolve() != file.resolve():
                raise BadFileError(
                    f"lines {owner.line} and {row.line} give two files the {what} '{file_id}'",
                    path=path,
                    hint=f"give one of them another in a column {what}",
                )


def as_given(config: Config) -> Mapping[str, Any]:
    """Config that differ from their defaults, as plain JSON types."""
    default = Config().flags()
    return {k: v for k, v in config.flags().items() if v != default[k] and k != "nthreads"}
