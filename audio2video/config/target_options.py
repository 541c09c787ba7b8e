"""A target's own options: choices that were made once, kept for later runs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..storage.files import replacing
from ..storage.limits import MAX_TOML_BYTES, read_limited
from ..storage.workspace import Workspace
from .files import read_options_file
from .sections import Config


def keep_options(workspace: Workspace, tar_id: str, choices: Mapping[str, Any]) -> Path | None:
    """Write options to ``target/<tar_id>.toml`` and keep the file's other content.

    Parameters
    ----------
    workspace : Workspace
    tar_id : str
    choices : mapping
        Values by flag; None takes the option out.

    Returns
    -------
    Path or None
        The file; None if it says so already.

    Raises
    ------
    Audio2VideoError
        The file can't be written, or what is there can't be read.
    """
    path = workspace.inside("target") / workspace.target_options(tar_id).name
    text = read_limited(path, MAX_TOML_BYTES).decode("utf-8-sig") if path.is_file() else ""
    lines = text.splitlines()
    wanted = [f"{flag} = {as_toml(v)}" for flag, v in choices.items() if v is not None]
    names = "|".join(re.escape(flag).replace("_", "[_-]") for flag in choices)
    said = re.compile(rf"\s*({names})\s*=")
    if [line for line in lines if said.match(line)] == wanted:
        return None
    kept = [line for line in lines if not said.match(line)]
    with replacing(path) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in [*wanted, *kept]), encoding="utf-8")
        read_options_file(temporary)  # a value over several lines would have been torn apart
    return path


def keep_speaker(workspace: Workspace, config: Config) -> Path | None:
    """Keep who was chosen to speak; see `keep_options`.

    Returns
    -------
    Path or None
        The file; None if it says so already, or nobody was chosen.
    """
    analysis, tar_id = config.analysis, config.with_media_ids().inputs.tar_id
    if analysis.speaker is None:
        return None
    return keep_options(workspace, tar_id, {"face": analysis.face, "face_at": analysis.face_at})


def as_toml(value: Any) -> str:
    """Write a value; JSON's numbers, texts and booleans are TOML's as well."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
