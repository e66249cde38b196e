"""The server is killed while it tells a target: nothing is lost, and nothing overtakes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.delegate import Delegate, Page
from tests.receiver import Receiver, answer, receiving
from tests.server import Server, served
from tests.site import SLUG

pytestmark = pytest.mark.alone

COMPANIES, TOLD_BEFORE = 40, 15
EMAIL, PASSWORD = "organizer@example.org", "a long enough password"


async def test_what_a_kill_breaks_off_is_told_again_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLEDGE_PRIVATE_NOTICES", "1")
    async with receiving() as receiver, served(tmp_path) as server:
        await _subscribe(server, receiver)
        receiver.answers.extend([answer(200)] * TOLD_BEFORE + [None])
        async with server.client() as client:
            delegate = Delegate(client, server.link)
            for number in range(COMPANIES):
                assert (await delegate.sign(company=f"示例{number}有限公司")).status_code == 303
        await receiver.until(TOLD_BEFORE + 1)
        await server.kill()
        _let_the_lease_run_out(server)
        await server.start()
        while len(firsts := _first_tellings(receiver)) < COMPANIES:
            await receiver.until(len(receiver.posted) + 1)
    assert firsts == list(range(1, COMPANIES + 1))
    ids = {(one.json["data"]["number"], one.headers["webhook-id"]) for one in receiver.posted}
    assert len(ids) == COMPANIES, "what is told again is told by the same name"


async def _subscribe(server: Server, receiver: Receiver) -> None:
    async with server.client() as client:
        await _set_up(client, server.printed["Organizer set-up (works once)"])
        home = f"/organizer/settings/{SLUG}/notices"
        token = Page((await client.get(home)).text).value("token")
        target = {"kind": "standard", "address": receiver.address, "language": "zh"}
        added = await client.post(home, data={"token": token, "event-signed": "yes", **target})
        assert added.status_code == 303


async def _set_up(client: httpx.AsyncClient, address: str) -> None:
    form = Page((await client.get(address)).text)
    fields = {**form.hidden, "email": EMAIL, "password": PASSWORD, "again": PASSWORD}
    assert (await client.post(address, data=fields)).status_code == 303


def _let_the_lease_run_out(server: Server) -> None:
    """As half a minute would."""
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute("UPDATE notice_target SET leased_until = '2020-01-01 00:00:00.000000'")


def _first_tellings(receiver: Receiver) -> list[int]:
    return list(dict.fromkeys(one.json["data"]["number"] for one in receiver.posted))
