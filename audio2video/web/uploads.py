"""Files that a browser sends: streamed to disk with a limit, and looked at before they are kept."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import anyio
from starlette.requests import Request

from ..errors import Audio2VideoError, MissingFileError
from ..media.audio import probe_audio
from ..media.video import probe_video
from ..storage.files import file_hash, remove, temporary_beside
from ..storage.ids import DEFAULT_ID, MAX_ID_BYTES, id_from_path
from ..storage.workspace import NO_SUFFIXES, Workspace
from .answers import RequestError
from .place import UPLOAD_FOLDERS, WebPlace

MAX_UPLOAD_BYTES = 8 << 30
"""Largest file, unless told otherwise."""

SILENT_SECONDS = 30.0
"""Seconds in which something of an upload must arrive."""

SPARE_BYTES = 256 << 20
"""Room on the disk that an upload leaves."""

MAX_SUFFIX = 10

KINDS = tuple(UPLOAD_FOLDERS)

_NAMING = threading.Lock()
"""Held while a file that has arrived gets its name."""


async def receive(request: Request, product: Path, most: int) -> None:
    """Write the body of a request to a file.

    Parameters
    ----------
    request : Request
    product : Path
        Removed again if not all arrives.
    most : int
        Bytes.

    Raises
    ------
    RequestError
        It is larger, the disk is full, or nothing more arrives.
    """
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else 0
    _check_room(size, product.parent, most)
    written = 0
    try:
        async with await anyio.open_file(product, "xb") as file:
            async for block in _blocks(request):
                written += len(block)
                if written > most:
                    raise _too_large(most)
                await file.write(block)
        if not written:
            raise RequestError(422, "the file is empty")
    except OSError as error:
        raise RequestError(507, f"the file can't be kept ({error.strerror or error})") from error
    except TimeoutError as error:
        raise RequestError(408, f"nothing arrived for {SILENT_SECONDS:.0f} s") from error


async def _blocks(request: Request) -> AsyncIterator[bytes]:
    blocks = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(blocks), SILENT_SECONDS)
        except StopAsyncIteration:
            return
        except asyncio.TimeoutError as error:  # another class before Python 3.11
            raise TimeoutError from error


def _check_room(size: int, folder: Path, most: int) -> None:
    if size > most:
        raise _too_large(most)
    if size + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise RequestError(507, "there is no room for this file on the disk of the workspace")


def _too_large(most: int) -> RequestError:
    return RequestError(413, f"larger than {most / 2**30:.3g} GiB; --max_upload allows more")


@asynccontextmanager
async def received_once(
    request: Request, place: WebPlace, name: str, most: int
) -> AsyncIterator[Path]:
    """Receive a file, and remove it after it has been looked at."""
    path = place.for_once(_suffix(name))
    temporary = temporary_beside(path)
    try:
        await receive(request, temporary, most)
        yield temporary
    finally:
        remove(temporary)


async def receive_media(request: Request, place: WebPlace, kind: str, name: str, most: int) -> str:
    """Receive a speech or a target, and bring it into the workspace.

    Parameters
    ----------
    request : Request
    place : WebPlace
    kind : str
        One of `KINDS`.
    name : str
        As the browser calls the file; only its last part counts.
    most : int
        Bytes.

    Returns
    -------
    str
        Its id: the same file gets the one that it has already.

    Raises
    ------
    Audio2VideoError
        It can't be used; it is not kept then.
    RequestError
        See `receive`.
    """
    folder = place.workspace.inside(*UPLOAD_FOLDERS[kind])
    plain = Path(name.replace("\\", "/")).name
    wanted = id_from_path(DEFAULT_ID, Path(plain or "upload")) or "upload"
    # Unlike the id's file, which another upload of the same name may be on its way to.
    temporary = temporary_beside(folder / f"{place.for_once('').name}{_suffix(plain)}")
    try:
        await receive(request, temporary, most)
        return await anyio.to_thread.run_sync(
            _bring, place.workspace, kind, plain or wanted, wanted, temporary
        )
    finally:
        remove(temporary)


def _bring(workspace: Workspace, kind: str, name: str, wanted: str, temporary: Path) -> str:
    """Look at a file that has arrived, and give it a name that no other has."""
    try:
        if kind == "speech":
            probe_audio(temporary)
        else:
            probe_video(temporary)
    except Audio2VideoError as error:
        # The user knows the file by the name it came with.
        error.path = Path(name)
        raise
    digest = file_hash(temporary)
    with _NAMING:
        for file_id in _names(wanted):
            there = _owner(workspace, kind, file_id)
            if there is None:
                temporary.rename(temporary.with_name(f"{file_id}{temporary.suffix}"))
                return file_id
            if there.is_file() and file_hash(there) == digest:
                return file_id
    raise AssertionError("names do not end")


def _names(wanted: str) -> Iterator[str]:
    """Give an id, and others like it in case it is taken."""
    yield wanted
    for number in count(2):
        ending = f"-{number}"
        room = MAX_ID_BYTES - len(ending)
        yield wanted.encode()[:room].decode(errors="ignore").rstrip(". ") + ending


def _owner(workspace: Workspace, kind: str, file_id: str) -> Path | None:
    """Find the file that has an id, the embedded demo's too; the folder if there are several."""
    find = workspace.input_audio if kind == "speech" else workspace.target_video
    try:
        return find(file_id)
    except MissingFileError:
        return None
    except Audio2VideoError:
        return workspace.root


def _suffix(name: str) -> str:
    """Give the suffix that an uploaded file keeps: what a person knows it by."""
    suffix = Path(name).suffix.lower()
    plain = suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= MAX_SUFFIX
    return suffix if plain and suffix not in NO_SUFFIXES else ".media"
