"""Workspaces that the API makes for callers who give none."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from ..storage.cache import choose, find_cached, remove
from ..storage.workspace import Workspace, shipped

KEPT_DAYS = 30
"""Analyses in the user's cache folder are removed when unused for this long."""


def cache_workspace() -> Workspace:
    """Give the workspace in the user's cache folder: analyses of targets are kept there."""
    return Workspace(user_cache_path("audio2video", appauthor=False) / "workspace")


def as_workspace(given: Workspace | str | Path | None) -> Workspace:
    """Take a folder for the workspace in it, and the one in the user's cache folder for none."""
    return cache_workspace() if given is None else Workspace.at(given)


def remove_unused(workspace: Workspace) -> None:
    """Remove analyses that have not been used for `KEPT_DAYS`."""
    remove(workspace, choose(find_cached(workspace), older=KEPT_DAYS))


def demo_speech() -> Path:
    """Give the path of the embedded demo speech: nine seconds of a synthetic voice."""
    return Workspace(shipped()).input_audio("demo")


def demo_video() -> Path:
    """Give the path of the embedded demo video: a painted presenter, no real person."""
    return Workspace(shipped()).target_video("demo")
