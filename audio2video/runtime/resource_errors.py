"""Resource failures (memory, disk, permissions) as one-line errors."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..errors import Audio2VideoError

_MEMORY_HINT = "end other programs, raise the limit (ulimit -v), or give --nthreads 1"
_DISK_HINT = "make room on the disk; what is finished is kept, run it again to go on"
_ACCESS_HINT = "check permissions of the file and its folder"

_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_BROKEN = frozenset({errno.EIO, errno.EMFILE, errno.ENFILE})

_NO_MEMORY_IN_CV2 = -4
_NOT_LOADED = ("failed to map segment", "cannot allocate memory", "cannot apply additional memory")


def as_resource_error(error: BaseException | None) -> Audio2VideoError | None:
    """Convert a resource failure into a one-line error.

    Parameters
    ----------
    error : BaseException or None
        Looked at with all that it comes of.

    Returns
    -------
    Audio2VideoError or None
        None if the error is not a resource failure or already names the file.
    """
    # A message that names a file already says more than the system does, but not of memory: what
    # could not be read for lack of it is not damaged.
    told = isinstance(error, Audio2VideoError)
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        number = getattr(error, "errno", None)
        if _is_of_memory(error, number):
            return Audio2VideoError("not enough memory", hint=_MEMORY_HINT)
        if not told and number in _FULL | _FORBIDDEN | _BROKEN:
            return _of_file(error, int(number))
        error = error.__cause__ or error.__context__
    return None


def _of_file(error: BaseException, number: int) -> Audio2VideoError:
    why = os.strerror(number)
    name = getattr(error, "filename", None)
    path = Path(os.fsdecode(name)) if isinstance(name, (str, bytes)) else None
    if number in _FULL:
        return Audio2VideoError(f"can't be written ({why})", path=path, hint=_DISK_HINT)
    hint = _ACCESS_HINT if number in _FORBIDDEN else "run it again"
    return Audio2VideoError(f"can't be used ({why})", path=path, hint=hint)


def _is_of_memory(error: BaseException, number: int | None) -> bool:
    return (
        isinstance(error, MemoryError)
        or number == errno.ENOMEM
        # Told by name: the libraries are imported only where they are needed.
        or (type(error).__module__ == "cv2" and getattr(error, "code", 0) == _NO_MEMORY_IN_CV2)
        or type(error).__name__ == "ResourceExhaustedError"
        or (isinstance(error, RuntimeError) and "start new thread" in str(error))
        or (
            # A library of compiled code.
            isinstance(error, (ImportError, OSError)) and any(t in str(error) for t in _NOT_LOADED)
        )
    )
