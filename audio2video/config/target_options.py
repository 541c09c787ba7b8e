"""The choice of a speaker, kept in the target's own options."""

from __future__ import annotations

import json
import re
from pathlib import Path

from ..storage.files import replacing
from ..storage.workspace import Workspace
from .sections import Config

_CHOICE = re.compile(r"\s*(face|face[_-]at)\s*=")


def keep_speaker(workspace: Workspace, config: Config) -> Path | None:
    """Write the chosen speaker to ``target/<tar_id>.toml`` and keep the file's other content.

    Parameters
    ----------
    workspace : Workspace
    config : Config
        Its choice is kept; none is made without one.

    Returns
    -------
    Path or None
        The file; None if it says so already, or nobody was chosen.

    Raises
    ------
    Audio2VideoError
        The file can't be written.
    """
    analysis, tar_id = config.analysis, config.with_media_ids().inputs.tar_id
    if analysis.speaker is None:
        return None
    if analysis.face is not None:
        choice = f"face = {analysis.face}"
    else:
        choice = f"face_at = {json.dumps(analysis.face_at)}"  # quoted as in TOML
    path = workspace.inside("target") / workspace.target_options(tar_id).name
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path.is_file() else []
    if choice in lines:
        return None
    kept = [line for line in lines if not _CHOICE.match(line)]
    with replacing(path) as temporary:
        temporary.write_text("\n".join([choice, *kept]) + "\n", encoding="utf-8")
    return path
