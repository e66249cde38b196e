"""`/i/{slug}/register/…`: the register for programs that verify it (C2SP, tlog-tiles).

Everybody may read it, pages of other sites too. What can't change is kept for a year; hash tiles
are compressed like everything else, which costs little and leaves their bytes as they are.
"""

import re
from hashlib import sha256

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.authorities import REPLY
from pledge.domain.initiatives import Status
from pledge.publishing import Published
from pledge.register.tiles import parsed_path
from pledge.store.stamps import Given
from pledge.web import caching
from pledge.web.services import services

_FOR_EVER = "public, max-age=31536000, immutable"
_NOW = "public, max-age=5"
"""A checkpoint grows old in seconds (C2SP, tlog-tiles)."""
_TEXT = "text/plain"
_NUMBER = re.compile(r"0|[1-9]\d{0,17}", re.ASCII)

OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
"""Lets pages of other sites read what everybody may read; cookies are never asked for."""


async def checkpoint(request: Request) -> Response:
    found = await registered(request)
    note = await services(request).registering.checkpoint(
        found.initiative.id, found.initiative.slug
    )
    return _served(request, note.encode(), _TEXT, _NOW)


async def tile(request: Request) -> Response:
    """Hashes or entries; a partial one stays what it is when there are more."""
    path = parsed_path(request.path_params["path"])
    if path is None:
        raise HTTPException(404, "tile")
    found = await registered(request)
    content = await services(request).registering.tile(found.initiative.id, path)
    if content is None:
        raise HTTPException(404, "beyond")
    return _served(request, content, "application/octet-stream", _FOR_EVER)


async def key(request: Request) -> Response:
    """Of each key that signs, a line; the newest is the first."""
    found = await registered(request)
    keys = services(request).registering.signers(found.initiative.slug)
    return _served(request, "".join(f"{one}\n" for one in keys).encode(), _TEXT, _NOW)


async def growth(request: Request) -> Response:
    """What a witness takes that has seen the register at an older size (C2SP, tlog-witness)."""
    old = request.path_params["old"]
    if not _NUMBER.fullmatch(old):
        raise HTTPException(404, "size")
    found = await registered(request)
    grown = await services(request).registering.growth(
        found.initiative.id, found.initiative.slug, int(old)
    )
    if grown is None:
        raise HTTPException(404, "beyond")
    return _served(request, grown.text.encode(), _TEXT, _NOW)


async def stamp(request: Request) -> Response:
    """What the authority has answered (RFC 3161)."""
    return _served(request, (await _given(request)).response, REPLY, _FOR_EVER)


async def stamped_checkpoint(request: Request) -> Response:
    """What it was asked to stamp, byte for byte."""
    return _served(request, (await _given(request)).checkpoint.encode(), _TEXT, _FOR_EVER)


async def text(request: Request) -> Response:
    """`/i/{slug}/texts/{sha256}`: a text, byte for byte as it was hashed and signed."""
    found = await registered(request)
    source = await services(request).registering.text(
        found.initiative.id, request.path_params["sha256"]
    )
    if source is None:
        raise HTTPException(404, "text")
    return _served(request, source, "text/markdown", _FOR_EVER)


async def registered(request: Request) -> Published:
    """The initiative that the address names; drafts are not public, rehearsals not registered."""
    found = await services(request).publishing.by_slug(request.path_params["slug"])
    if found is None or found.initiative.is_rehearsal or found.standing.status is Status.DRAFT:
        raise HTTPException(404, "register")
    return found


async def _given(request: Request) -> Given:
    found = await registered(request)
    given = await services(request).timestamping.read(
        found.initiative.id, request.path_params["stamp"]
    )
    if given is None:
        raise HTTPException(404, "stamp")
    return given


def _served(request: Request, content: bytes, media_type: str, cache: str) -> Response:
    """Or only that it is what the client has (RFC 9110, 13.1.2)."""
    # Weak, since it also stands beside the compressed form.
    tag = f'W/"{sha256(content).hexdigest()[:32]}"'
    headers = {**OPEN, "Cache-Control": cache, "ETag": tag}
    if caching.is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)
