"""What caches on the way may keep: answers that are the same for everybody (RFC 9111).

A shared cache may answer for five seconds by itself, and for thirty more while it asks anew. It may
keep only what was asked for without any cookie, for with one an answer may be in another language,
or of a rehearsal, or for an organizer; `Vary` keeps it from those who send one. So whoever has just
signed, and has a cookie from that, is always answered here (docs/operating.md, Behind a CDN).

Everything else that is public may be kept, and is asked for anew each time: 304, without anything
being rendered, if nothing has changed on which it depends.
"""

import re
from functools import cache
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from pledge.paths import PACKAGE, STATIC, TEMPLATES

SHARED = "public, max-age=5, stale-while-revalidate=30"
OWN = "private, no-cache"


def tag(*depends_on: object) -> str:
    """Names an answer by all on which it depends, this program among it; weak, since it stands
    beside the compressed form as well.
    """
    return f'W/"{sha256(repr((_build(), *depends_on)).encode()).hexdigest()[:32]}"'


def is_known(request: Request, named: str) -> bool:
    """Whether the client has it already (RFC 9110, 13.1.2)."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or named.removeprefix("W/") in re.findall(r'"[^"]*"', known)


def let_keep(request: Request, response: Response, named: str) -> None:
    """Says who may keep it; anybody's own cookies make it one's own."""
    shared = "cookie" not in request.headers and "set-cookie" not in response.headers
    response.headers["Cache-Control"] = SHARED if shared else OWN
    response.headers["ETag"] = named


@cache
def _build() -> str:
    """Of the files from which pages are made, so that all nodes with the same ones agree."""
    digest = sha256()
    for folder in (PACKAGE, TEMPLATES, STATIC):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".html", ".po", ".css", ".js"):
                digest.update(path.relative_to(folder).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
