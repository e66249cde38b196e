"""The server is killed while fifty sign: the register stays one log, with all acknowledged in it.

`SIGNATURES=10000 pytest tests/crash/test_register.py` signs as many.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.delegate import FILLED_IN, Page
from tests.invariants import check_invariants
from tests.load.published import exported, grown_from, whole_register
from tests.register import verifier
from tests.server import Server, served
from tests.site import SLUG

pytestmark = pytest.mark.alone

SIGNATURES = int(os.environ.get("SIGNATURES", "1500"))
CLIENTS = 50
KILLS = 4
REGISTER = f"/i/{SLUG}/register"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    limits = {"PLEDGE_LINK_LIMIT": "0", "PLEDGE_DEVICE_LIMIT": "0"}
    async with served(tmp_path, **limits) as running:
        yield running


async def test_the_register_survives_kills_as_one_log(server: Server) -> None:
    hall = Hall(server)
    killing = asyncio.create_task(hall.kill_and_restart())
    watching = asyncio.create_task(hall.keep_checkpoints())
    await asyncio.gather(*(hall.sign() for _ in range(CLIENTS)))
    await killing
    await watching

    assert len(hall.acknowledged) == SIGNATURES
    assert len(hall.checkpoints) > KILLS
    entries = await whole_register(server, hall.key)
    async with server.client() as client:
        await grown_from(client, hall.key, hall.checkpoints)
    signed = {entry["number"]: entry for entry in entries if entry["kind"] == "signed"}
    assert sorted(signed) == list(range(1, SIGNATURES + 1))
    by_number = await exported(server)
    assert sorted(by_number) == sorted(signed)
    assert set(by_number.values()) == hall.acknowledged
    await server.stop()
    check_invariants(server.database)


@dataclass
class Hall:
    """Fifty who sign for one company after the other, somebody who keeps checkpoints, and kills."""

    server: Server
    acknowledged: set[str] = field(default_factory=set)
    """Companies."""
    checkpoints: dict[int, bytes] = field(default_factory=dict)
    """Roots by size, of all that were ever served."""
    key: str = ""
    _places: Iterator[int] = field(default_factory=lambda: count(1))
    _told: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def sign(self) -> None:
        async with self.server.client() as client:

            async def opened() -> httpx.Response:
                return await client.get(self.server.link)

            page = Page((await self.server.until_answered(opened)).text)
            while (place := next(self._places)) <= SIGNATURES:
                company = f"示例断电{place}有限公司"
                form = {**FILLED_IN, **page.hidden, "company": company}
                form["attempt"] = f"attempt-of-{place:08}"

                async def post(form: dict[str, str] = form) -> httpx.Response:
                    return await client.post(self.server.link, data=form)

                answer = await self.server.until_answered(post)
                assert answer.status_code == 303, answer.text
                async with self._told:
                    self.acknowledged.add(company)
                    self._told.notify_all()

    async def kill_and_restart(self) -> None:
        """One worker and two take turns, so that each number of them meets what the other left."""
        for kill in range(1, KILLS + 1):
            await self._until(SIGNATURES * kill // (KILLS + 1))
            await self.server.kill()
            self.server.workers = 3 - self.server.workers
            await self.server.start()

    async def keep_checkpoints(self) -> None:
        """Whoever was acknowledged is in the next checkpoint, which only ever grows."""
        async with self.server.client() as client:

            async def read(name: str) -> str:
                async def get() -> httpx.Response:
                    return await client.get(f"{REGISTER}/{name}")

                answer = await self.server.until_answered(get)
                assert answer.status_code == 200, answer.text
                return answer.text

            self.key = (await read("key")).splitlines()[0]
            newest = 0
            step = SIGNATURES // 50
            for wanted in range(step, SIGNATURES + 1, step):
                await self._until(wanted)
                known = len(self.acknowledged)
                size, root = verifier.checkpoint_of(await read("checkpoint"), self.key)
                assert size >= known
                assert size >= newest
                assert self.checkpoints.setdefault(size, root) == root
                newest = size

    async def _until(self, acknowledged: int) -> None:
        async with self._told:
            await self._told.wait_for(lambda: len(self.acknowledged) >= acknowledged)
