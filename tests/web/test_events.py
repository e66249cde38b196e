"""`/i/{slug}/events`, over a real connection: the stream never ends by itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from pledge.app import create_app
from pledge.domain.initiatives import Status
from pledge.domain.rights import OPERATOR
from tests.delegate import Delegate
from tests.site import SLUG, Site, running, settings_for

EVENTS = f"/i/{SLUG}/events"


@dataclass
class Event:
    id: str = ""
    kind: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """The site's origin on loopback; its lifespan is already under way."""
    server = uvicorn.Server(
        uvicorn.Config(site.app, port=0, lifespan="off", log_config=None, ws="none")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- there is no event to wait for
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    site.services.feed.close()
    server.should_exit = True
    await serving


async def read_events(response: httpx.Response) -> AsyncIterator[Event]:
    event = Event()
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        match name:
            case "id":
                event.id = value
            case "event":
                event.kind = value
            case "data":
                event.data = json.loads(value)
            case "" if event.kind:
                yield event
                event = Event()


async def take(origin: str, count: int, *, after: str | None = None, **headers: str) -> list[Event]:
    """The next events of a fresh connection."""
    query = f"?after={after}" if after is not None else ""
    taken = []
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", f"{origin}{EVENTS}{query}", headers=headers) as response,
    ):
        async for event in read_events(response):
            taken.append(event)
            if len(taken) == count:
                break
    return taken


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 -- there is no event to wait for
            await asyncio.sleep(0.01)


@pytest.fixture
async def origin(site: Site) -> AsyncIterator[str]:
    async with served(site) as address:
        yield address


async def test_the_stream_passes_proxies_and_is_not_kept(origin: str) -> None:
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["cache-control"] == "no-store"
        assert "content-encoding" not in response.headers


async def test_a_signing_is_told_at_once_with_the_total(
    origin: str, site: Site, delegate: Delegate
) -> None:
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        events = read_events(response)
        await delegate.sign(publish="yes")
        event = await anext(events)
        await events.aclose()  # type: ignore[attr-defined]
    [item] = await site.items()
    assert (event.kind, event.id) == ("signed", "1")
    assert event.data == {**item, "total": 1}


async def test_resuming_neither_loses_nor_repeats(origin: str, delegate: Delegate) -> None:
    for number in range(5):
        await delegate.sign(company=f"示例{number}公司")
    first = await take(origin, 2, after="0")
    rest = await take(origin, 3, after="0", **{"Last-Event-ID": first[-1].id})
    assert [event.data["number"] for event in first + rest] == [1, 2, 3, 4, 5]
    assert [event.id for event in first + rest] == ["1", "2", "3", "4", "5"]


async def test_without_a_cursor_the_stream_begins_now(
    origin: str, site: Site, delegate: Delegate
) -> None:
    await delegate.sign(company="示例早先公司")
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        lines = response.aiter_lines()
        assert [await anext(lines), await anext(lines)] == ["retry: 2000", "id: 1"]


async def test_a_cursor_from_before_a_restore_counts_as_the_newest(
    origin: str, delegate: Delegate
) -> None:
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", f"{origin}{EVENTS}?after=999") as response,
    ):
        events = read_events(response)
        await delegate.sign()
        assert (await anext(events)).data["number"] == 1
        await events.aclose()  # type: ignore[attr-defined]


async def test_opening_and_closing_are_told(origin: str, site: Site) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    await site.services.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
    await site.services.organizing.set_status(initiative_id, Status.OPEN, by=OPERATOR)
    events = await take(origin, 2, after="0")
    assert [(event.kind, event.data["status"]) for event in events] == [
        ("state", "closed"),
        ("state", "open"),
    ]


async def test_what_another_process_commits_is_told(
    origin: str, site: Site, tmp_path: Path
) -> None:
    other = create_app(settings_for(tmp_path / "data"))
    async with (
        running(other) as phone,
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        events = read_events(response)
        await Delegate(phone, await site.link()).sign()
        assert (await anext(events)).data["number"] == 1
        await events.aclose()  # type: ignore[attr-defined]


async def test_a_stream_ends_when_the_process_is_told_to_stop(origin: str, site: Site) -> None:
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        site.services.feed.close()
        async for _ in response.aiter_lines():
            pass


async def test_who_hangs_up_follows_no_longer(origin: str, site: Site) -> None:
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        assert [await anext(response.aiter_lines())] == ["retry: 2000"]
        await until(lambda: site.services.feed.readers == 1)
    await until(lambda: site.services.feed.readers == 0)


async def test_a_stream_goes_on_with_a_comment_while_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setattr("pledge.feed.HEARTBEAT", 0.01)
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", origin + EVENTS) as response,
    ):
        lines = response.aiter_lines()
        assert [await anext(lines) for _ in range(5)][3:] == [": still here", ""]
        await lines.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("header", ["x", "-1", "1e3", "9" * 30])
async def test_a_last_event_id_that_is_not_ours_is_refused(origin: str, header: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(origin + EVENTS, headers={"Last-Event-ID": header})
    assert answer.status_code == 400
