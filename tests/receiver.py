"""A receiver of notices on loopback: takes what is posted, and answers as it is told to."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

_PATIENCE = 20.0


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    port: int = 0
    posted: list[Posted] = field(default_factory=list)
    answers: deque[str | None] = field(default_factory=deque)
    """What comes next, as it goes over the wire; None hangs. After them, everything is taken."""
    usual: str = ""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answer(self, status: int, body: str = "", *headers: str) -> None:
        """The next answer."""
        self.answers.append(answer(status, body, *headers))

    async def until(self, count: int) -> Sequence[Posted]:
        """Everything posted, once it is so many."""
        async with asyncio.timeout(_PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.posted) >= count)
        return self.posted

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            said = self.answers.popleft() if self.answers else self.usual
            async with self._news:
                self.posted.append(Posted(head[0].split()[1], headers, body))
                self._news.notify_all()
            if said is None:
                await reader.read()  # hangs until the other side gives up
            else:
                writer.write(said.encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def answer(status: int, body: str = "", *headers: str) -> str:
    lines = [f"HTTP/1.1 {status} -", f"Content-Length: {len(body.encode())}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", body])


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver(usual=answer(200, "ok"))
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
