"""Compiled kernels: how functions are compiled, and where the machine code is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal

from platformdirs import user_cache_path


@cache
def kernel_folder() -> Path | None:
    """Folder in which compiled kernels are kept between runs; None where none can be written.

    It is ``NUMBA_CACHE_DIR`` if that is set, else in the user's cache folder: never beside the
    source, where nothing would remove it with the package, and where a user may not write.
    """
    own = os.environ.get("NUMBA_CACHE_DIR")
    package = Path(__file__).resolve().parent
    key = hashlib.sha256(os.fsencode(package)).hexdigest()[:12]
    folder = Path(own) if own else user_cache_path("audio2video", appauthor=False) / "kernels" / key
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK | os.X_OK) else None


def kernel(
    *, error_model: Literal["python", "numpy"] = "python"
) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function when it is first called, and keep the machine code between runs.

    The compiled function runs without the interpreter's lock and does not check bounds.

    Parameters
    ----------
    error_model : {'python', 'numpy'}
        With 'numpy', a division by zero gives infinity or NaN instead of raising.
    """
    import numba

    folder = kernel_folder()
    if folder is not None:
        numba.config.CACHE_DIR = str(folder)
    kept = folder is not None
    return numba.njit(cache=kept, nogil=True, error_model=error_model)  # type: ignore[no-any-return, unused-ignore]


def keeping_problem() -> str | None:
    """Say in one line why compiled kernels can't be kept, or None if they can."""
    if kernel_folder() is not None:
        return None
    return (
        "compiled functions can't be kept in the user's cache folder, so that each run compiles "
        "them again; name a folder in the environment variable NUMBA_CACHE_DIR"
    )


@contextmanager
def compiling_ahead(rehearsals: Iterable[Callable[[], object]]) -> Iterator[None]:
    """Compile kernels in a background thread during the first run's decoding and detection.

    A caller who needs a kernel meanwhile waits for the compiler's lock, and then finds it compiled.
    Where kernels are kept already, or can't be, this does nothing.

    Parameters
    ----------
    rehearsals : iterable of callable
        Each calls kernels with small arrays of the right types; taken in the thread.
    """
    folder = kernel_folder()
    if folder is None or any(folder.rglob("*.nbi")):
        yield
        return
    unwanted = Event()

    def work() -> None:
        with suppress(Exception):  # whoever needs the kernel meets the error, and reports it
            for rehearse in rehearsals:
                if unwanted.is_set():
                    return
                rehearse()

    thread = Thread(target=work, name="compiling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        unwanted.set()
        thread.join()
