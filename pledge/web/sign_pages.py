"""Sign pages that are kept: four hundred phones that scan one code get the same page.

Only what is each phone's own is made for it: the attempt, when the form was opened, and a name for
its browser. A page is kept for as long as nothing that it says has changed. What this process has
written itself is seen at once, what others have written within a tenth of a second; whether a
signature is accepted is decided anew in any case, under the initiative's lock.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import Scope

from pledge.domain.links import LinkKind, SigningLink
from pledge.publishing import LinkPublished, Publishing
from pledge.secrets import Tokens, random_name, timed_name
from pledge.store.database import Written
from pledge.web.hollow import HollowPage, hollow_page
from pledge.web.languages import COOKIE, language_from

DEVICE = "device"
OPENED = "opened"
STATION = "station"

_FRESH = 0.1
"""Seconds for which what is kept is not held against the database."""
_MOST = 200
_KINDS = frozenset({LinkKind.POSTER, LinkKind.SCREEN})
_DIFFER = frozenset({b"host", b"accept-language", b"accept-encoding", b"cookie"})
"""Headers that are read of a request."""
MARK = "hollow"
"""Stands in a cookie where its value goes."""
_MARK = MARK.encode()

Header = tuple[bytes, bytes]
"""As ASGI has it."""


class Key(NamedTuple):
    """By what sign pages differ."""

    path: str
    host: bytes
    scheme: str
    language: str


class Visit(NamedTuple):
    """What a request for a sign page says."""

    key: Key
    known: bool
    """Its browser has a name already, or needs none."""


@dataclass(frozen=True)
class Cookies:
    """As headers set them, with MARK where their value goes."""

    device: str
    """A name for a browser that has none."""
    opened: str
    """What lets a form be finished after its code has gone; empty for codes that don't rotate."""


@dataclass
class _Kept:
    found: LinkPublished
    until: datetime | None
    """When the link, its code or signing ends; None if nothing is known to end."""
    page: HollowPage
    route: BaseRoute
    headers: list[Header]
    device: bytes
    """Cookies, with a mark where their value goes."""
    opened: bytes
    written: int
    checked: float
    opening: tuple[int, bytes] = (0, b"")
    """A second, and what says that a form was opened in it."""


class SignPages:
    """`headers` are those of every response, unless a page has its own."""

    def __init__(
        self,
        publishing: Publishing,
        tokens: Tokens,
        written: Written,
        *,
        headers: list[Header],
        clock: Callable[[], datetime],
    ):
        self._publishing = publishing
        self._tokens = tokens
        self._clock = clock
        self.written = written
        self._headers = headers
        self._pages: OrderedDict[Key, _Kept] = OrderedDict()

    async def answer(self, visit: Visit, scope: Scope) -> tuple[bytes, list[Header]] | None:
        """The page and its headers, if anything is kept and still holds.

        Raises what the database does if it can't be asked.
        """
        kept = self._pages.get(visit.key)
        if kept is None or not self._lasts(kept):
            return None
        scope["route"] = kept.route
        # What is asked for stays, whatever strangers ask for meanwhile.
        self._pages.move_to_end(visit.key)
        if not (self._is_fresh(kept) or await self._holds(kept)):
            return None
        return self._filled(kept, visit)

    def again(self, request: Request, found: LinkPublished) -> Response | None:
        """What is kept, if it says what was found just now."""
        visit = visit_of(request.scope)
        kept = self._pages.get(visit.key) if visit else None
        if visit is None or kept is None or not self._lasts(kept) or not _alike(kept.found, found):
            return None
        response = Response()
        response.body, response.raw_headers = self._filled(kept, visit)
        return response

    def keep(
        self,
        request: Request,
        found: LinkPublished,
        response: Response,
        *,
        attempt: str,
        opened: str,
        cookies: Cookies,
        until: datetime | None,
        written: int,
    ) -> None:
        """Keeps what was just made for one phone, for all others, where that can be.

        `found` is what was read after `written` was counted; the page holds `attempt` and, where
        codes rotate, `opened`.
        """
        visit = visit_of(request.scope)
        link = found.link
        if (
            visit is None
            or link.kind not in _KINDS
            or link.company
            or link.rehearsed
            or found.initiative.is_rehearsal
            or link.most is not None
            or link.admits_from is not None
        ):
            return
        fillings = [one.encode() for one in (attempt, opened) if one]
        page = hollow_page(bytes(response.body), fillings)
        if page is None:
            return
        headers = [
            (name, value)
            for name, value in response.raw_headers
            if name not in (b"set-cookie", b"content-length")
        ]
        given = {name for name, _ in headers}
        headers += [header for header in self._headers if header[0] not in given]
        headers += [
            (b"content-length", str(page.compressed_length).encode()),
            (b"content-encoding", b"gzip"),
            (b"vary", b"Accept-Encoding"),
        ]
        ends = [link.expires_at, found.standing.closes_at, until]
        self._pages[visit.key] = _Kept(
            found,
            min((one for one in ends if one), default=None),
            page,
            request.scope["route"],
            headers,
            cookies.device.encode(),
            cookies.opened.encode(),
            written,
            time.monotonic(),
        )
        self._pages.move_to_end(visit.key)
        if len(self._pages) > _MOST:
            self._pages.popitem(last=False)

    def _lasts(self, kept: _Kept) -> bool:
        return kept.until is None or self._clock() < kept.until

    def _is_fresh(self, kept: _Kept) -> bool:
        return kept.written == self.written.count and time.monotonic() - kept.checked < _FRESH

    async def _holds(self, kept: _Kept) -> bool:
        written, now = self.written.count, time.monotonic()
        found = await self._publishing.behind_link(kept.found.link.id)
        if found is None or not _alike(kept.found, found):
            return False
        kept.written, kept.checked = written, now
        return True

    def _filled(self, kept: _Kept, visit: Visit) -> tuple[bytes, list[Header]]:
        fillings = [timed_name().encode()]
        headers = kept.headers.copy()
        if not visit.known:
            cookie = kept.device.replace(_MARK, random_name().encode())
            headers.append((b"set-cookie", cookie))
        if kept.opened:
            opening = self._opening(kept)
            fillings.append(opening)
            headers.append((b"set-cookie", kept.opened.replace(_MARK, opening)))
        return kept.page.filled(fillings), headers

    def _opening(self, kept: _Kept) -> bytes:
        now = self._clock()
        second = int(now.timestamp())
        if kept.opening[0] != second:
            kept.opening = second, self._tokens.opened(kept.found.link.id, now).encode()
        return kept.opening[1]


def visit_of(scope: Scope) -> Visit | None:
    """None of a request that no kept page answers."""
    path = scope["path"]
    if scope["method"] != "GET" or path[:3] not in ("/s/", "/S/") or scope["query_string"]:
        return None
    sent: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in _DIFFER:
            if name in sent:
                # Which of two counts is not decided twice: a page could be kept as another one.
                return None
            sent[name] = value
    if b"host" not in sent or b"gzip" not in sent.get(b"accept-encoding", b""):
        return None
    cookies = cookie_parser(sent[b"cookie"].decode("latin-1")) if b"cookie" in sent else {}
    languages = sent.get(b"accept-language", b"").decode("latin-1")
    key = Key(path, sent[b"host"], scope["scheme"], language_from(cookies.get(COOKIE), languages))
    return Visit(key, DEVICE in cookies or STATION in cookies)


def _alike(one: LinkPublished, other: LinkPublished) -> bool:
    """Whether pages of both say the same."""
    return (
        one.initiative is other.initiative
        and one.standing.total == other.standing.total
        and one.standing.status is other.standing.status
        and one.standing.closes_at == other.standing.closes_at
        and _admitting(one.link) == _admitting(other.link)
    )


def _admitting(link: SigningLink) -> SigningLink:
    return replace(link, used=0, used_at=None)
