"""The window on a run as one HTML file that needs nothing else, and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from typing import Any

from ..errors import BadFileError, OptionError
from ..storage.files import replacing
from .budget import MAX_BYTES, halved
from .bundle import bundled

WINDOW = Path(__file__).resolve().parent / "window"
"""Modules, styles and template of the window; a server serves them as they are."""

STYLES = ("tokens.css", "window.css")
ENTRY = "window.js"

MARK = 'name="generator" content="audio2video inspect"'
"""By this a page of ours is known, near its beginning."""

_MARK_BYTES = 2000

_BASE = "body { margin: 0; background: var(--paper); }\n"

_START = """
const told = document.getElementById("data");
showWindow(document.getElementById("window"), JSON.parse(told.textContent));
"""


def check_place(path: Path) -> None:
    """Make sure that a page may be written to a place.

    Raises
    ------
    OptionError
        It is no HTML file's name.
    BadFileError
        Something else is there: nothing but a page of ours is replaced.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise OptionError("the page is an HTML file", path=path, hint="end it in .html")
    if path.is_dir():
        raise BadFileError("is a folder", path=path, hint="choose another name")
    if not path.exists():
        return
    with path.open("rb") as file:
        begins = file.read(_MARK_BYTES).decode("utf-8", "replace")
    if MARK not in begins:
        raise BadFileError(
            "is there already, and is not a page of 'audio2video inspect'",
            path=path,
            hint="choose another name",
        )


def write_page(data: dict[str, Any], path: Path, *, most: int = MAX_BYTES) -> int:
    """Write the window on a run as one HTML file.

    Parameters
    ----------
    data : dict
        From `audio2video.inspection.gather.gather`.
    path : Path
        Where to; a page of ours that is there is replaced.
    most : int
        Bytes; pictures are left out until it fits.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    OptionError, BadFileError
        See `check_place`.
    Audio2VideoError
        The file can't be written.
    """
    check_place(path)
    page = page_of(data)
    while len(page) > most and any(len(layer["shots"]) > 1 for layer in data["layers"]):
        data = halved(data)
        page = page_of(data)
    with replacing(path) as temporary:
        temporary.write_bytes(page)
    return len(page)


def page_of(data: dict[str, Any]) -> bytes:
    """Give the window on a run as the bytes of an HTML file."""
    names = sorted(path.name for path in WINDOW.glob("*.js"))
    script = bundled({name: _read(name) for name in names}, ENTRY) + _START
    style = "".join(_read(name) for name in STYLES) + _BASE
    parts = {
        "policy": _policy(style, script),
        "title": html.escape(f"{data['name']}: a run of audio2video"),
        "style": style,
        "data": _quoted(data),
        "script": script,
    }
    page = _read("page.html")
    before, *rest = page.split("{{")
    made = [before]
    for part in rest:
        name, after = part.split("}}", 1)
        made += [parts[name], after]
    return "".join(made).encode("utf-8")


def _policy(style: str, script: str) -> str:
    """Tell what the page may do: run this script in this style, and show what is in it."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            "img-src data: blob:",
            "media-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"


def _quoted(data: dict[str, Any]) -> str:
    """JSON that can't end the element that it stands in, whatever names of files it holds."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _read(name: str) -> str:
    return (WINDOW / name).read_text(encoding="utf-8")
