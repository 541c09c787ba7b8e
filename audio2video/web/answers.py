"""Answers that all parts of the server give: JSON, and errors in the command line's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ..errors import Audio2VideoError, MissingFileError
from ..runtime.resource_errors import as_resource_error

MAX_JSON_BYTES = 1 << 20
"""What a browser may send as JSON."""


class RequestError(Exception):
    """A request that can't be answered.

    Parameters
    ----------
    status : int
        HTTP status.
    why : str
        In one line.
    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def gone(what: str) -> RequestError:
    """Give the error for something that is not there."""
    return RequestError(404, f"no such {what}")


async def read_json(request: Request) -> Any:
    """Read the body of a request as JSON.

    Raises
    ------
    RequestError
        It is too long, or no JSON.
    """
    body = await read_body(request, MAX_JSON_BYTES)
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestError(400, "the request is no JSON") from error


async def read_body(request: Request, most: int) -> bytes:
    """Read the body of a request whole.

    Raises
    ------
    RequestError
        It is longer than `most` bytes.
    """
    body = bytearray()
    async for block in request.stream():
        body += block
        if len(body) > most:
            raise RequestError(413, f"larger than {most:,} bytes")
    return bytes(body)


def text_field(value: Any, name: str) -> str | None:
    """Take a text out of a JSON object; None if it is null or missing.

    Raises
    ------
    RequestError
        It is something else.
    """
    if not isinstance(value, Mapping):
        raise RequestError(400, "the request must be a JSON object")
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise RequestError(400, f"'{name}' must be a text")
    return found


def _as_answer(status: int, why: object) -> JSONResponse:
    return JSONResponse({"error": " ".join(str(why).split())}, status)


async def on_request_error(request: Request, error: Exception) -> Response:
    """Answer what a request did wrong."""
    assert isinstance(error, RequestError)
    return _as_answer(error.status, error)


async def on_known_error(request: Request, error: Exception) -> Response:
    """Answer in the words of the command line."""
    assert isinstance(error, Audio2VideoError)
    return _as_answer(404 if isinstance(error, MissingFileError) else 422, error)


async def on_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses."""
    assert isinstance(error, HTTPException)
    return _as_answer(error.status_code, error.detail)


async def on_disconnect(request: Request, error: Exception) -> Response:
    """Answer nobody: whoever asked has gone."""
    return Response(status_code=499)


async def on_any_error(request: Request, error: Exception) -> Response:
    """Answer an error that is a defect here, or a lack of memory or disk."""
    why = as_resource_error(error) or f"{type(error).__name__}: {error}"
    return _as_answer(500, why)


HANDLERS = {
    RequestError: on_request_error,
    Audio2VideoError: on_known_error,
    HTTPException: on_http_error,
    ClientDisconnect: on_disconnect,
    Exception: on_any_error,
}
