"""`pledge serve`: the first start, the second one, and the end."""

import asyncio
import os
import re
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pledge.serving import CannotListen, listen
from tests import databases
from tests.browser.test_main_journey import scan
from tests.delegate import FILLED_IN, Delegate
from tests.ports import free_port
from tests.server import PLEDGE, Server, served
from tests.site import SLUG


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path / "data", free_port())


async def test_a_second_start_finds_everything_as_it_was(server: Server) -> None:
    await server.start()
    first = server.printed
    assert scan(server.shown) == first["Signing link"].upper()
    async with server.client() as phone:
        for address in first.values():
            answer = await phone.get(address, follow_redirects=True)
            assert answer.status_code == 200, address
    await server.stop()
    await server.start()
    assert server.printed == first
    await server.stop()


async def test_links_name_the_address_that_was_served(server: Server) -> None:
    await server.start()
    link = await server.command("link", SLUG, "--kind", "poster")
    assert link.startswith(f"{server.origin}/s/")
    await server.stop()
    assert (await server.command("link", SLUG, "--kind", "poster")).startswith(server.origin)


async def test_once_an_organizer_exists_the_set_up_link_is_gone(server: Server) -> None:
    await server.start()
    setup = server.printed["Organizer set-up (works once)"]
    await server.stop()
    adding = await asyncio.create_subprocess_exec(
        PLEDGE,
        *("organizer", "add", "organizer@example.org", "--password-stdin"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**databases.environment(server.data), "PATH": ""},
    )
    await adding.communicate(b"a long enough password\n")
    assert adding.returncode == 0
    await server.start()
    assert "Organizer set-up (works once)" not in server.printed
    async with server.client() as phone:
        assert (await phone.get(setup)).status_code == 410
    await server.stop()


@pytest.mark.parametrize("workers", [1, 2])
async def test_open_streams_do_not_hold_up_the_end(tmp_path: Path, workers: int) -> None:
    server = Server(tmp_path / "data", free_port(), workers=workers)
    await server.start()
    async with (
        server.client() as phone,
        phone.stream("GET", f"/i/{SLUG}/events") as response,
    ):
        lines = response.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        async with asyncio.timeout(5):
            await server.stop()
            rest = [line async for line in lines if line]
    assert re.fullmatch(r"retry: \d{3,4}", rest[-1])


@pytest.mark.parametrize("workers", [1, 2])
async def test_load_balancers_are_told_before_the_door_closes(tmp_path: Path, workers: int) -> None:
    async with served(tmp_path, workers=workers, PLEDGE_DRAIN_SECONDS="300") as server:
        async with (
            server.client() as phone,
            server.client() as wall,
            wall.stream("GET", f"/i/{SLUG}/events?after=0") as response,
        ):
            lines = response.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            server.tell_to_stop()
            async with asyncio.timeout(10):
                while (await _fresh(server, "/readyz")) != 503:
                    pass
            assert await _fresh(server, "/healthz") == 200
            assert (await Delegate(phone, server.link).sign()).status_code == 303
            async with asyncio.timeout(5):
                while await anext(lines) != "event: signed":
                    pass
            server.tell_to_stop()
            async with asyncio.timeout(5):
                rest = [line async for line in lines if line]
        assert rest[-1].startswith("retry: ")
        assert await server.until_ended() == 0


async def test_after_the_drain_the_process_ends_by_itself(tmp_path: Path) -> None:
    async with served(tmp_path, PLEDGE_DRAIN_SECONDS="1") as server:
        server.tell_to_stop()
        assert await server.until_ended() == 0


async def test_who_is_signing_at_the_end_is_answered(server: Server) -> None:
    await server.start()
    async with server.client() as phone:
        form = await Delegate(phone, server.link).open()
        cookies = "; ".join(f"{name}={value}" for name, value in phone.cookies.items())
    body = urlencode({**FILLED_IN, **form.hidden}).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"POST {server.link} HTTP/1.1\r\nHost: {server.origin.removeprefix('http://')}\r\n"
        f"Cookie: {cookies}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    await writer.drain()
    assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"  # it is waited for
    assert await reader.readline() == b"\r\n"
    server.tell_to_stop()
    async with asyncio.timeout(10):
        await asyncio.to_thread(_until_refused, server.port)
    writer.write(body)
    assert await reader.readline() == b"HTTP/1.1 303 See Other\r\n"
    writer.close()
    assert await server.until_ended() == 0
    await server.start()
    async with server.client() as phone:
        list_ = await phone.get(f"/i/{SLUG}/signatories.json")
    assert list_.json()["total"] == 1
    await server.stop()


def _workers(server: Server) -> list[int]:
    """Process numbers of those that serve, for Python's multiprocessing begins others too."""
    assert server.process is not None
    children = Path(f"/proc/{server.process}/task/{server.process}/children").read_text()
    return [int(child) for child in children.split() if b"spawn_main" in _command_line(child)]


def _command_line(process: str) -> bytes:
    """Nothing if it has ended meanwhile."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


async def _fresh(server: Server, path: str) -> int:
    """By a connection of its own, as load balancers ask."""
    async with server.client() as client:
        return (await client.get(path)).status_code


def _until_refused(port: int) -> None:
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)


def test_what_the_site_starts_does_not_keep_its_port() -> None:
    with listen("127.0.0.1", free_port()) as listening:
        assert not listening.get_inheritable()


@pytest.mark.parametrize("asked", [False, True], ids=["unasked", "when asked"])
async def test_a_worker_that_dies_is_replaced_and_logged(tmp_path: Path, asked: bool) -> None:
    """Also one that was just asked whether it lives: then it is not waited for (30 s) as one that
    only stalls.
    """
    async with served(tmp_path, workers=2) as server:
        worker, _ = _workers(server)
        if asked:
            os.kill(worker, signal.SIGSTOP)
            await asyncio.sleep(2)  # each is asked twice a second; nothing tells when
        os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(20):
            while worker in (now := _workers(server)) or len(now) < 2:
                await _fresh(server, "/healthz")
        await server.stop()
    assert "a worker has ended, another one begins" in (tmp_path / "stderr").read_text()


async def test_workers_end_with_the_process_that_began_them(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", free_port(), workers=2)
    await server.start()
    await server.kill_first()
    async with asyncio.timeout(20):
        await asyncio.to_thread(_until_free, server.port)
    await server.start()
    await server.stop()


def _until_free(port: int) -> None:
    """Nothing tells that a port is free but having it."""
    for _ in range(400):
        with suppress(CannotListen):
            listen("127.0.0.1", port).close()
            return
        time.sleep(0.05)


async def test_a_client_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it would be kept as long as its connection stands."""
    monkeypatch.setattr("pledge.serving._TAKEN_WITHIN", 500)
    cut_off = asyncio.Event()

    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError):
            while True:
                writer.write(bytes(200_000))
                await writer.drain()
        cut_off.set()

    listening = listen("127.0.0.1", 0)
    address = listening.getsockname()
    async with await asyncio.start_server(send, sock=listening):
        with socket.create_connection(address):
            async with asyncio.timeout(30):
                await cut_off.wait()
