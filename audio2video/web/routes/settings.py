"""Options, presets, ranges of subtitles, and the check of a request before anything is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...config import Config
from ...config.files import read_options_file
from ...config.subtitles import parse_subtitles
from ...config.target_options import as_toml
from ...errors import Audio2VideoError, OptionError
from ...storage.files import replacing
from ...storage.ids import check_id
from ...storage.limits import MAX_TABLE_BYTES
from ..answers import RequestError, gone, read_body, read_json
from ..dub_request import GROUPS, DubRequest, plan, read_options, resolve, settable
from ..equal_command import command
from ..place import WebPlace
from ..server import server_of

COMMON = (
    "pass_id",
    "face",
    "face_at",
    "expressiveness",
    "teeth",
    "retiming",
    "fit",
    "keep_audio",
    "label",
    "consent",
)
"""Options that most people who change anything change; shown first."""


def options(request: Request) -> Response:
    """List all options of a result, from where the command line has them."""
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in GROUPS}
    found = settable()
    ranks = {flag: rank for rank, flag in enumerate(COMMON)}
    for flag in sorted(found, key=lambda one: ranks.get(one, len(ranks))):
        one = found[flag]
        groups[one.group].append(
            {
                "flag": flag,
                "kind": one.kind.__name__,
                "help": one.help,
                "unit": one.unit,
                "low": one.low,
                "high": one.high,
                "choices": one.choices,
                "default": one.default,
                "common": flag in ranks,
            }
        )
    told = [{"name": name, "options": members} for name, members in groups.items() if members]
    return JSONResponse({"groups": told})


async def check(request: Request) -> Response:
    """Say what a request would make, or what is wrong with it; nothing is started."""
    asked = DubRequest.from_json(await read_json(request))
    return JSONResponse(await anyio.to_thread.run_sync(_check, server_of(request).place, asked))


def _check(place: WebPlace, asked: DubRequest) -> dict[str, Any]:
    told: dict[str, Any] = {"problem": None, "plan": None, "command": ""}
    try:
        resolved = resolve(place, asked)
        found = plan(place, resolved, asked)
        told["plan"] = {
            "frames": found.frames,
            "seconds": float(found.frames / found.rate),
            "width": found.width,
            "height": found.height,
            "rate": float(found.rate),
            "estimate": found.seconds,
        }
        told["command"] = command(place, asked)
    except Audio2VideoError as error:
        told["problem"] = str(error)
    return told


async def subtitles(request: Request) -> Response:
    """Read the ranges of an SRT file."""
    content = await read_body(request, MAX_TABLE_BYTES)
    cues = parse_subtitles(content, Path("subtitles"))
    told = [{"start": float(cue.start), "end": float(cue.end), "text": cue.text} for cue in cues]
    return JSONResponse({"segments": told})


def presets(request: Request) -> Response:
    """Give all presets; one that can't be read is left out, as its file is the user's own."""
    found: dict[str, Any] = {}
    known = settable()
    for path in sorted(server_of(request).place.presets.glob("*.toml")):
        try:
            values = read_options_file(path, also=("steps",))
        except Audio2VideoError:
            continue
        found[path.stem] = {flag: v for flag, v in values.items() if flag in known}
    return JSONResponse(found)


async def keep_preset(request: Request) -> Response:
    """Keep options by a name; ``--config`` reads the file as well."""
    value = await read_json(request)
    if not isinstance(value, dict):
        raise RequestError(400, "the request must be a JSON object")
    values = read_options(value)
    Config().replace(**values)
    path = _preset(request)

    def write() -> None:
        # What a page can't set, as files, stays as it is.
        old = read_options_file(path, also=("steps",)) if path.is_file() else {}
        others = {flag: v for flag, v in old.items() if flag not in settable()}
        lines = [f"{flag} = {as_toml(v)}\n" for flag, v in {**others, **values}.items()]
        text = "".join(lines)
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")

    await anyio.to_thread.run_sync(write)
    return JSONResponse(values)


def remove_preset(request: Request) -> Response:
    """Remove a preset."""
    path = _preset(request)
    if not path.is_file():
        raise gone("preset")
    path.unlink()
    return Response(status_code=204)


def _preset(request: Request) -> Path:
    name = request.path_params["name"]
    try:
        check_id("preset", name)
    except OptionError as error:
        raise RequestError(422, f"a preset can't be called {name!r}; {error.hint}") from error
    return server_of(request).place.presets / f"{name}.toml"


ROUTES = [
    Route("/api/options", options),
    Route("/api/check", check, methods=["POST"]),
    Route("/api/subtitles", subtitles, methods=["POST"]),
    Route("/api/presets", presets),
    Route("/api/presets/{name}", keep_preset, methods=["PUT"]),
    Route("/api/presets/{name}", remove_preset, methods=["DELETE"]),
]
