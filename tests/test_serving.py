"""`pledge serve`: the first start, the second one, and the end."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pledge.serving import CannotListen, listen
from tests import databases
from tests.browser.test_main_journey import scan
from tests.ports import free_port
from tests.server import PLEDGE, Server
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
            async for _ in lines:
                pass


def test_what_the_site_starts_does_not_keep_its_port() -> None:
    with listen("127.0.0.1", free_port()) as listening:
        assert not listening.get_inheritable()


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
