"""Marks that say what is synthetic."""

from __future__ import annotations

from . import __version__

STATEMENT = "Synthetic media: the mouth was generated from speech and does not show what was said"


def container_tags(inp_id: str, tar_id: str, pass_id: str) -> dict[str, str]:
    """Tags of the video file that name it synthetic.

    Parameters
    ----------
    inp_id, tar_id, pass_id : str

    Returns
    -------
    dict
        Title, comment and description, which common players and tools show.
    """
    return {
        "title": f"{inp_id}-{tar_id} (synthetic)",
        "comment": f"{STATEMENT}. Made with audio2video {__version__}, pass {pass_id}.",
        "description": f"{STATEMENT}. Speech: {inp_id}. Target: {tar_id}.",
    }
