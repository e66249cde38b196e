"""`/metrics`, read by the parser that Prometheus' own client brings along."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from pledge.errors import InvalidSetting
from pledge.settings import read_settings
from pledge.store import stamps
from tests.delegate import Delegate
from tests.receiver import receiving
from tests.site import ORIGIN, SLUG, Site, open_site
from tests.web.test_notices import _added, _log_in

Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _values(text: str) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def _scraped(site: Site) -> Values:
    answer = await site.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    return _values(answer.text)


def _of(values: Values, name: str, **labels: str) -> float:
    return values[name, frozenset(labels.items())]


async def _status_for(site: Site, address: str) -> int:
    transport = httpx.ASGITransport(site.app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        return (await client.get("/metrics")).status_code


async def test_requests_are_counted_by_route_and_never_by_address(
    site: Site, delegate: Delegate
) -> None:
    await delegate.sign()
    await site.client.get("/s/NOTOKEN")
    await site.client.get("/nowhere/at/all")
    await site.client.request("BREW", "/")
    text = (await site.client.get("/metrics")).text
    values = _values(text)
    seconds = "pledge_request_seconds_count"
    assert _of(values, seconds, method="POST", route="/s/{token}", status="303") == 1
    assert _of(values, seconds, method="GET", route="/s/{token}", status="404") == 1
    assert _of(values, seconds, method="GET", route="none", status="404") == 1
    assert _of(values, seconds, method="other", route="/", status="405") == 1
    buckets = _of(
        values,
        "pledge_request_seconds_bucket",
        method="POST",
        route="/s/{token}",
        status="303",
        le="+Inf",
    )
    assert buckets == 1
    token = delegate.link.rpartition("/")[2]
    for private in (token, "NOTOKEN", "nowhere", "示例", "张某某", "13800000000", "BREW"):
        assert private not in text


async def test_signing_is_measured_with_the_size_of_its_batches(site: Site) -> None:
    await site.sign_many(1, 12)
    values = await _scraped(site)
    assert _of(values, "pledge_signing_seconds_count") == 12
    assert _of(values, "pledge_signing_seconds_sum") > 0
    assert _of(values, "pledge_signing_batch_sum") == 12
    assert _of(values, "pledge_register_entries", initiative=SLUG) == 12


async def test_a_register_of_a_draft_is_not_named(site: Site) -> None:
    await site.sign_many(1, 1)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    assert ("pledge_register_entries", frozenset({("initiative", SLUG)})) in await _scraped(site)
    await _make_draft(site, initiative_id)
    assert SLUG not in (await site.client.get("/metrics")).text


async def _make_draft(site: Site, initiative_id: int) -> None:
    """As no organizer can once somebody has signed."""
    database = site.services.publishing._database
    async with database.writing() as connection:
        await connection.exec_driver_sql(
            f"UPDATE head SET status = 'draft' WHERE initiative_id = {initiative_id}"
        )
    async with database.reading() as connection:
        assert await stamps.registers(connection)


async def test_the_feed_lags_while_its_readers_have_not_been_told(site: Site) -> None:
    feed, publishing = site.services.feed, site.services.publishing
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    newest = (await publishing.cursors([initiative_id]))[initiative_id]
    frames = feed.follow(initiative_id, None, newest=newest)
    await site.sign_many(1, 1)
    await anext(frames)
    values = await _scraped(site)
    assert _of(values, "pledge_streams_open") == 1
    assert _of(values, "pledge_feed_lag_seconds") == 0
    await site.sign_many(2, 2)
    site.clock.pass_(seconds=7)
    assert 7 <= _of(await _scraped(site), "pledge_feed_lag_seconds") < 8
    await anext(frames)
    assert _of(await _scraped(site), "pledge_feed_lag_seconds") == 0
    await frames.aclose()  # type: ignore[attr-defined]
    assert _of(await _scraped(site), "pledge_streams_open") == 0


async def test_the_outbox_says_what_has_yet_to_be_told(tmp_path: Path) -> None:
    async with (
        open_site(tmp_path / "data", PLEDGE_PRIVATE_NOTICES="1") as site,
        receiving() as receiver,
    ):
        await _log_in(site)
        await _added(site, receiver.address)
        assert _of(await _scraped(site), "pledge_outbox_events") == 0
        await site.services.notifying.stop()
        await site.sign_many(1, 3)
        values = await _scraped(site)
        assert _of(values, "pledge_outbox_events") == 3
        assert _of(values, "pledge_outbox_failing") == 0


@pytest.mark.sqlite("its pools; the one of PostgreSQL is looked at below")
async def test_connections_in_use_are_told_with_how_many_there_may_be(site: Site) -> None:
    values = await _scraped(site)
    # Whatever runs behind everybody's back reads at any moment.
    assert 0 <= _of(values, "pledge_database_connections_used", pool="reader") <= 4
    assert _of(values, "pledge_database_connections_most", pool="reader") == 4
    assert _of(values, "pledge_database_connections_most", pool="writer") == 1
    async with site.services.publishing._database.writing():
        busy = await _scraped(site)
    assert _of(busy, "pledge_database_connections_used", pool="writer") == 1


async def test_a_connection_in_use_is_told(site: Site) -> None:
    """Readers and writers share one pool on PostgreSQL, and have one each on SQLite."""
    database = site.services.publishing._database
    shared = database.reader.pool is database.writer.pool
    pool, most = ("all", 10) if shared else ("writer", 1)
    async with database.writing():
        values = await _scraped(site)
    assert 1 <= _of(values, "pledge_database_connections_used", pool=pool) <= most
    assert _of(values, "pledge_database_connections_most", pool=pool) == most


async def test_without_its_database_the_process_still_tells_of_itself(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _of(await _scraped(site), "pledge_database_up") == 1

    async def away(_connection: object) -> None:
        raise OperationalError("SELECT", {}, OSError("away"))

    monkeypatch.setattr(stamps, "registers", away)
    values = await _scraped(site)
    assert _of(values, "pledge_database_up") == 0
    assert _of(values, "pledge_streams_open") == 0
    assert ("pledge_outbox_events", frozenset()) not in values


async def test_only_this_machine_may_read_it(site: Site) -> None:
    assert await _status_for(site, "127.0.0.1") == 200
    assert await _status_for(site, "::1") == 200
    assert await _status_for(site, "::ffff:127.0.0.1") == 200
    for address in ("10.1.2.3", "203.0.113.9", "2001:db8::9", "a socket"):
        assert await _status_for(site, address) == 404


@pytest.mark.parametrize("forwarded", ["203.0.113.9", "127.0.0.1, 203.0.113.9"])
async def test_visitors_behind_a_proxy_on_this_machine_may_not(site: Site, forwarded: str) -> None:
    """The second one claims to be this machine; the proxy has put its real address behind."""
    believing: Any = ProxyHeadersMiddleware(site.app, "127.0.0.1")  # type: ignore[arg-type]
    transport = httpx.ASGITransport(believing)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as proxy:
        assert (await proxy.get("/metrics")).status_code == 200
        answer = await proxy.get("/metrics", headers={"X-Forwarded-For": forwarded})
    assert answer.status_code == 404


async def test_networks_that_are_named_may_read_it(tmp_path: Path) -> None:
    named = "10.0.0.0/8, 2001:db8::/32"
    async with open_site(tmp_path / "data", PLEDGE_METRICS_FROM=named) as site:
        assert await _status_for(site, "10.1.2.3") == 200
        assert await _status_for(site, "2001:db8::9") == 200
        assert await _status_for(site, "127.0.0.1") == 404


def test_what_is_no_network_is_refused_at_the_start() -> None:
    with pytest.raises(InvalidSetting, match="PLEDGE_METRICS_FROM"):
        read_settings({"PLEDGE_METRICS_FROM": "*"})
