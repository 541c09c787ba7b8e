"""Who may ask the server for something: token or password, origin, host; and what pages may do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "audio2video-"
"""Beginning of the cookie's name; the rest tells servers of one machine apart."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""What a page may load: nothing but this server's own files."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
}

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

OPEN = ("/login", "/static/")
"""Beginnings of paths that are answered without a session: the package's own files, with which the
form for the password is shown."""

REFUSED_HOST = "this server is not known by that name"
REFUSED_ORIGIN = "another site has asked for this, which is refused"
NO_SESSION = "open the address that the command line has printed, or log in"

MAX_FORM_BYTES = 4096

WRONG_SECONDS = 0.3
"""Seconds that a wrong password costs everybody: nobody tries many."""


class Guard:
    """Lets requests through that come from this server's own pages, in a session.

    Parameters
    ----------
    app : ASGI application
    names : iterable of str
        Host names that the server is known by, without port; addresses are known anyway where
        `any_address`.
    any_address : bool
        Whether requests may name the host by any IP address. No rebound name of another site does.
    password : str, optional
        Opens a session; without one, a token in the address does.
    key : bytes
        What sessions are made of: with the same key and password they outlive the server.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: Iterable[str],
        any_address: bool = False,
        password: str | None = None,
        key: bytes,
    ) -> None:
        self._app = app
        self._names = {name.lower() for name in names}
        self._any_address = any_address
        self._password = password
        self.token = secrets.token_urlsafe(24)
        self.cookie = COOKIE + hashlib.sha256(key).hexdigest()[:12]
        self._trying = asyncio.Lock()
        self._session = hmac.new(key, (password or "").encode(), "sha256").hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            # Nothing here speaks over web sockets.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        request = Request(scope, receive)
        refusal = self._refusal(request)
        if refusal is None and request.url.path == "/login" and request.method == "POST":
            refusal = await self._log_in(request)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        """Give the answer to a request that is not passed on."""
        headers, path = request.headers, request.url.path
        if not self._knows_host(headers.get("host", "")):
            return _answer(421, REFUSED_HOST)
        if request.method not in SAFE and not _same_origin(headers):
            return _answer(403, REFUSED_ORIGIN)
        if path.startswith(OPEN) or self._has_session(headers):
            return None
        given = parse_qs(request.url.query).get("token", [""])[0]
        if self._password is None and path == "/" and _equal(given, self.token):
            return self._open_session("/")
        if path == "/" and self._password is not None:
            return RedirectResponse("/login", 303)
        return _answer(401, NO_SESSION)

    async def _log_in(self, request: Request) -> Response:
        body = b""
        async for block in request.stream():
            body += block
            if len(body) > MAX_FORM_BYTES:
                return _answer(413, "no password is that long")
        given = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        async with self._trying:  # one after the other, however many ask at once
            if self._password is not None and _equal(given, self._password):
                return self._open_session("/")
            await asyncio.sleep(WRONG_SECONDS)
        return RedirectResponse("/login?wrong=1", 303)

    def _open_session(self, path: str) -> Response:
        """Go on without the token in the address, which stays in no history."""
        response = RedirectResponse(path, 303)
        response.set_cookie(self.cookie, self._session, httponly=True, samesite="strict", path="/")
        return response

    def _has_session(self, headers: Headers) -> bool:
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(headers.get("cookie", ""))
        except CookieError:
            return False
        found = cookies.get(self.cookie)
        return found is not None and _equal(found.value, self._session)

    def _knows_host(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in self._names:
            return True
        if not self._any_address:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _same_origin(headers: Headers) -> bool:
    """Tell whether a page of this server sends a request, or no browser at all."""
    origin = headers.get("origin")
    if origin is None:
        # Browsers say it with every request that changes something; others hold no session that
        # a foreign page could use.
        return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def _equal(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())


def _answer(status: int, why: str) -> JSONResponse:
    return JSONResponse({"error": why}, status)
