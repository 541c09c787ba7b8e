"""Atomic writes, and identification of files by content."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import Audio2VideoError, BadFileError, MissingFileError
from .limits import MAX_JSON_BYTES, read_limited


@contextmanager
def replacing(product: Path) -> Iterator[Path]:
    """Write a file or folder under a temporary name; it takes its place when all went well.

    Parameters
    ----------
    product : Path
        What is to be there in the end. A link is replaced itself, not what it leads to.

    Yields
    ------
    Path
        Temporary path beside it, with the same suffix; write there.

    Raises
    ------
    Audio2VideoError
        The place can't be written or the disk is full.
    """
    temporary = temporary_beside(product)
    try:
        product.parent.mkdir(parents=True, exist_ok=True)
        sweep(product)
        # In a container a killed run may have had this process's own number.
        remove(temporary)
        yield temporary
        old = temporary.with_name(f"{temporary.name}.old")
        if product.is_dir() and temporary.is_dir():
            product.rename(old)  # a folder can't be renamed onto another
        temporary.replace(product)
        remove(old)
    except Audio2VideoError as error:
        if error.path == temporary:
            error.path = product  # the temporary name says nothing to the user
        raise
    except OSError as error:
        raise Audio2VideoError(
            f"can't be written ({error.strerror or error})",
            path=product,
            hint="check the folder's permissions and the space on the disk",
        ) from error
    finally:
        try:
            remove(temporary)
        except KeyboardInterrupt:  # a large folder takes a while
            remove(temporary)
            raise


def temporary_beside(product: Path) -> Path:
    """Name for a file that is to become a product: hidden, of this process, with its suffix."""
    return product.with_name(f".{_stub(product)}.tmp-{os.getpid()}{product.suffix}")


def _stub(product: Path) -> str:
    """Stem of a product, or a stand-in for one that leaves no room for more."""
    stem = product.stem
    return stem if len(stem.encode()) <= 160 else hashlib.sha256(stem.encode()).hexdigest()[:16]


def sweep(product: Path) -> None:
    """Remove temporary files of this product that killed runs left."""
    # A temporary file may have a temporary file of its own, hence the first star.
    for left in product.parent.glob(f".*{_glob_escape(_stub(product))}.tmp-*"):
        if is_leftover(left):
            remove(left)


def _glob_escape(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _alive(pid: int) -> bool:
    if os.name == "nt":  # signal 0 would be Ctrl-C there; what is left over stays
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def discard(path: Path) -> bool:
    """Remove a file or folder such that no other process ever sees it half gone.

    What others have open or mapped stays readable to them, except on Windows, where it can't be
    removed.

    Returns
    -------
    bool
        False if it could not be removed; it is whole then.
    """
    hidden = temporary_beside(path)
    try:
        path.rename(hidden)
    except OSError:
        return False
    remove(hidden)
    return True


def set_aside(product: Path) -> Path:
    """Rename a file that is to be kept, beside it; returns its new place."""
    number = 1
    while (kept := product.with_name(f"{product.stem}.kept-{number}{product.suffix}")).exists():
        number += 1
    product.rename(kept)
    return kept


def mark_used(path: Path) -> None:
    """Note that a file is used now, on file systems too that do not note when files are read."""
    with suppress(OSError):
        stat = path.stat()
        os.utime(path, ns=(time.time_ns(), stat.st_mtime_ns))


def is_leftover(path: Path) -> bool:
    """Whether a file or folder is a killed run's temporary one."""
    hidden, mark, rest = path.name.rpartition(".tmp-")
    pid = rest.split(".")[0]
    return bool(mark) and hidden.startswith(".") and pid.isdigit() and not _alive(int(pid))


def remove(path: Path) -> None:
    """Remove a file, folder or link (not its target), ignoring failures."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def append_line(path: Path, line: str) -> None:
    """Add a line to a text file, unless it is a link.

    Raises
    ------
    OSError
        It can't be written.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o666), "a", encoding="utf-8", errors="replace") as file:
        file.write(f"{line}\n")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    BadFileError
        It is not one, is not there, or is larger than `MAX_JSON_BYTES`.
    """
    try:
        content = json.loads(read_limited(path, MAX_JSON_BYTES, "remove it").decode("utf-8"))
    except (MissingFileError, ValueError, RecursionError) as error:
        raise BadFileError("can't be read as JSON", path=path, hint="remove it") from error
    if not isinstance(content, dict):
        raise BadFileError("not a JSON object", path=path, hint="remove it")
    return content


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    stat = path.stat()
    state = (stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return _file_hash(str(path.resolve()), state)


@lru_cache(maxsize=256)
def _file_hash(path: str, state: tuple[int, ...]) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_key(parts: Mapping[str, Any]) -> str:
    """Key that is equal only for equal parts, in hexadecimal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
