"""Answers over a connection: whole, in order, and a head that does not wait for a late body."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from pledge.connections import PatientConnection


class Late:
    """Answers with a body that is sent when it may be."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].encode()
        head = [(b"content-length", b"%d" % len(path))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        if path.startswith(b"/late"):
            await self.may.wait()
        await send({"type": "http.response.body", "body": path})


Connected = tuple[asyncio.StreamReader, asyncio.StreamWriter, Late]


@pytest.fixture
async def connected() -> AsyncIterator[Connected]:
    late = Late()
    config = Config(late, lifespan="off", server_header=False, date_header=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: PatientConnection(config, state, {}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    yield reader, writer, late
    writer.close()
    await writer.wait_closed()
    server.close()
    for connection in state.connections.copy():
        connection.shutdown()
    await server.wait_closed()


def _ask(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: x", *headers, "", "")).encode()


def _answer(path: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(path), path)


async def test_what_is_asked_at_once_is_answered_in_order(connected: Connected) -> None:
    reader, writer, late = connected
    paths = ["/a", "/late", "/b", "/c"]
    writer.write(b"".join(map(_ask, paths)))
    late.may.set()
    expected = b"".join(_answer(path.encode()) for path in paths)
    assert await reader.readexactly(len(expected)) == expected


async def test_a_head_is_sent_though_its_body_comes_late(connected: Connected) -> None:
    reader, writer, late = connected
    writer.write(_ask("/late"))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head == b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
    late.may.set()
    assert await reader.readexactly(5) == b"/late"


async def test_the_last_answer_is_whole_before_the_connection_ends(connected: Connected) -> None:
    reader, writer, _ = connected
    writer.write(_ask("/last", "Connection: close"))
    answer = await reader.read()
    assert answer.endswith(b"\r\n\r\n/last")
    assert b"connection: close" in answer


async def test_no_body_waits_for_another_answer(connected: Connected) -> None:
    reader, writer, _ = connected
    writer.write(b"HEAD /head HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"content-length: 5" in await reader.readuntil(b"\r\n\r\n")
    writer.write(_ask("/next"))
    expected = _answer(b"/next")
    assert await reader.readexactly(len(expected)) == expected
