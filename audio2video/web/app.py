"""The application: routes, guard and life of the server's parts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .. import inspection
from .answers import HANDLERS
from .routes import jobs, library, marks, settings, targets
from .server import Server

STATIC = Path(__file__).parent / "static"
WINDOW = Path(inspection.__file__).parent / "window"

FILE_THREADS = 24
"""Requests for files and descriptions that are answered at the same time."""


def page(request: Request) -> Response:
    """Give the page."""
    return FileResponse(STATIC / "index.html")


def login(request: Request) -> Response:
    """Give the form for the password."""
    return FileResponse(STATIC / "login.html")


def create_app(server: Server) -> Starlette:
    """Make the application.

    Parameters
    ----------
    server : Server
        Its queue is started and ended with the application.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = FILE_THREADS
        try:
            yield
        finally:
            await anyio.to_thread.run_sync(server.queue.end)
            await anyio.to_thread.run_sync(server.tasks.end)

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/login", login),
            *library.ROUTES,
            *targets.ROUTES,
            *settings.ROUTES,
            *marks.ROUTES,
            *jobs.ROUTES,
            Mount("/static/window", StaticFiles(directory=WINDOW)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.server = server
    return app
