"""Compression of answers, by Starlette's own parts."""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware, GZipResponder, IdentityResponder
from starlette.types import Message, Receive, Scope, Send

_EMPTY = frozenset({204, 303, 304})


class Compression(GZipMiddleware):
    """Decides once the answer begins: of those that have no body there is one a signature, and they
    need none of what compressing takes.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        chosen: Send | None = None

        async def send_chosen(message: Message) -> None:
            nonlocal chosen
            if chosen is None:
                chosen = send if message.get("status") in _EMPTY else self._compressing(scope, send)
            await chosen(message)

        await self.app(scope, receive, send_chosen)

    def _compressing(self, scope: Scope, send: Send) -> Send:
        responder: IdentityResponder
        if "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            responder = GZipResponder(
                self.app,
                self.minimum_size,
                self.compresslevel,
                thread_minimum_size=self.thread_minimum_size,
                exclude_content_types=self.exclude_content_types,
            )
        else:
            responder = IdentityResponder(
                self.app, self.minimum_size, exclude_content_types=self.exclude_content_types
            )
        responder.send = send
        return responder.send_with_compression
