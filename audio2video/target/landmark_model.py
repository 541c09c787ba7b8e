"""Cache key of the landmark model that a run uses."""

from __future__ import annotations

from pathlib import Path

from ..storage.files import file_hash


def landmark_model_key(model: Path | None) -> str:
    """Hash of the user's own model, or 'packaged'.

    A model that is not there counts as packaged here: it is refused where it is to be loaded.
    """
    return file_hash(model) if model is not None and model.is_file() else "packaged"
