"""What every request passes: headers, the guard of posts, the log. Plain ASGI."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pledge.access_lines import REQUEST, access_lines
from pledge.measures import Measures
from pledge.store.database import UNAVAILABLE
from pledge.web.problems import http_problem, unavailable, unexpected
from pledge.web.sign_pages import SignPages, visit_of

_log = structlog.get_logger()

# Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
BODY_WITHIN = 20.0
"""Seconds in which a body must be there,"""
BODY_RATE = 500
"""and one more for so many bytes of it: a bad network is slow, but not slower."""
_STRICTEST_POLICY = "default-src 'none'; frame-ancestors 'none'"


class SecurityHeaders:
    """Headers of every response; a page's own policy takes the place of the strictest one."""

    def __init__(self, app: ASGIApp, *, secure: bool):
        self.app = app
        self._headers = security_headers(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                given = {name for name, _ in headers}
                headers += [header for header in self._headers if header[0] not in given]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def security_headers(*, secure: bool) -> list[tuple[bytes, bytes]]:
    """As ASGI has them, for responses that have no header of the same name."""
    headers = {**_ALWAYS, "Content-Security-Policy": _STRICTEST_POLICY}
    if secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


class KeptSignPages:
    """Answers requests for sign pages that are kept, before anything else is asked."""

    def __init__(self, app: ASGIApp, *, measures: Measures, secure: bool):
        self.app = app
        self._measures = measures
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (visit := visit_of(scope)) is None:
            await self.app(scope, receive, send)
            return
        pages: SignPages = scope["app"].state.services.sign_pages
        began = time.perf_counter()
        try:
            kept = await pages.answer(visit, scope)
        except UNAVAILABLE as outage:
            # Not asked again further inside, where it would be waited for once more.
            await self._unavailable(outage)(scope, receive, send)
            return
        if kept is None:
            await self.app(scope, receive, send)
            return
        body, headers = kept
        request_id = scope.get("request_id") or _request_id()
        headers.append((b"x-request-id", request_id.encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        _note(self._measures, request_id, scope, 200, time.perf_counter() - began)

    def _unavailable(self, outage: Exception) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            response = await unavailable(Request(scope), outage)
            await response(scope, receive, send)

        return AccessLog(SecurityHeaders(answer, secure=self._secure), measures=self._measures)


class BodyLimit:
    """Lets no handler read more than so many bytes: whoever does gets 413, to be answered as such.

    Nor does it wait for a body that never comes: whoever sends too slowly gets 408. After either
    the connection is closed, so that nobody drips into it what nobody reads.

    `below` has other limits, by how the path begins.
    Starlette's own takes the answer out of the handler's hands.
    """

    def __init__(self, app: ASGIApp, *, most: int, below: Mapping[str, int]):
        self.app = app
        self._most = most
        self._below = tuple(below.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most, path = self._most, scope["path"]
        for beginning, more in self._below:
            if path.startswith(beginning):
                most = more
        declared = header(scope, b"content-length")
        too_large = declared.isdigit() and int(declared[:20]) > most
        read = 0
        whole = refused = False
        began = asyncio.get_running_loop().time()

        async def receive_within() -> Message:
            nonlocal read, whole, refused
            if whole:
                return await receive()
            refused = True
            if too_large:
                raise HTTPException(413)
            try:
                async with asyncio.timeout_at(began + BODY_WITHIN + read / BODY_RATE):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > most:
                    raise HTTPException(413)
                whole = not message.get("more_body", False)
            refused = False
            return message

        async def send_closing(message: Message) -> None:
            if refused and message["type"] == "http.response.start":
                message["headers"].append((b"connection", b"close"))
            await send(message)

        await self.app(scope, receive_within, send_closing)


class SameOriginPosts:
    """Refuses what another site makes a browser send (Fetch Metadata, 2.4; RFC 6454, 7).

    A client that is no browser sends neither header and has no cookies to be abused.
    """

    _SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

    def __init__(self, app: ASGIApp, *, base_url: str):
        self.app = app
        self._own = urlsplit(base_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in self._SAFE or self._is_own(scope):
            await self.app(scope, receive, send)
            return
        response = await http_problem(Request(scope), HTTPException(403))
        await response(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if (site := headers.get("sec-fetch-site")) is not None:
            return site in ("same-origin", "none")
        if (origin := headers.get("origin")) is not None:
            return _host_of(origin) in {self._own, headers.get("host", "").lower()} - {""}
        return True


def header(scope: Scope, name: bytes) -> bytes:
    """The first header of a name in lower case, as it was sent; empty if there is none."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


class UnexpectedErrors:
    """Turns a fault into a page, inside of everything that adds headers and writes the log."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as fault:
            if scope["type"] != "http" or started:
                raise
            _log.exception("unexpected error")
            response = await unexpected(Request(scope), fault)
            await response(scope, receive, send)


class ReadableAddresses:
    """A NUL in an address names nothing, and PostgreSQL takes no text that holds one."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            response = await http_problem(Request(scope), HTTPException(404))
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)


_PROCESS = secrets.token_hex(4)
_NUMBERS = itertools.count(1)


def _request_id() -> str:
    """Another for each request of each process."""
    return f"{_PROCESS}{next(_NUMBERS) & 0xFFFFFFFF:08x}"


class AccessLog:
    """One line a request: the route and not the address, which may hold a token.

    It is measured as well, until its answer began: a stream goes on for hours.
    """

    def __init__(self, app: ASGIApp, *, measures: Measures):
        self.app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = scope.get("request_id") or _request_id()
        bound = REQUEST.set(request_id)
        began = time.perf_counter()
        status = 500
        answered = 0.0

        async def send_noting(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = time.perf_counter() - began
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        finally:
            seconds = time.perf_counter() - began
            _note(self._measures, request_id, scope, status, seconds, answered)
            REQUEST.reset(bound)


def _note(
    measures: Measures,
    request_id: str,
    scope: Scope,
    status: int,
    seconds: float,
    answered: float = 0.0,
) -> None:
    """In the log and in the measures; an answer may have begun before it was whole."""
    route = getattr(scope.get("route"), "path", "none")
    measures.answered(scope["method"], route, status, answered or seconds)
    access_lines.add(request_id, scope["method"], route, status, seconds)
