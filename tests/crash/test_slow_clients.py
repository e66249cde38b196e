"""Two thousand clients that are as slow as they can be, while phones sign as ever."""

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pledge.connections import HEAD_WITHIN
from pledge.web.guards import BODY_WITHIN
from tests.crash.sites import Base
from tests.server import Server
from tests.site import SLUG

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("has to do with no database")]

Recorded = Callable[[str, object], None]

CLIENTS = 2000
READERS = 200
"""Of them; each makes the server set many pages."""
DRIP = 3.0
"""Seconds between two bytes."""
MEMORY = 150 * 1024 * 1024
"""Bytes by which the server may grow."""
_SLACK = 60.0
_AT_ONCE = 100


async def test_slow_clients_keep_nobody_from_signing(
    tmp_path: Path, record_property: Recorded
) -> None:
    """They send heads, send bodies, or read, drop by drop; all of those that send are ended after a
    while, and no file stays open.
    """
    async with Base(tmp_path).served() as hall:
        [server] = hall.servers
        open_before, memory_before = _open_files(server), _memory(server)
        opening = asyncio.Semaphore(_AT_ONCE)
        readers = [asyncio.create_task(_slow_reader(server, opening)) for _ in range(READERS)]
        senders = [
            asyncio.create_task((_slow_head, _slow_body)[place % 2](server, opening))
            for place in range(CLIENTS - READERS)
        ]
        await _until(lambda: _open_files(server) > open_before + CLIENTS * 0.8)
        began = time.monotonic()
        async with hall.signing():
            pass
        record_property("signed in", time.monotonic() - began)
        record_property("memory of slow clients", _memory(server) - memory_before)
        assert _memory(server) - memory_before < MEMORY
        async with asyncio.timeout(max(HEAD_WITHIN, BODY_WITHIN) + DRIP + _SLACK):
            await asyncio.gather(*senders)
        for one in readers:
            one.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        await _until(lambda: _open_files(server) < open_before + 50)
        await hall.holds()


async def _slow_head(server: Server, opening: asyncio.Semaphore) -> None:
    await _drip(server, opening, f"GET /i/{SLUG} HTTP/1.1\r\nHost: a\r\nX: ".encode())


async def _slow_body(server: Server, opening: asyncio.Semaphore) -> None:
    head = f"POST {server.link} HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    await _drip(server, opening, head.encode() + b"company=")


async def _drip(server: Server, opening: asyncio.Semaphore, first: bytes) -> None:
    """Until the server has had enough."""
    async with opening:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(first)

    async def drip() -> None:
        with suppress(OSError):
            while True:
                await asyncio.sleep(DRIP)
                writer.write(b"a")
                await writer.drain()

    dripping = asyncio.create_task(drip())
    try:
        with suppress(OSError):
            while await reader.read(65536):
                pass
    finally:
        dripping.cancel()
        writer.transport.abort()


async def _slow_reader(server: Server, opening: asyncio.Semaphore) -> None:
    """Asks for more than fits into the buffers of the kernel, and reads nothing."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.setblocking(False)
    async with opening:
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", server.port))
        _, writer = await asyncio.open_connection(sock=made)
    try:
        writer.transport.pause_reading()
        for _ in range(10):
            writer.write(f"GET /i/{SLUG} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        await asyncio.sleep(3600)
    finally:
        writer.transport.abort()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(_SLACK):
        while not holds():  # noqa: ASYNC110 -- what another process does tells no event
            await asyncio.sleep(0.1)


def _open_files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def _memory(server: Server) -> int:
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * 4096
