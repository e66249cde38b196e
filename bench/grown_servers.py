"""Signing over HTTP on sites that have been signed very often: what one signature costs a server.

`pledge serve` as it is installed, on the sites of `grown`, loaded in turn; newcomers' names stand
anywhere among those that have signed. By the processor's time of the server, with the indexing of
names and the checkpoints that come later; on PostgreSQL, whose processes are others, by the clock.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.comparison import BY_PROCESSOR, RATE, loaded
from bench.load import Order
from bench.processes import with_descendants
from bench.servers import Target, read_sign_page, serving_pledge
from pledge.app import database_of
from pledge.settings import Settings
from pledge.store import heads

CONNECTIONS = 50
_SECONDS, _WARM_UP = 3.0, 0.5


def milliseconds(sites: Sequence[tuple[int, Settings]], rounds: int) -> tuple[float, ...]:
    """For one signature: of each site, which was built with so many, the median over the rounds."""
    figure = RATE if sites[0][1].database_url else BY_PROCESSOR
    taken: list[list[float]] = [[] for _ in sites]
    with ExitStack() as stack:
        servers = [stack.enter_context(_serving(settings)) for _, settings in sites]
        texts = [read_sign_page(server).text for server in servers]
        for _ in range(rounds):
            for place, (size, settings) in enumerate(sites):
                order = Order(
                    method="POST",
                    port=servers[place].port,
                    path=servers[place].path,
                    connections=CONNECTIONS,
                    seconds=_SECONDS,
                    warm_up=_WARM_UP,
                    processes=with_descendants(servers[place].process),
                    text=texts[place],
                    among=size,
                    first=asyncio.run(_signed(settings)) - size,
                )
                taken[place].append(1000 / getattr(loaded(order, f"{size:,}"), figure))
    return tuple(map(median, taken))


@contextmanager
def _serving(settings: Settings) -> Iterator[Target]:
    address = {"PLEDGE_DATABASE_URL": settings.database_url} if settings.database_url else {}
    with (
        TemporaryDirectory(prefix="pledge-bench-") as folder,
        serving_pledge(
            Path(folder),
            PLEDGE_DATA=str(settings.data),
            PLEDGE_SECRET_KEYS=",".join(settings.secret_keys),
            **address,
        ) as server,
    ):
        yield server


async def _signed(settings: Settings) -> int:
    database = database_of(settings)
    try:
        async with database.reading() as connection:
            return (await heads.cursors(connection, [1]))[1]
    finally:
        await database.close()
