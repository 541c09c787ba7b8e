"""Reading the marks of any file that is dropped onto the page."""

from __future__ import annotations

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...api.measure import verify
from ...errors import Audio2VideoError
from ..answers import RequestError
from ..server import server_of
from ..uploads import received_once


async def check_marks(request: Request) -> Response:
    """Say whether a file is marked as synthetic, by whom, and whether it was changed."""
    server, name = server_of(request), request.query_params.get("name", "")
    async with received_once(request, server.place, name, server.max_upload) as path:
        try:
            verdict = await anyio.to_thread.run_sync(verify, path)
        except Audio2VideoError as error:
            raise RequestError(422, f"{error.problem}") from error
    told = verdict.as_dict()
    told["file"] = name
    return JSONResponse(told)


ROUTES = [Route("/api/verify", check_marks, methods=["POST"])]
