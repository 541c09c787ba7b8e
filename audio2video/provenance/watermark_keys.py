"""The keys of watermarks: one that marks, and older ones that are still looked for."""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path

from ..errors import Audio2VideoError, BadFileError
from ..storage.limits import read_limited
from ..storage.locks import locked
from .credentials import config_folder, write_privately

FILE = "watermark.keys"
"""Keys beside the signing key: one a line, in hexadecimal, the one that marks first."""

KEY_BYTES = 32

MAX_KEYS = 16
"""Each key is looked for in turn, which takes time, and makes a false alarm likelier."""

_MAX_FILE_BYTES = 1 << 16


def watermark_keys() -> list[bytes]:
    """Give all keys, the one that marks first; none if none was made yet.

    Raises
    ------
    BadFileError
        The file holds something else, or too many of them.
    """
    path = config_folder() / FILE
    return _parse(path) if path.is_file() else []


def marking_key() -> bytes:
    """Give the key that marks; the first time, make it.

    Raises
    ------
    BadFileError
        The file of keys can't be used.
    Audio2VideoError
        A new one can't be kept.
    """
    path = config_folder() / FILE
    if not path.is_file():
        try:
            with locked(path.with_name(f".{FILE}.lock")):
                if not path.is_file():
                    write_privately(path, f"{secrets.token_hex(KEY_BYTES)}\n".encode())
        except Audio2VideoError as error:
            error.hint = (
                "a key of watermarks is to be kept there; or use --watermark False and "
                "--watermark_audio False"
            )
            raise
    return _parse(path)[0]


def key_name(key: bytes) -> str:
    """Name a key without telling it."""
    return hashlib.sha256(b"name" + key).hexdigest()[:12]


def _parse(path: Path) -> list[bytes]:
    keys: list[bytes] = []
    text = read_limited(path, _MAX_FILE_BYTES).decode("utf-8", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        said = line.partition("#")[0].strip()
        if not said:
            continue
        if re.fullmatch(rf"[0-9a-fA-F]{{{2 * KEY_BYTES}}}", said) is None:
            raise BadFileError(
                f"line {number} is no key of watermarks",
                path=path,
                hint=f"a key is {2 * KEY_BYTES} hexadecimal digits; what follows # is a remark",
            )
        keys.append(bytes.fromhex(said))
    if not 0 < len(keys) <= MAX_KEYS:
        raise BadFileError(
            f"holds {len(keys)} keys of watermarks",
            path=path,
            hint=f"1 to {MAX_KEYS} can be used; a removed file is made anew, with a new key",
        )
    return keys
