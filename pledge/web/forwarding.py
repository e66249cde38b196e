"""What proxies say of a visitor, believed of those that the operator names and of no others."""

import re

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_FORWARDED = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})
_IPV4_MAPPED = "::ffff:"


class TrustedProxies(ProxyHeadersMiddleware):
    """The visitor's address and scheme (uvicorn's own part), and the request's id, by which the
    proxy's log and ours are laid side by side: `scope["request_id"]`, if it is well-formed.

    X-Forwarded-Host is believed of nobody: addresses come from `PLEDGE_BASE_URL`.
    """

    def __init__(self, app: ASGIApp, *, trusted: str):
        super().__init__(app, trusted)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        forwarded = False
        if scope["type"] == "http" and (client := scope.get("client")):
            host, port = client
            if host.startswith(_IPV4_MAPPED):  # as a socket for IPv6 names IPv4 peers
                host = host.removeprefix(_IPV4_MAPPED)
                scope["client"] = (host, port)
            if host in self.trusted_hosts:
                named = b""
                for name, value in scope["headers"]:
                    if name in _FORWARDED:
                        forwarded = True
                    elif name == b"x-request-id":
                        named = value
                if named and _WELL_FORMED.fullmatch(named):
                    scope["request_id"] = named.decode("ascii")
        if forwarded:
            await super().__call__(scope, receive, send)  # type: ignore[arg-type]
        else:
            await self.app(scope, receive, send)  # type: ignore[arg-type]
