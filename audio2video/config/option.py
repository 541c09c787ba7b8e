"""One parameter: its flag, type, bounds, unit and help; and reading its value from text or TOML."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from ..errors import OptionError
from ..storage.parsing import DOWNLOAD, NO_FILE, is_address

TRUE_WORDS = ("true", "yes", "on", "1", "y", "t")
FALSE_WORDS = ("false", "no", "off", "0", "n", "f")
"""Spellings of a boolean, in any case."""

_WANTED = {bool: "True or False", int: "a whole number", float: "a number", str: "a text"}


def option(
    default: Any,
    help: str,
    *,
    group: str,
    flag: str | None = None,
    low: float | None = None,
    high: float | None = None,
    unit: str | None = None,
    choices: tuple[str, ...] | None = None,
    synonyms: Mapping[str, str | float] | None = None,
) -> Any:
    """Declare a field of a config as an option.

    Parameters
    ----------
    default : object
    help : str
        One line for ``--help`` and the reference.
    group : str
        Heading under which ``--help`` shows it.
    flag : str, optional
        Name on the command line and in files; the field's name by default.
    low, high : float, optional
        Bounds, inclusive.
    unit : str, optional
    choices : tuple of str, optional
    synonyms : mapping of str to str or float, optional
        Other words for choices or numbers, in lower case; 'true' and 'false' stand for every
        boolean. Digits are numbers where the option is one.
    """
    metadata = {
        "help": help,
        "group": group,
        "flag": flag,
        "low": low,
        "high": high,
        "unit": unit,
        "choices": choices,
        "synonyms": synonyms,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Option:
    """A parameter of the pipeline.

    Parameters
    ----------
    flag : str
        Name on the command line and in files.
    path : tuple of str
        Attributes that lead to it from a `Config`.
    kind : type
        `bool`, `int`, `float`, `str` or `pathlib.Path`.
    optional : bool
        Whether it may be left out (None).
    default : object
    help, group : str
    low, high : float or None
        Bounds, inclusive.
    unit : str or None
    choices : tuple of str or None
    synonyms : mapping of str to str or float, or None
    """

    flag: str
    path: tuple[str, ...]
    kind: type
    optional: bool
    default: Any
    help: str
    group: str
    low: float | None
    high: float | None
    unit: str | None
    choices: tuple[str, ...] | None
    synonyms: Mapping[str, str | float] | None = None

    def check(self, value: Any) -> None:
        """Check the bounds of a value.

        Raises
        ------
        OptionError
            The value is out of bounds, or none of the choices.
        """
        if self.choices is not None and value not in self.choices:
            raise OptionError(
                f"--{self.flag} {value!r} is not known",
                hint=f"use one of {', '.join(self.choices)}",
            )
        if value is None or self.low is None or self.high is None:
            return
        if not self.low <= value <= self.high:  # false for NaN, which is refused as well
            raise OptionError(
                f"--{self.flag} {value} is out of bounds", hint=f"use {self.low} to {self.high}"
            )

    def parse(self, text: str, folder: Path | None = None) -> Any:
        """Read a value from text: a word of the command line, or a cell of a table.

        Parameters
        ----------
        text : str
        folder : Path, optional
            Paths are relative to it; to the current folder by default.

        Raises
        ------
        OptionError
            The text is no value of the option's type.
        """
        if self.kind is bool:
            word = text.strip().lower()
            if word in (*TRUE_WORDS, *FALSE_WORDS):
                return word in TRUE_WORDS
            raise OptionError(self._mismatch(text))
        if self.kind is Path:
            return self._path(text, folder or Path())
        if self.synonyms is not None and (self.kind is str or not text.strip().isdigit()):
            known = self._known_as(text)
            if isinstance(known, self.kind):
                return known
        try:
            value = self.kind(text)
        except ValueError as error:
            raise OptionError(self._mismatch(text)) from error
        if isinstance(value, float) and not math.isfinite(value):
            raise OptionError(self._mismatch(text))
        return value

    def coerce(self, value: Any, folder: Path) -> Any:
        """Bring a value of a TOML file to the option's type.

        Parameters
        ----------
        value : object
        folder : Path
            Paths are relative to it.

        Raises
        ------
        OptionError
            The value has another type.
        """
        if self.synonyms is not None and isinstance(value, (bool, str)):
            known = self._known_as(str(value))
            if isinstance(known, self.kind):
                return known
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError as error:
                raise OptionError(f"option {self.flag!r} is out of bounds") from error
        if self.kind is Path and isinstance(value, str):
            return self._path(value, folder)
        # bool is a subclass of int, but 'nlayers = true' is a mistake.
        if not isinstance(value, self.kind) or (isinstance(value, bool) and self.kind is not bool):
            raise OptionError(
                f"option {self.flag!r} needs a value of type {self.kind.__name__}, got {value!r}"
            )
        return value

    def _known_as(self, text: str) -> str | float:
        """Give the value that a word stands for; the word itself if there is none."""
        synonyms, word = self.synonyms or {}, text.strip().lower()
        if self.choices is not None and word in self.choices:
            return word
        for words, name in ((TRUE_WORDS, "true"), (FALSE_WORDS, "false")):
            if word in words:
                return synonyms.get(name, text)
        return synonyms.get(word, text)

    def _path(self, text: str, folder: Path) -> Path:
        if "\0" in text or not text:
            raise OptionError(f"{self.flag} must be a path, not {text!r}")
        if is_address(text):
            raise OptionError(f"{self.flag}: {NO_FILE} ({text})", hint=DOWNLOAD)
        return folder / at_home(text)

    def _mismatch(self, text: str) -> str:
        return f"{self.flag} must be {_WANTED[self.kind]}, not {text!r}"


def at_home(text: str) -> Path:
    """Make a path of a text, with ``~`` for the user's folder, which no shell has replaced."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no such user: it is a name like any other
        return Path(text)


def options_of(config_type: type[Any]) -> dict[str, Option]:
    """List the options of a config class and of the configs in it, by flag.

    Parameters
    ----------
    config_type : type
        A dataclass whose fields are options (see `option`) or such dataclasses.
    """
    if config_type not in _KNOWN:
        _KNOWN[config_type] = {found.flag: found for found in _walk(config_type, ())}
    return _KNOWN[config_type]


_KNOWN: dict[type[Any], dict[str, Option]] = {}


def _walk(config_type: type[Any], path: tuple[str, ...]) -> Iterator[Option]:
    hints = get_type_hints(config_type)
    for one in fields(config_type):
        hint, here = hints[one.name], (*path, one.name)
        if isinstance(hint, type) and is_dataclass(hint):
            yield from _walk(hint, here)
            continue
        members = getattr(hint, "__args__", (hint,))
        kinds = [member for member in members if member is not type(None)]
        meta = dict(one.metadata)
        flag = meta.pop("flag") or one.name
        default = None if one.default is MISSING else one.default
        yield Option(flag, here, kinds[0], len(kinds) < len(members), default, **meta)
