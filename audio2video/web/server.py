"""What the parts of a running server share."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from .jobs.queue import JobQueue
from .place import WebPlace
from .tasks import Tasks


@dataclass
class Server:
    """A running server.

    Parameters
    ----------
    place : WebPlace
    queue : JobQueue
    max_upload : int
        Bytes.
    tasks : Tasks
    """

    place: WebPlace
    queue: JobQueue
    max_upload: int
    tasks: Tasks = field(default_factory=Tasks)


def server_of(request: Request) -> Server:
    """Give the server that answers a request."""
    server: Server = request.app.state.server
    return server
