"""Options from TOML files: read, checked for names and types, never run."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..errors import BadFileError, MissingFileError, OptionError
from ..storage.limits import MAX_TOML_BYTES, read_limited
from .option import options_of
from .sections import VOICE_PROGRAMS, Config

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_options_file(path: Path, *, also: Collection[str] = ()) -> dict[str, Any]:
    """Read options from a TOML file.

    Parameters
    ----------
    path : Path
        Keys are flags, with underscores or hyphens.
    also : collection of str
        Other keys that may be there, and are left out.

    Returns
    -------
    dict
        Values of the options' own types, by flag.

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is not TOML.
    OptionError
        A key is unknown or a value of the wrong type.
    """
    table = read_table(path, "configuration")
    values = coerce_options({k: v for k, v in table.items() if k not in also}, path)
    check_program(values, path)
    return values


def check_program(values: Mapping[str, Any], path: Path) -> None:
    """Make sure that a file names no program by its path: files come from anywhere.

    Raises
    ------
    OptionError
        It does; only the command line and callers may.
    """
    program = values.get("voice_program")
    if program is not None and program not in VOICE_PROGRAMS:
        raise OptionError(
            f"voice_program can't be {program!r} in a file",
            path=path,
            hint=f"use one of {', '.join(VOICE_PROGRAMS)}; a path only on the command line",
        )


def read_table(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file; a byte order mark and any line ends are accepted.

    Parameters
    ----------
    path : Path
    what : str
        Kind of file, for the message when it is missing.

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is not TOML, or larger than `MAX_TOML_BYTES`.
    """
    try:
        content = read_limited(path, MAX_TOML_BYTES)
    except MissingFileError as error:
        raise MissingFileError(f"{what} file not found", path=path) from error
    try:
        table: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"not valid TOML ({error})", path=path) from error
    return table


def coerce_options(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Bring the values of a parsed file to the options' types.

    Raises
    ------
    OptionError
        A key is unknown or a value of the wrong type.
    """
    known = options_of(Config)
    values: dict[str, Any] = {}
    for key, value in table.items():
        flag = key.replace("-", "_")
        if flag not in known:
            raise OptionError(f"unknown option {key!r}", path=path, hint="see --help for all names")
        if flag in values:
            raise OptionError(f"option {flag!r} is given twice", path=path)
        try:
            values[flag] = known[flag].coerce(value, path.parent)
        except OptionError as error:
            raise OptionError(error.problem, path=path, hint=error.hint) from error
    return values
