"""The end of a process, from the signal that asks for it: load balancers are told first.

A load balancer goes on sending requests until it has asked `/readyz` again. So a process that is
told to stop says at once that it is not ready, and serves everybody for a while as before; then its
streams end, and the server closes its door and answers what is under way.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

_log = structlog.get_logger()


class Stopping:
    def __init__(self, *, drain_seconds: float):
        self._drain_seconds = drain_seconds
        self._begun = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def begun(self) -> bool:
        """Whether nobody new is to be sent here."""
        return self._begun

    @contextmanager
    def told(self, end_streams: Callable[[], None]) -> Iterator[None]:
        """Acts upon SIGTERM and SIGINT, before the server's own handlers do.

        The server waits for open connections before it ends the lifespan, and streams never end by
        themselves, so they are ended before. A second signal, and Ctrl-C, end the wait at once.
        """
        loop = asyncio.get_running_loop()
        found = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        servers = {number: handler for number, handler in found.items() if callable(handler)}

        def stop(number: int, frame: FrameType | None) -> None:
            if self._timer:
                self._timer.cancel()
            loop.call_soon_threadsafe(end_streams)
            servers[signal.Signals(number)](number, frame)

        def drain() -> None:
            _log.info("told to stop", seconds=self._drain_seconds)
            self._timer = loop.call_later(self._drain_seconds, stop, signal.SIGTERM, None)

        def handle(number: int, frame: FrameType | None) -> None:
            if self._drain_seconds and number == signal.SIGTERM and not self._begun:
                self._begun = True
                loop.call_soon_threadsafe(drain)
            else:
                self._begun = True
                stop(number, frame)

        for number in servers:
            signal.signal(number, handle)
        try:
            yield
        finally:
            for number, handler in servers.items():
                signal.signal(number, handler)
