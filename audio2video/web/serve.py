"""Serving a workspace: the socket, the address that is opened, and the end."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import Audio2VideoError, OptionError
from ..storage.locks import locked
from ..storage.workspace import Workspace
from .app import create_app
from .jobs.queue import JobQueue
from .place import WebPlace
from .security import Guard
from .server import Server
from .uploads import MAX_UPLOAD_BYTES

HEAD_SECONDS = 15.0
"""Seconds in which a request's head must have arrived."""

MAX_CONNECTIONS = 400
"""More are refused at once, so that those there are answered."""

MIN_PASSWORD = 8

NOT_ENCRYPTED = (
    "what is sent over the network is not encrypted, the password included: use it in a network "
    "that you trust, or behind a proxy with TLS"
)


class TimedProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, for clients that send the head of a request in time.

    One that sends a byte now and then would keep its connection for good.
    """

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._waiting = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Take in bytes; the wait ends when they made the head of a request whole."""
        before = self.cycle
        idle = before is None or before.response_complete
        if idle and self._waiting.cancelled():
            self._waiting = self.loop.call_later(HEAD_SECONDS, self._give_up)
        super().data_received(data)
        if self.cycle is not before or not idle:
            self._waiting.cancel()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._waiting.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        self._waiting.cancel()
        if not self.transport.is_closing():
            self.transport.close()


def serve(
    workspace: Workspace | str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8517,
    password: str | None = None,
    at_once: int = 1,
    max_upload: int = MAX_UPLOAD_BYTES,
    names: tuple[str, ...] = (),
    on_ready: Callable[[str], None] | None = None,
    on_note: Callable[[str], None] | None = None,
) -> None:
    """Serve the page of a workspace until the process is asked to stop.

    Parameters
    ----------
    workspace : Workspace, str or Path
    host : str
        Address to listen at; other than a loopback address demands a password.
    port : int
        0 for any that is free.
    password : str, optional
        Opens a session, instead of a token in the address.
    at_once : int
        Jobs that are made at the same time.
    max_upload : int
        Bytes of an uploaded file.
    names : tuple of str
        Further names that the server is known by.
    on_ready : callable, optional
        Called with the address to open.
    on_note : callable, optional
        Called with lines for whoever has started it.

    Raises
    ------
    OptionError
        There is no password where one is needed, or the address can't be listened at.
    Audio2VideoError
        The workspace can't be written, or is served already.
    """
    say = on_note or (lambda text: None)
    local = _is_loopback(host)
    if not local and password is None:
        raise OptionError(
            f"--host {host} lets others in, and there is no password",
            hint="set one with AUDIO2VIDEO_PASSWORD or --password_file, or leave --host out",
        )
    if password is not None and len(password) < MIN_PASSWORD:
        raise OptionError(f"a password needs at least {MIN_PASSWORD} characters")
    place = WebPlace(Workspace.at(workspace))
    place.create()
    with ExitStack() as stack:
        stack.enter_context(locked(place.lock, _served_already(place)))
        listening = stack.enter_context(_listen(host, port))
        queue = JobQueue(place, at_once)
        app = create_app(Server(place, queue, max_upload))
        guard = Guard(
            app,
            names={"127.0.0.1", "localhost", "::1", host, *names},
            any_address=not local,
            password=password,
            key=place.session_key(),
        )
        for problem in queue.start():
            say(f"warning: a job is left out: {problem}")
        if not local:
            say(f"warning: {NOT_ENCRYPTED}")
        address = f"http://{_shown(host)}:{listening.getsockname()[1]}/"
        if password is None:
            address += f"?token={guard.token}"
        _run(guard, listening, lambda: on_ready(address) if on_ready is not None else None)


def _run(guard: Guard, listening: socket.socket, ready: Callable[[], None]) -> None:
    config = uvicorn.Config(
        guard,
        http=TimedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        # Pages listen for events without an end: they are not waited for.
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        serving = asyncio.create_task(server.serve([listening]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if server.started:
            ready()
        await serving

    asyncio.run(run())


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(host: str) -> str:
    """Give a host as addresses have it."""
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise OptionError(
            f"--host {host} --port {port} can't be listened at ({error.strerror or error})",
            hint="choose another --port, or 0 for any that is free",
        ) from error
    listening.listen(128)
    listening.setblocking(False)
    return listening


def _served_already(place: WebPlace) -> Callable[[], None]:
    def refuse() -> None:
        raise Audio2VideoError(
            "another server serves this workspace",
            path=place.workspace.root,
            hint="use its page, end it, or choose another --workspace",
        )

    return refuse
