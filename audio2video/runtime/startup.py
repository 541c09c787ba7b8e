"""Settings of the process that libraries read once, when they are imported."""

from __future__ import annotations

import os

from platformdirs import user_cache_path

BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Read by the libraries under NumPy and SciPy when these are imported."""


def prepare_process() -> None:
    """Set the environment of a command, before anything heavy is imported.

    A variable that the user has set stays. Programs that import the package set their own.

    BLAS gets one thread: products here are small (251 x 257 by 257 x 40 for the speech features),
    two threads of two processes on two cores wait for each other in them, and with one thread the
    bytes of a result do not depend on the number of cores.
    """
    for name in BLAS_VARIABLES:
        os.environ.setdefault(name, "1")
    # Its own place is in the user's configuration, which is none of this program's business.
    cache = user_cache_path("audio2video", appauthor=False)
    os.environ.setdefault("MPLCONFIGDIR", str(cache / "matplotlib"))
