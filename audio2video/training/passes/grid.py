"""A grid of passes, read from a file and checked before anything is trained."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ...config import Config, TrainingConfig, options_of
from ...config.files import coerce_options, read_table
from ...errors import OptionError
from ...storage.ids import MAX_ID_BYTES, check_id

T = TypeVar("T")

ALSO = ("b_savef", "e_savef", "showGraph", "preprocess")
"""Config that do not change a pass, but may be set for all."""

OPEN = "none"
"""Stands for an option that is left out, which TOML has no word for."""

MAX_PASSES = 1000
MAX_NAME_BYTES = 40


@dataclass(frozen=True)
class Grid:
    """Passes to train.

    Parameters
    ----------
    name : str
    axes : dict
        By name of the option, the values it takes.
    passes : dict
        By pass id, the options to train it with.
    """

    name: str
    axes: dict[str, list[Any]]
    passes: dict[str, Config]


def read_grid(path: Path) -> Grid:
    """Read a sweep's file.

    TOML: an option whose value is a list is an axis of the grid, any other holds for all passes;
    ``name`` begins the name of each pass, the file's own name if left out.

    Raises
    ------
    MissingFileError, BadFileError
        The file is not there, or not TOML.
    OptionError
        A key is unknown, a value of the wrong type or out of bounds.
    """
    table = read_table(path, "sweep")
    name = table.pop("name", path.stem)
    if not isinstance(name, str):
        raise OptionError(f"'name' needs a text, got {name!r}", path=path)
    if len(name.encode()) > MAX_NAME_BYTES:
        raise OptionError(f"'name' is longer than {MAX_NAME_BYTES} bytes", path=path)
    _checked(path, check_id, "name", name)
    common = _common({k: v for k, v in table.items() if not isinstance(v, list)}, path)
    axes: dict[str, list[Any]] = {}
    for key, values in table.items():
        if isinstance(values, list):
            option = key.replace("-", "_")
            if option in common or option in axes:
                raise OptionError(f"option {option!r} is given twice", path=path)
            axes[option] = _axis(option, values, path)
    if not axes:
        raise OptionError(
            "no option has a list of values", path=path, hint="write e.g. step_delay = [5, 20]"
        )
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MAX_PASSES:
        raise OptionError(f"{count} passes are more than {MAX_PASSES}", path=path)
    passes: dict[str, Config] = {}
    for chosen in itertools.product(*axes.values()):
        point = dict(zip(axes, chosen, strict=True))
        pass_id = pass_name(name, point)
        values = {**common, **point, "pass_id": pass_id, "nthreads": 1, "train": True}
        passes[pass_id] = _checked(path, Config.from_flags, **values)
    return Grid(name, axes, passes)


def pass_name(name: str, point: Mapping[str, Any]) -> str:
    """Name a pass after its place in the grid: ``name-step_delay5-nlayers2``.

    The name is the same each time; one that is too long for a file ends in a hash instead.
    """
    whole = "-".join([name, *(f"{option}{_word(value)}" for option, value in point.items())])
    if len(whole.encode()) <= MAX_ID_BYTES:
        return whole
    return f"{name}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def _word(value: Any) -> str:
    if value is None:
        return OPEN
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _common(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in table.items():
        option = key.replace("-", "_")
        if option in values:
            raise OptionError(f"option {option!r} is given twice", path=path)
        _check_name(option, (*options_of(TrainingConfig), *ALSO), path)
        values[option] = _value(option, value, path)
    return values


def _axis(option: str, values: list[Any], path: Path) -> list[Any]:
    _check_name(option, tuple(options_of(TrainingConfig)), path)
    if not values:
        raise OptionError(f"the list of {option!r} is empty", path=path)
    found = [_value(option, value, path) for value in values]
    if len(set(map(_word, found))) < len(found):
        raise OptionError(f"the list of {option!r} names a value twice", path=path)
    return found


def _check_name(option: str, allowed: tuple[str, ...], path: Path) -> None:
    if option in allowed:
        return
    if option in options_of(Config):
        raise OptionError(f"option {option!r} can't be set in a sweep this way", path=path)
    raise OptionError(f"unknown option {option!r}", path=path, hint="see --help for all names")


def _value(option: str, value: Any, path: Path) -> Any:
    if value == OPEN and options_of(Config)[option].optional:
        return None
    return coerce_options({option: value}, path)[option]


def _checked(path: Path, make: Callable[..., T], *args: Any, **values: Any) -> T:
    """Call something; a value that it refuses is one of this file."""
    try:
        return make(*args, **values)
    except OptionError as error:
        raise OptionError(error.problem, path=path, hint=error.hint) from error
