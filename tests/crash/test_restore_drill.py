"""A restore drill: while companies sign, the running site is backed up; it is killed, its folder is
lost, and the site goes on from the backup, with all in it who were acknowledged before it began.
"""

import asyncio
import base64
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.delegate import FILLED_IN, Page
from tests.invariants import check_invariants
from tests.load.published import by_number, exported, listed, whole_register
from tests.register import verifier
from tests.server import Server, served
from tests.site import SLUG

pytestmark = pytest.mark.alone

CLIENTS = 20
BACKUPS = 3
BETWEEN = 120
"""Signatures that are acknowledged before each backup begins."""


@pytest.fixture(params=[1, 2], ids=["one worker", "two workers"])
async def server(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    limits = {"PLEDGE_LINK_LIMIT": "0", "PLEDGE_DEVICE_LIMIT": "0"}
    async with served(tmp_path, workers=request.param, **limits) as running:
        yield running


async def test_the_site_goes_on_from_a_backup_made_while_companies_sign(
    server: Server, tmp_path: Path
) -> None:
    hall = Hall(server)
    key_file = tmp_path / "key"
    key_file.write_text("a key of tests, which has 32 characters or more")
    file = tmp_path / "site.backup"
    signing = [asyncio.create_task(hall.sign()) for _ in range(CLIENTS)]
    for backup in range(1, BACKUPS + 1):
        await hall.until(BETWEEN * backup)
        before = dict(hall.acknowledged)
        said = await server.command("backup", str(file), "--key-file", str(key_file))
        during = len(hall.acknowledged) - len(before)
        assert during > 0, "nobody waits for a backup"
    hall.ended = True
    await asyncio.gather(*signing)
    async with server.client() as client:
        note = (await client.get(f"/i/{SLUG}/register/checkpoint")).text
        key = (await client.get(f"/i/{SLUG}/register/key")).text.splitlines()[0]
    final_size, final_root = verifier.checkpoint_of(note, key)
    growth_path = await _growth(server, _said(said)[0])
    await server.kill()
    shutil.rmtree(server.data)

    restored = await server.command("restore", str(file), "--key-file", str(key_file))
    assert _said(restored) == _said(said)
    check_invariants(server.database)
    await server.start()
    size, root = _said(said)
    entries = await whole_register(server, key)
    assert len(entries) == size
    assert size >= len(before)
    verifier.check_growth(size, root, final_size, final_root, growth_path)
    items = by_number(await listed(server))
    assert sorted(items) == list(range(1, size + 1))
    assert set(before) <= set(items.values())
    assert await exported(server) == items
    async with server.client() as client:
        for company, receipt in list(before.items())[::10]:
            page = await client.get(receipt)
            assert company in page.text
            file_of = await client.get(f"{receipt}/receipt.json")
            entry = verifier.check_receipt(file_of.content, key)
            assert items[entry["number"]] == company
    hall.ended = False
    signing = [asyncio.create_task(hall.sign()) for _ in range(CLIENTS)]
    await hall.until(len(hall.acknowledged) + CLIENTS)
    hall.ended = True
    await asyncio.gather(*signing)
    await server.stop()
    check_invariants(server.database)


@dataclass
class Hall:
    """Those who sign, for one company after the other, as long as it goes on."""

    server: Server
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The receipt's address, by company."""
    ended: bool = False
    _places: Iterator[int] = field(default_factory=lambda: count(1))
    _told: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def sign(self) -> None:
        async with self.server.client() as client:
            page = Page((await client.get(self.server.link)).text)
            while not self.ended:
                place = next(self._places)
                company = f"示例备份{place}有限公司"
                form = {**FILLED_IN, **page.hidden, "company": company}
                form["attempt"] = f"attempt-of-{place:08}"
                answer: httpx.Response = await client.post(self.server.link, data=form)
                assert answer.status_code == 303, answer.text
                async with self._told:
                    self.acknowledged[company] = answer.headers["location"]
                    self._told.notify_all()

    async def until(self, acknowledged: int) -> None:
        async with self._told:
            await self._told.wait_for(lambda: len(self.acknowledged) >= acknowledged)


def _said(output: str) -> tuple[int, bytes]:
    """The register's size and root."""
    [(size, root)] = re.findall(rf"^register of {SLUG}: (\d+) entries, root (\w+)$", output, re.M)
    return int(size), bytes.fromhex(root)


async def _growth(server: Server, old: int) -> list[bytes]:
    """The proof that the register has grown from this size, as it was before the loss."""
    async with server.client() as client:
        answer = await client.get(f"/i/{SLUG}/register/growth/{old}")
    head = answer.text.partition("\n\n")[0]
    return [base64.b64decode(line) for line in head.splitlines()[1:]]
