"""Connections of phones: those that keep the server waiting are ended, and an answer is sent whole.

The server itself gives up only on a connection that has been answered and is idle. One that never
sends a whole head, never reads what it is sent, or drips into an answered request would be kept for
ever (CWE-400, "slowloris"). How long a body may take is said where it is read
(`web.guards.BodyLimit`).

The server writes the head of an answer as soon as it is known, and its body after it. Here the head
waits for the body, for the rest of the loop's turn at most: one packet less, and one system call.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN = 15.0
"""Seconds from a connection's beginning, or a request's first byte, to the end of its head."""
READ_WITHIN = 60.0
"""Seconds in which a phone must read some of what waits for it; a bad network needs many."""
_LOOK_EVERY = 5.0


class HeadWithBody(asyncio.Transport):
    """What a connection writes to: the head of each answer leaves together with what follows it.

    All else that the server asks of a transport is handed on.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop):
        self._transport = transport
        self._loop = loop
        self._held: bytes | None = None
        self.head_comes = False
        """What is written next is the head of an answer."""

    def write(self, data: Any) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.writelines((held, data))
        elif self.head_comes:
            self.head_comes = False
            self._held = data
            self._loop.call_soon(self._send_held)
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._send_held()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def _send_held(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._transport.write(held)


class PatientConnection(HttpToolsProtocol):
    """Has one timer, whatever passes through it: a request costs it a glance at the clock."""

    transport: HeadWithBody

    _look_again: asyncio.TimerHandle | None = None
    _since: float | None = None
    """When a request that is not whole began; also the first, of which nothing has come yet."""
    _head_is_whole = False
    _stuck_since: float | None = None
    """When what is to be sent began to wait for the phone."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(HeadWithBody(transport, self.loop))
        self._since = self.loop.time()
        self._look_again = self.loop.call_later(_LOOK_EVERY, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._since = self.loop.time()
        self._head_is_whole = False

    def on_headers_complete(self) -> None:
        self._head_is_whole = True
        self.transport.head_comes = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._since = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._stuck_since = None
        super().resume_writing()

    def _look(self) -> None:
        if self._keeps_waiting(self.loop.time()):
            self._look_again = None
            self.transport.abort()
            return
        self._look_again = self.loop.call_later(_LOOK_EVERY, self._look)

    def _keeps_waiting(self, now: float) -> bool:
        if self._stuck_since is None and self.transport.is_closing():
            self._stuck_since = now  # it would be gone, had the last of its answer been read
        if self._stuck_since is not None and now - self._stuck_since > READ_WITHIN:
            return True
        if self._since is None or now - self._since <= HEAD_WITHIN:
            return False
        cycle: Any = self.cycle
        return not self._head_is_whole or (cycle is not None and cycle.response_complete)
