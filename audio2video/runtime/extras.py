"""Libraries that only some commands need, and the extras that install them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

from ..errors import MissingLibraryError


class _Library(NamedTuple):
    """A library that is no core dependency."""

    name: str
    extra: str


LIBRARIES = {
    "tensorflow": _Library("TensorFlow", "train"),
    "tensorboard": _Library("TensorBoard", "train"),
    "scenedetect": _Library("PySceneDetect", "train"),
    "distributed": _Library("dask.distributed", "cluster"),
    "yt_dlp": _Library("yt-dlp", "download"),
    "skimage": _Library("scikit-image", "evaluate"),
    "sse_starlette": _Library("sse-starlette", "web"),
    "starlette": _Library("Starlette", "web"),
    "uvicorn": _Library("uvicorn", "web"),
}
"""By the name under which each is imported."""


def require(purpose: str, *modules: str, otherwise: str = "") -> None:
    """Check that libraries are installed, without importing them.

    Parameters
    ----------
    purpose : str
        What needs them: the subject of the message.
    *modules : str
        Keys of `LIBRARIES`.
    otherwise : str, optional
        What else the user can do.

    Raises
    ------
    MissingLibraryError
        At least one is missing. The hint has the command that installs all that are.

    Examples
    --------
    >>> require("training", "tensorflow")  # doctest: +SKIP
    MissingLibraryError: training needs TensorFlow, which is not installed; pip install
    'audio2video[train]'
    """
    missing = [LIBRARIES[module] for module in modules if find_spec(module) is None]
    if not missing:
        return
    names = " and ".join(library.name for library in missing)
    extras = ",".join(sorted({library.extra for library in missing}))
    verb = "are" if len(missing) > 1 else "is"
    raise MissingLibraryError(
        f"{purpose} needs {names}, which {verb} not installed",
        hint=f"pip install 'audio2video[{extras}]'" + (f", or {otherwise}" if otherwise else ""),
    )
