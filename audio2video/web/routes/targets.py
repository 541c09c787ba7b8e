"""What is known of a target, and what is kept for it: people, teeth, consent, who speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...config import Config
from ...config.files import read_options_file
from ...config.resolve import resolve_config
from ...config.target_options import keep_options
from ...storage.files import file_hash
from ..answers import RequestError, read_json, text_field
from ..dub_request import read_options
from ..findings import people, teeth
from ..library import find_target
from ..media import file_answer
from ..server import Server, server_of

ROWS = {"upper": ("frameU", "lineU"), "lower": ("frameL", "lineL")}
"""Options of a row of teeth: its frame and its line."""


class _Target:
    """The target that a request is about."""

    def __init__(self, request: Request) -> None:
        self.id: str = request.path_params["id"]
        self.server: Server = server_of(request)
        self.video = find_target(self.server.place, self.id)
        self.digest = file_hash(self.video)[:16]

    @property
    def strip(self) -> Path:
        """Picture of its people."""
        return self.server.place.kept / f"people-{self.digest}.png"

    @property
    def teeth(self) -> Path:
        """Folder of pictures of its teeth."""
        return self.server.place.kept / f"teeth-{self.digest}"

    @property
    def workspace_root(self) -> Path:
        return self.server.place.workspace.root.absolute()

    def options(self) -> dict[str, Any]:
        """Read what its own options say."""
        path = self.server.place.workspace.target_options(self.id)
        found = read_options_file(path) if path.is_file() else {}
        return {flag: str(v) if isinstance(v, Path) else v for flag, v in found.items()}

    def keep(self, choices: dict[str, Any]) -> None:
        """Keep options, having checked them."""
        values = read_options(choices)
        Config().replace(**values)
        keep_options(self.server.place.workspace, self.id, {**dict.fromkeys(choices), **values})


def find_people(request: Request) -> Response:
    """Look for people, or tell how far that is."""
    target = _Target(request)
    tasks, key = target.server.tasks, f"people-{target.digest}"
    if request.method == "POST":
        tasks.start(key, people, target.video.absolute(), target.strip.absolute(), Config())
    return JSONResponse(tasks.look(key))


def people_picture(request: Request) -> Response:
    """Give the picture of the people."""
    return file_answer(request, _Target(request).strip)


def find_teeth(request: Request) -> Response:
    """Look for teeth, or tell how far that is."""
    target = _Target(request)
    if request.method == "POST":
        _start_teeth(target)
    return JSONResponse(target.server.tasks.look(_teeth_key(target)))


def _start_teeth(target: _Target) -> None:
    config = resolve_config(target.server.place.workspace, {"tar_id": target.id})
    paths = (target.workspace_root, target.video.absolute(), target.teeth.absolute())
    target.server.tasks.start(_teeth_key(target), teeth, *paths, config)


def _teeth_key(target: _Target) -> str:
    """Key of the task: another for other options."""
    return f"teeth-{target.digest}-{sorted(target.options().items())!r}"


def teeth_picture(request: Request) -> Response:
    """Give the rectified lower face of a frame."""
    number = request.path_params["frame"]
    return file_answer(request, _Target(request).teeth / f"{number}.png")


async def choose_teeth(request: Request) -> Response:
    """Keep which frames teeth are taken from, and their lines."""
    value = await read_json(request)
    if not isinstance(value, dict):
        raise RequestError(400, "the request must be a JSON object")
    choices: dict[str, Any] = {}
    for row, flags in ROWS.items():
        asked = value.get(row)
        if asked is not None and not isinstance(asked, dict):
            raise RequestError(400, f"'{row}' must be an object or null")
        for flag, name in zip(flags, ("frame", "line"), strict=True):
            choices[flag] = None if asked is None else asked.get(name)

    def keep() -> dict[str, Any]:
        target = _Target(request)
        target.keep(choices)
        _start_teeth(target)
        return target.server.tasks.look(_teeth_key(target))

    return JSONResponse(await anyio.to_thread.run_sync(keep))


def options(request: Request) -> Response:
    """Give a target's own options."""
    return JSONResponse(_Target(request).options())


async def keep_consent(request: Request) -> Response:
    """Keep who agreed to what; an empty statement is kept as asked, and not given."""
    statement = text_field(await read_json(request), "statement")
    said = None if statement is None else statement.strip()

    def keep() -> None:
        target = _Target(request)
        target.keep({"consent": said or None})
        target.server.place.keep_asked(target.id, asked=said == "")

    await anyio.to_thread.run_sync(keep)
    return JSONResponse({"statement": said})


async def keep_speaker(request: Request) -> Response:
    """Keep who speaks."""
    value = await read_json(request)
    place = text_field(value, "place")
    number = value.get("number")
    if place is not None:
        number = None
    choice = {"face": number, "face_at": place}
    await anyio.to_thread.run_sync(lambda: _Target(request).keep(choice))
    return JSONResponse({flag: v for flag, v in choice.items() if v is not None})


ROUTES = [
    Route("/api/targets/{id}/people", find_people, methods=["GET", "POST"]),
    Route("/api/targets/{id}/people.png", people_picture),
    Route("/api/targets/{id}/teeth", choose_teeth, methods=["PUT"]),
    Route("/api/targets/{id}/teeth", find_teeth, methods=["GET", "POST"]),
    Route("/api/targets/{id}/teeth/{frame:int}.png", teeth_picture),
    Route("/api/targets/{id}/options", options),
    Route("/api/targets/{id}/consent", keep_consent, methods=["PUT"]),
    Route("/api/targets/{id}/speaker", keep_speaker, methods=["PUT"]),
]
