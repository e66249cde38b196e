"""Observing: how the site stands at this moment, beside what this process has measured."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Status
from pledge.feed import Feed
from pledge.measures import Measures
from pledge.store import erasures, feed, notices, stamps
from pledge.store.database import UNAVAILABLE, Database, Pool
from pledge.store.notices import Backlog

_PATIENCE = 5.0
"""Seconds for which the database is asked; without it, the process tells of itself alone."""


@dataclass(frozen=True)
class _Stored:
    """What the database says, the same in every process but for `lag`."""

    lag: float
    """Seconds for which the oldest event has waited that readers here follow and were not told."""
    backlog: Backlog
    unswept: int
    registers: dict[str, int]
    """How many entries, by slug, of what is published."""


class Observing:
    def __init__(
        self,
        database: Database,
        following: Feed,
        measures: Measures,
        *,
        clock: Callable[[], datetime],
    ):
        self._database = database
        self._feed = following
        self._measures = measures
        self._clock = clock

    async def exposition(self) -> bytes:
        """In Prometheus' text format."""
        pools = self._database.pools()  # before one is taken to look
        stored = None
        with suppress(TimeoutError, *UNAVAILABLE):
            async with asyncio.timeout(_PATIENCE), self._database.reading() as connection:
                stored = await self._stored(connection)
        return self._measures.exposition(
            [*_process(self._feed.readers, pools, stored is not None), *_site(stored)]
        )

    async def _stored(self, connection: AsyncConnection) -> _Stored:
        now = self._clock()
        waiting_since = await feed.oldest_after(connection, self._feed.told())
        return _Stored(
            lag=max(0.0, (now - waiting_since).total_seconds()) if waiting_since else 0.0,
            backlog=await notices.backlog(connection),
            unswept=len(await erasures.unswept(connection)),
            registers={
                one.slug: one.size
                for one in await stamps.registers(connection)
                if one.standing.status is not Status.DRAFT
            },
        )


def _process(streams: int, pools: dict[str, Pool], reached: bool) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily("pledge_streams_open", "Event streams that are open.", streams)
    yield GaugeMetricFamily(
        "pledge_database_up", "1 if the database answers this process.", int(reached)
    )
    used = GaugeMetricFamily(
        "pledge_database_connections_used", "Connections that are in use.", labels=["pool"]
    )
    most = GaugeMetricFamily(
        "pledge_database_connections_most", "Connections that may be in use.", labels=["pool"]
    )
    for name, pool in pools.items():
        used.add_metric([name], pool.used)
        most.add_metric([name], pool.most)
    yield used
    yield most


def _site(stored: _Stored | None) -> Iterator[GaugeMetricFamily]:
    if stored is None:
        return
    yield GaugeMetricFamily(
        "pledge_feed_lag_seconds",
        "For how long the oldest event waits that this process has yet to tell its streams.",
        stored.lag,
    )
    yield GaugeMetricFamily(
        "pledge_outbox_events",
        "Events that targets of notices have yet to be told, as far as they are counted.",
        stored.backlog.events,
    )
    yield GaugeMetricFamily(
        "pledge_outbox_failing",
        "Targets of notices that failed the last time.",
        stored.backlog.failing,
    )
    yield GaugeMetricFamily(
        "pledge_erasures_unswept",
        "Erasures of which remains are in the files of the database.",
        stored.unswept,
    )
    sizes = GaugeMetricFamily(
        "pledge_register_entries", "Entries of each register.", labels=["initiative"]
    )
    for slug, size in stored.registers.items():
        sizes.add_metric([slug], size)
    yield sizes
