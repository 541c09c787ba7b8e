"""Resolution of a config: defaults, files and the command line, the strongest last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..storage.ids import DEFAULT_ID, check_id, id_from_path
from ..storage.workspace import Workspace
from .files import read_options_file, read_table
from .sections import Config

STEPS = "steps"
"""Key of a configuration file that is no option: the steps to run."""

NOT_OF_TARGETS = (
    *("inp_id", "tar_id", "audio", "video", "voice_audio", "segments"),
    *("text", "text_file", "voice_program"),
)
"""What a target's own options can't hold."""

SPEAKER = ("face", "face_at")
"""Options that choose who speaks: one of them at a time."""


def resolve_config(
    workspace: Workspace,
    given: Mapping[str, Any],
    config: Path | None = None,
    argspath: Path | None = None,
) -> Config:
    """Resolve a config from defaults, files and given values, in ascending precedence.

    Parameters
    ----------
    workspace : Workspace
    given : mapping
        Values by flag; None where nothing was given.
    config, argspath : Path, optional
        Files that were named.

    Returns
    -------
    Config

    Raises
    ------
    Audio2VideoError
        A file or value can't be used.
    """
    values: dict[str, Any] = {}
    if config is not None:
        _put(values, read_options_file(config, also=(STEPS,)))
    if argspath is not None:
        _put(values, read_options_file(argspath))
    line = {name: value for name, value in given.items() if value is not None}
    both = {**values, **line}
    tar_id = id_from_path(both.get("tar_id", DEFAULT_ID), both.get("video"))
    own = workspace.target_options(check_id("tar_id", tar_id))
    if own.is_file():
        of_target = read_options_file(own)
        for name in NOT_OF_TARGETS:
            if name in of_target:
                raise OptionError(f"a target's own options can't hold '{name}'", path=own)
        _put(values, of_target)
    _put(values, line)
    return Config.from_flags(**values)


def _put(values: dict[str, Any], stronger: Mapping[str, Any]) -> None:
    """Put stronger values over others; whoever is chosen to speak replaces an earlier choice."""
    if any(flag in stronger for flag in SPEAKER):
        for flag in SPEAKER:
            values.pop(flag, None)
    values.update(stronger)


def steps_in_file(path: Path) -> list[str]:
    """Read which steps a configuration file asks for; none if it does not say.

    Returns
    -------
    list of str
        Each as on the command line: '1', '2-4', 'all'.

    Raises
    ------
    MissingFileError, BadFileError
        The file is not there, or not TOML.
    OptionError
        ``steps`` is neither a number, a text nor a list of these.
    """
    steps = read_table(path, "configuration").get(STEPS, [])
    parts = steps if isinstance(steps, list) else [steps]
    if any(isinstance(part, bool) or not isinstance(part, (int, str)) for part in parts):
        raise OptionError(
            f"'steps' can't be {steps!r}", path=path, hint="write e.g. steps = [1, 2, 3, 4]"
        )
    return [str(part) for part in parts]
