"""Choosing: what is in the workspace, uploads, and how they look and sound."""

from __future__ import annotations

import math

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ... import __version__
from ...config import DEFAULT_PASS
from ..answers import RequestError
from ..library import describe, find_speech, find_target, list_library
from ..media import file_answer, frame_picture, waveform
from ..server import server_of
from ..uploads import KINDS, receive_media

KEPT = {"cache-control": "private, max-age=3600"}
"""Of pictures and waveforms: they follow from a file that has a name for good."""


def state(request: Request) -> Response:
    """Say what this server is."""
    server = server_of(request)
    return JSONResponse(
        {
            "version": __version__,
            "workspace": server.place.workspace.root.absolute().name,
            "max_upload": server.max_upload,
            "jobs_at_once": server.queue.at_once,
            "defaults": {"pass_id": DEFAULT_PASS},
        }
    )


def library(request: Request) -> Response:
    """List speech, targets, passes and presets."""
    return JSONResponse(list_library(server_of(request).place))


async def upload(request: Request) -> Response:
    """Take in a speech or a target."""
    server, query = server_of(request), request.query_params
    kind, name = query.get("kind", ""), query.get("name", "")
    if kind not in KINDS:
        raise RequestError(400, "'kind' must be speech or target")
    file_id = await receive_media(request, server.place, kind, name, server.max_upload)
    told = await anyio.to_thread.run_sync(describe, server.place, kind, file_id)
    return JSONResponse(told, 201)


def speech_waveform(request: Request) -> Response:
    """Give the waveform of a speech."""
    path = find_speech(server_of(request).place, request.path_params["id"])
    return JSONResponse(waveform(path), headers=KEPT)


def target_waveform(request: Request) -> Response:
    """Give the waveform of a target's own sound."""
    path = find_target(server_of(request).place, request.path_params["id"])
    return JSONResponse(waveform(path), headers=KEPT)


def sound(request: Request) -> Response:
    """Give a speech to be played."""
    return file_answer(request, find_speech(server_of(request).place, request.path_params["id"]))


def video(request: Request) -> Response:
    """Give a target to be played."""
    return file_answer(request, find_target(server_of(request).place, request.path_params["id"]))


def frame(request: Request) -> Response:
    """Give a frame of a target as JPEG."""
    path = find_target(server_of(request).place, request.path_params["id"])
    at, width = (_number(request, name, usual) for name, usual in (("at", 0.0), ("width", 480.0)))
    return Response(frame_picture(path, at, int(width)), media_type="image/jpeg", headers=KEPT)


def _number(request: Request, name: str, usual: float) -> float:
    text = request.query_params.get(name)
    try:
        value = usual if text is None else float(text)
    except ValueError as error:
        raise RequestError(400, f"'{name}' must be a number") from error
    if not math.isfinite(value):
        raise RequestError(400, f"'{name}' must be a number")
    return value


ROUTES = [
    Route("/api/state", state),
    Route("/api/library", library),
    Route("/api/uploads", upload, methods=["POST"]),
    Route("/api/speech/{id}/waveform", speech_waveform),
    Route("/api/speech/{id}/sound", sound),
    Route("/api/targets/{id}/waveform", target_waveform),
    Route("/api/targets/{id}/video", video),
    Route("/api/targets/{id}/frame", frame),
]
