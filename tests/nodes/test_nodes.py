"""Nodes on one PostgreSQL are one site, whichever of them is asked."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import httpx
import pytest

from pledge.domain.initiatives import Status
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.domain.scenes import Scene
from tests.delegate import FILLED_IN, Delegate, Page
from tests.load.subscriber import Subscriber
from tests.nodes.nodes import Nodes
from tests.server import PLEDGE, Server
from tests.site import SLUG
from tests.web.test_events import read_events

pytestmark = [pytest.mark.alone, pytest.mark.sqlite("its nodes have a PostgreSQL of their own")]


async def test_nodes_that_start_at_once_bring_the_sample_once(nodes: Nodes) -> None:
    started = await nodes.start(3)
    assert len({one.link for one in started}) == 1
    assert nodes.postgres.sql("SELECT slug FROM initiative", nodes.name).split() == [SLUG]
    links = "SELECT count(*) FROM signing_link GROUP BY kind"
    assert set(nodes.postgres.sql(links, nodes.name).split()) == {"1"}


async def test_a_journey_needs_no_node_to_remember_it(nodes: Nodes) -> None:
    """Each request goes to another node than the one before."""
    started = await nodes.start(2)
    a, b = (one.origin for one in started)
    async with started[0].client() as phone:
        page = Page((await phone.get(a + started[0].link)).text)
        signed = await phone.post(b + started[0].link, data={**FILLED_IN, **page.hidden})
        assert signed.status_code == 303
        receipt = signed.headers["location"].removeprefix(b)
        assert (await phone.get(a + receipt)).status_code == 200
        again = await phone.post(a + started[0].link, data={**FILLED_IN, **page.hidden})
        assert again.headers["location"].removeprefix(a) == receipt
        assert (await phone.get(f"{b}{receipt}/receipt.json")).status_code == 200
        assert (await phone.get(f"{a}{receipt}/certificate.pdf")).status_code == 200
        # Without PLEDGE_BASE_URL they are named after the node; size and root are the same.
        checkpoints = [
            (await phone.get(f"{one}/i/{SLUG}/register/checkpoint")).text for one in (a, b)
        ]
        assert len({tuple(one.splitlines()[1:3]) for one in checkpoints}) == 1


async def test_each_tells_what_both_have_taken_in_once_and_in_order(nodes: Nodes) -> None:
    started = await nodes.start(2)
    subscribers = [Subscriber(one) for one in started]
    seen = [asyncio.create_task(one.see(80)) for one in subscribers]
    await asyncio.gather(*(one.listening.wait() for one in subscribers))
    answers = await asyncio.gather(
        *(_sign(started[place % 2], f"示例{place}有限公司") for place in range(80))
    )
    assert {one.status_code for one in answers} == {303}
    await asyncio.gather(*seen)
    for subscriber in subscribers:
        subscriber.has_seen_each_once_in_order(80)
    numbers = nodes.postgres.sql("SELECT number FROM signature ORDER BY 1", nodes.name).split()
    assert numbers == [str(number) for number in range(1, 81)]


async def test_what_an_organizer_does_on_one_holds_on_all(nodes: Nodes) -> None:
    started = await nodes.start(2)
    async with nodes.from_elsewhere() as elsewhere:
        initiative_id = await elsewhere.organizing.initiative_id(SLUG)
        link = await elsewhere.organizing.create_link(SLUG, LinkKind.POSTER)
        path = f"/s/{elsewhere.tokens.link(link.id)}"
        assert await _statuses(started, path) == {200}
        await elsewhere.linking.revoke(initiative_id, link.id, by=OPERATOR)
        await _until_all_say(started, path, 410)

        told = [asyncio.create_task(_next_kinds(one, 2)) for one in started]
        while len(await _open_streams(started)) < 2:  # noqa: ASYNC110 -- it is another process
            await asyncio.sleep(0.02)
        await elsewhere.directing.show(initiative_id, Scene.SIGNING, by=OPERATOR)
        await elsewhere.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
        assert await asyncio.gather(*told) == [["scene", "state"]] * 2
        await _until_all_say(started, started[0].link, 410)


async def test_a_node_that_is_killed_costs_nothing_that_was_acknowledged(nodes: Nodes) -> None:
    started = await nodes.start(2)
    kept: dict[str, str] = {}
    enough = asyncio.Event()

    async def sign(place: int) -> None:
        """With the same attempt, of whichever node answers."""
        company = f"示例{place}有限公司"
        turn, page = place, None
        while company not in kept:
            server = started[turn % 2]
            turn += 1
            with suppress(httpx.TransportError):
                async with server.client() as client:
                    delegate = Delegate(client, started[0].link)
                    page = page or await delegate.open()
                    answer = await delegate.post(page, company=company)
                    if answer.status_code == 303:
                        kept[company] = answer.headers["location"]
                        if len(kept) == 20:
                            enough.set()

    async def kill() -> None:
        await enough.wait()
        await started[1].kill()

    await asyncio.gather(kill(), *(sign(place) for place in range(60)))
    stored = nodes.postgres.sql("SELECT number FROM signature ORDER BY 1", nodes.name).split()
    assert stored == [str(number) for number in range(1, 61)]
    async with started[0].client() as client:
        for receipt in kept.values():
            assert (await client.get(httpx.URL(receipt).path)).status_code == 200


_HOLDS_THE_LOCK = """
import asyncio, sys
from pledge.store import heads
from pledge.store.database import open_database

async def hold():
    database = open_database(sys.argv[1])
    async with database.writing() as connection:
        await heads.lock_head(connection, int(sys.argv[2]))
        if sys.argv[3:] == ["preparing"]:
            driver = (await connection.get_raw_connection()).driver_connection
            await driver.prepare("SELECT 1")
        print("locked", flush=True)
        await asyncio.sleep(3600)

asyncio.run(hold())
"""


async def test_a_node_that_stands_still_with_the_lock_loses_it(nodes: Nodes) -> None:
    [server] = await nodes.start(1)
    async with _stands_still(nodes):
        answer = await _sign(server, "示例有限公司")
        assert answer.status_code == 303


async def test_a_node_that_stands_still_before_a_statement_loses_the_lock(nodes: Nodes) -> None:
    """The server waits for what belongs to a statement, and does not call that idle."""
    [server] = await nodes.start(1)
    async with _stands_still(nodes, "preparing"), asyncio.timeout(30):
        while (answer := await _sign(server, "示例有限公司")).status_code == 503:
            pass
        assert answer.status_code == 303


@asynccontextmanager
async def _stands_still(nodes: Nodes, *words: str) -> AsyncIterator[None]:
    initiative_id = nodes.postgres.sql("SELECT id FROM initiative", nodes.name).strip()
    stalled = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _HOLDS_THE_LOCK, nodes.address, initiative_id, *words),
        stdout=asyncio.subprocess.PIPE,
    )
    assert stalled.stdout is not None
    try:
        assert await stalled.stdout.readline() == b"locked\n"
        stalled.send_signal(signal.SIGSTOP)
        yield
    finally:
        stalled.kill()
        await stalled.wait()


async def test_a_full_pool_asks_phones_to_come_back(nodes: Nodes) -> None:
    [server] = await nodes.start(1, PLEDGE_DATABASE_CONNECTIONS="2")
    async with server.client() as phone:
        delegate = Delegate(phone, server.link)
        page = await delegate.open()
        holding = await asyncpg.connect(nodes.address)
        held = holding.transaction()
        await held.start()
        await holding.execute("LOCK TABLE head")
        waiting = [asyncio.create_task(_statuses([server], f"/i/{SLUG}")) for _ in range(2)]
        chinese = await delegate.post(page)
        english = await phone.get(f"/i/{SLUG}/signatories", headers={"Accept-Language": "en"})
        program = await phone.get(f"/i/{SLUG}/signatories.json")
        await held.rollback()
        await holding.close()
        for answer in (chinese, english, program):
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
        assert "Please go back and try again" in english.text
        assert Page(chinese.text).language == "zh-CN"
        await asyncio.gather(*waiting)
        assert (await delegate.post(page)).status_code == 303
        assert 'pledge_database_refused_total{reason="pool"}' in (await phone.get("/metrics")).text


@pytest.mark.parametrize("name", ["PLEDGE_SECRET_KEYS", "PLEDGE_REGISTER_KEYS"])
async def test_a_node_with_other_keys_does_not_start(nodes: Nodes, name: str) -> None:
    await nodes.start(1)
    other = {
        "PLEDGE_SECRET_KEYS": "another key for tests",
        "PLEDGE_REGISTER_KEYS": "A" * 43 + "=",
    }
    for value in (other[name], ""):
        stranger = nodes.node(**{name: value})
        code, said = await _run(stranger, "serve", "--port", str(stranger.port))
        assert code == 1
        assert name in said.splitlines()[-1]
        assert not (stranger.data / "secret.key").exists()
        assert not (stranger.data / "register.key").exists()
    stranger = nodes.node(**{name: other[name]})
    stranger.data.mkdir()
    _code, said = await _run(stranger, "doctor", "--json")
    levels = {one["check"]: one["level"] for one in json.loads(said.splitlines()[0])["findings"]}
    assert levels["keys of nodes"] == "fault"


async def test_a_key_is_replaced_node_by_node(nodes: Nodes) -> None:
    first = await nodes.start(2)
    both = f"the newer key for tests,{first[0].settings['PLEDGE_SECRET_KEYS']}"
    for server in first:
        await server.stop()
        server.settings["PLEDGE_SECRET_KEYS"] = both
        await server.start()
    for server in first:
        await server.stop()
        server.settings["PLEDGE_SECRET_KEYS"] = both.split(",")[0]
        await server.start()
    assert await _statuses(first, first[0].link) == {200}


async def _sign(server: Server, company: str) -> httpx.Response:
    async with server.client() as client:
        return await Delegate(client, server.link).sign(company=company)


async def _until_all_say(servers: list[Server], path: str, status: int) -> None:
    """A page that another node has kept says so a tenth of a second later."""
    async with asyncio.timeout(10):
        while await _statuses(servers, path) != {status}:  # noqa: ASYNC110 -- other processes
            await asyncio.sleep(0.02)


async def _statuses(servers: list[Server], path: str) -> set[int]:
    found = set()
    for server in servers:
        async with server.client() as client:
            found.add((await client.get(path)).status_code)
    return found


async def _open_streams(servers: list[Server]) -> list[Server]:
    found = []
    for server in servers:
        async with server.client() as client:
            if "pledge_streams_open 1.0" in (await client.get("/metrics")).text:
                found.append(server)
    return found


async def _next_kinds(server: Server, count: int) -> list[str]:
    kinds: list[str] = []
    async with (
        server.client() as client,
        client.stream("GET", f"/i/{SLUG}/events") as response,
    ):
        async for event in read_events(response):
            kinds.append(event.kind)
            if len(kinds) == count:
                break
    return kinds


async def _run(server: Server, *words: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        *(PLEDGE, *words),
        env=server._environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()
