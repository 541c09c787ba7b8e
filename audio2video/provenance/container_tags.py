"""Container tags that mark synthetic media."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from .. import __version__

_MARK = "Synthetic media:"

STATEMENT = f"{_MARK} the mouth was generated from speech and does not show what was said"

DRAWN_STATEMENT = "Drawing: facial landmarks that a program found, over a video"

PAINTED_STATEMENT = f"{_MARK} a painted face, which is nobody's, made to move its mouth"

REBUILT_STATEMENT = f"{_MARK} the mouth was put together from other frames of the same video"

LISTENING_STATEMENT = (
    f"{_MARK} the person did not listen to this: other footage was put together anew, with the "
    "mouth generated"
)


def container_tags(
    inp_id: str,
    tar_id: str | None,
    pass_id: str,
    voice: str | None = None,
    statement: str = STATEMENT,
) -> dict[str, str]:
    """Tags of a video file that name it synthetic.

    Parameters
    ----------
    inp_id, pass_id : str
    tar_id : str or None
        None where no target is shown, as in the video of mouth shapes.
    voice : str, optional
        Which program spoke the speech, if one did.
    statement : str
        What is synthetic about it.

    Returns
    -------
    dict
        Title, comment and description, which common players and tools show.
    """
    name = inp_id if tar_id is None else f"{inp_id}-{tar_id}"
    target = "" if tar_id is None else f" Target: {tar_id}."
    spoken = "" if voice is None else f", a synthetic voice ({voice})"
    return {
        "title": f"{name} (synthetic)",
        "comment": f"{statement}. Made with audio2video {__version__}, pass {pass_id}.",
        "description": f"{statement}. Speech: {inp_id}{spoken}.{target}",
    }


def painted_tags(inp_id: str, made_with: str, voice: str | None = None) -> dict[str, str]:
    """Tags of a painted face that speaks; the parameters are those of `container_tags`."""
    spoken = "" if voice is None else f", a synthetic voice ({voice})"
    return {
        "title": f"{inp_id} painted (synthetic)",
        "comment": f"{PAINTED_STATEMENT}. Made with audio2video {__version__}, pass {made_with}.",
        "description": f"{PAINTED_STATEMENT}. Speech: {inp_id}{spoken}.",
    }


def rebuilt_tags(tar_id: str) -> dict[str, str]:
    """Tags of a target rebuilt from itself, which names no speech and no pass."""
    return {
        "title": f"{tar_id} rebuilt (synthetic)",
        "comment": f"{REBUILT_STATEMENT}. Made with audio2video {__version__}.",
        "description": f"{REBUILT_STATEMENT}. Target: {tar_id}.",
    }


def drawn_tags(tar_id: str, source: Mapping[str, str]) -> dict[str, str]:
    """Tags of a video with landmarks drawn over it.

    It shows what its source shows: it is named synthetic just if that is.

    Parameters
    ----------
    tar_id : str
    source : mapping
        Tags of the video that was drawn on.

    Returns
    -------
    dict
    """
    said = next((text for text in source.values() if names_synthetic(text)), "")
    words = " ".join(f"{DRAWN_STATEMENT}. Made with audio2video {__version__}. {said}".split())
    return {
        "title": f"{tar_id} with landmarks" + (" (synthetic)" if said else ""),
        "comment": words,
        "description": words,
    }


def names_synthetic(tag: str) -> bool:
    """Tell whether the text of a tag is one that this package writes into synthetic media."""
    return _MARK in tag


def code_version() -> str:
    """Version of this package, with the commit if it runs from a checkout."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return __version__
    try:
        described = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return __version__
    return f"{__version__} ({described.stdout.strip()})"
