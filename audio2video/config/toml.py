"""Options from TOML files: read, checked for names and types, never run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BadFileError, MissingFileError, OptionError
from ..storage.limits import MAX_TOML_BYTES, read_limited
from .options import option_types

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def read_options_file(path: Path) -> dict[str, Any]:
    """Read options from a TOML file.

    Parameters
    ----------
    path : Path
        Keys are option names, with underscores or hyphens.

    Returns
    -------
    dict
        Values of the options' own types.

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is not TOML.
    OptionError
        A key is unknown or a value of the wrong type.
    """
    return coerce_options(read_table(path, "configuration"), path)


def read_table(path: Path, what: str) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
    what : str
        What the file is, for the message when it is not there.

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
        table: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
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
    types = option_types()
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in types:
            raise OptionError(f"unknown option {key!r}", path=path, hint="see --help for all names")
        if name in values:
            raise OptionError(f"option {name!r} is given twice", path=path)
        values[name] = _coerce(name, value, types[name][0], path)
    return values


def as_path(name: str, text: str, folder: Path) -> Path:
    """Read an option that is a path, as a file has it: relative to the file's own folder.

    Raises
    ------
    OptionError
        No path can be like that.
    """
    if "\0" in text or not text:
        raise OptionError(f"{name} must be a path, not {text!r}")
    return folder / text


def _coerce(name: str, value: Any, kind: type, path: Path) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise OptionError(f"option {name!r} is out of bounds", path=path) from error
    if kind is Path and isinstance(value, str):
        return as_path(name, value, path.parent)
    # bool is a kind of int in Python, but 'nlayers = true' is a mistake.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise OptionError(
            f"option {name!r} needs a value of type {kind.__name__}, got {value!r}", path=path
        )
    return value
