"""`python -m bench.growth`: what a site costs when it has been signed very often.

The same questions are put to a site of ten thousand signatures and to a large one, in turn, by way
of the application in this process; the table holds medians in milliseconds and their ratio. On
SQLite time is the processor's, of all threads, which other work on the machine disturbs less; on
PostgreSQL, whose processes are others, it is the clock's.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import structlog
from starlette.applications import Starlette

from bench import grown_servers
from bench.grown import SLUG, build
from bench.newcomers import company, newcomer
from bench.report import Line
from pledge.app import create_app, database_of, make_services
from pledge.domain.links import SigningLink
from pledge.domain.searches import Search, Shown
from pledge.domain.signatures import Company, Person, Proposal, Signed
from pledge.secrets import attempt_of, timed_name
from pledge.settings import Settings, read_settings
from pledge.store.migrating import migrate
from pledge.web.services import Services
from tests.postgres import postgres

SMALL = 10_000
BATCH = 50
HTTP = f"signing over HTTP, {grown_servers.CONNECTIONS} phones"
_PATH = f"/i/{SLUG}"

Question = Callable[["Grown"], Awaitable[object]]


@dataclass
class Grown:
    """A site, and who asks it."""

    size: int
    settings: Settings
    app: Starlette
    client: httpx.AsyncClient
    link: SigningLink
    text: str
    signed: int = 0

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found


def get(address: str) -> Question:
    """`{middle}` and `{last}` are the numbers of pages, `{name}` a company that has signed."""

    async def ask(site: Grown) -> None:
        last = site.size // 50 - 10
        of_meeting = max(1, last // 8)
        words = {
            "middle": last // 2,
            "last": last,
            "last_of_meeting": of_meeting,
            "name": company(site.size // 2 + 2),
            "rare": company(site.size // 2 + 2)[2:4],
            "half": site.size // 2,
        }
        answer = await site.client.get(address.format(**words))
        assert answer.status_code == 200, (address, answer.status_code)

    return ask


async def sign(site: Grown) -> None:
    """A batch, as the phones of a hall send it."""
    outcomes = await asyncio.gather(
        *(
            site.services.signing.sign(
                Proposal(
                    site.link,
                    attempt_of(timed_name(), "示例"),
                    site.text,
                    Company(newcomer(site.signed + number, site.size)),
                    Person("张某某"),
                    timed_name(),
                )
            )
            for number in range(BATCH)
        )
    )
    site.signed += BATCH
    assert all(isinstance(outcome, Signed) for outcome in outcomes)


def console(page: str, **search: object) -> Question:
    async def ask(site: Grown) -> None:
        number = {"first": 1, "middle": site.size // 100, "last": site.size // 50}[page]
        q = str(search.get("q", "")).format(name=company(site.size // 2 + 2))
        found = await site.services.reviewing.search(
            1,
            Search(**{**search, "q": q}),
            page=number,  # type: ignore[arg-type]
        )
        assert found.entries or search

    return ask


async def export(site: Grown) -> None:
    """The first ten thousand rows of it."""
    source = await site.services.exporting.source(1, {"format": ["csv"]})
    rows = 0
    async for piece in site.services.exporting.pieces(source):
        rows += piece.count(b"\n")
        if rows >= SMALL - 200:
            return


async def start(site: Grown) -> None:
    """Until the first page; the program itself has been read already."""
    app = create_app(site.settings)
    async with _running(app) as client:
        assert (await client.get(_PATH)).status_code == 200


QUESTIONS: dict[str, tuple[Question, int]] = {
    "start": (start, 5),
    f"signing, {BATCH} at once": (sign, 20),
    "initiative page": (get(_PATH), 20),
    "list, first page": (get(f"{_PATH}/signatories"), 20),
    "list, middle page": (get(f"{_PATH}/signatories?page={{middle}}"), 20),
    "list, deepest page": (get(f"{_PATH}/signatories?page={{last}}"), 20),
    "list of a meeting, first": (get(f"{_PATH}/signatories?meeting=jinan"), 20),
    "list of a meeting, deepest": (
        get(f"{_PATH}/signatories?meeting=jinan&page={{last_of_meeting}}"),
        20,
    ),
    "JSON, first": (get(f"{_PATH}/signatories.json"), 20),
    "JSON, from the middle": (get(f"{_PATH}/signatories.json?after={{half}}"), 20),
    "JSON of a meeting": (get(f"{_PATH}/signatories.json?meeting=shanghai"), 20),
    "search, two common": (get(f"{_PATH}/signatories?q=消防"), 10),
    "search, legal form": (get(f"{_PATH}/signatories?q=有限公司"), 10),
    "search, two rare": (get(f"{_PATH}/signatories?q={{rare}}"), 10),
    "search, one common": (get(f"{_PATH}/signatories?q=司"), 10),
    "search, one rare": (get(f"{_PATH}/signatories?q=齱"), 10),
    "search, whole name": (get(f"{_PATH}/signatories?q={{name}}"), 10),
    "search, nobody": (get(f"{_PATH}/signatories?q=鑫鑫淼淼"), 10),
    "search at a meeting": (get(f"{_PATH}/signatories?q=消防&meeting=jinan"), 10),
    "search, page 20": (get(f"{_PATH}/signatories?q=公司&page=20"), 10),
    "search, JSON": (get(f"{_PATH}/signatories.json?q=消防&after={{half}}"), 10),
    "verify by whole name": (get("/verify?q={name}"), 10),
    "verify by part": (get("/verify?q=消防"), 10),
    "wall": (get(f"{_PATH}/wall"), 20),
    "wall of a meeting": (get(f"{_PATH}/wall?meeting=jinan"), 20),
    "wall.json": (get(f"{_PATH}/wall.json"), 20),
    "console, first": (console("first"), 10),
    "console, deepest": (console("last"), 10),
    "console, hidden": (console("first", shown=Shown.HIDDEN), 5),
    "console, withdrawn": (console("first", shown=Shown.WITHDRAWN), 5),
    "console, company": (console("first", q="{name}"), 5),
    "console, representative": (console("first", q="张丁"), 5),
    "export, 10,000 rows": (export, 3),
}


def main() -> None:
    given = arguments()
    structlog.configure(processors=[_silent])
    with TemporaryDirectory(prefix="pledge-bench-") as temporary:
        asyncio.run(measure(given.keep or Path(temporary), given))


def arguments(typed: Sequence[str] | None = None) -> argparse.Namespace:
    """As the command line has them, unless others are given."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="of the large site")
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--keep", type=Path, help="a folder for sites, used again if it has them")
    parser.add_argument("--only", default="", help="questions with this in their names")
    return parser.parse_args(typed)


def lines(measured: dict[str, tuple[float, float]], size: int) -> Iterator[Line]:
    """What must be as quick on the large site as on the small one; searches are indexed alone."""
    for name, (small, large) in measured.items():
        flat = not name.startswith(("search", "verify", "console"))
        yield Line(
            f"{name}: {size:,} signatures against {SMALL:,}",
            large / small,
            "times",
            most=1.2 if flat else None,
            detail=f"{small:.1f} and {large:.1f} ms of the processor",
        )


async def measure(folder: Path, given: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """Medians in milliseconds, of the small site and of the large one."""
    with ExitStack() as stack:
        server = stack.enter_context(postgres(hasty=True)) if given.postgresql else None
        sites = []
        for size in (SMALL, given.size):
            address = ""
            if server:
                server.sql(f"CREATE DATABASE grown{size}")
                address = server.url(f"grown{size}")
            sites.append((size, await _settings(folder, size, address)))
        print(f"{'milliseconds':32}{SMALL:>14,}{given.size:>14,}     ratio")
        clock = time.perf_counter if server else time.process_time
        found = await _asked(sites, given.only, clock)
        if given.only in HTTP:
            found[HTTP] = await asyncio.to_thread(grown_servers.milliseconds, sites, 7)
            _show(HTTP, found[HTTP])
    return found


async def _asked(
    sites: Sequence[tuple[int, Settings]], only: str, clock: Callable[[], float]
) -> dict[str, tuple[float, float]]:
    """By the application in this process."""
    found = {}
    async with AsyncExitStack() as stack:
        grown = [
            await stack.enter_async_context(_grown(size, settings)) for size, settings in sites
        ]
        for name, (ask, times) in QUESTIONS.items():
            if only not in name:
                continue
            taken: list[list[float]] = [[], []]
            for _ in range(times + 1):
                for site, measured in zip(grown, taken, strict=True):
                    began = clock()
                    await ask(site)
                    measured.append((clock() - began) * 1000)
            small, large = (median(measured[1:]) for measured in taken)
            found[name] = small, large
            _show(name, found[name])
    return found


def _show(name: str, taken: tuple[float, float]) -> None:
    small, large = taken
    print(f"{name:32}{small:14.2f}{large:14.2f}{large / small:10.2f}", flush=True)


async def _settings(folder: Path, size: int, address: str) -> Settings:
    """Of a site, which is built unless it is there."""
    data = folder / str(size)
    environment = {"PLEDGE_DATA": str(data), "PLEDGE_SECRET_KEYS": "a key for benchmarks alone"}
    if address:
        environment["PLEDGE_DATABASE_URL"] = address
    settings = read_settings(environment)
    if address or not (data / "pledge.db").exists():
        data.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        database = database_of(settings)
        await build(database, make_services(settings, database), size)
        await database.close()
        print(f"built {size:,} in {time.perf_counter() - began:.0f} s", flush=True)
    if not address:
        await _warm(settings)
    return settings


async def _warm(settings: Settings) -> None:
    """Has the system's memory hold the index of names, as it does where a site has been running.

    Whoever signs reads a page of it, anywhere. From a disk that takes the processor as long again.
    """
    database = database_of(settings)
    await migrate(database)
    async with database.reading() as connection:
        await connection.exec_driver_sql(
            "SELECT sum(length(company_key)) FROM signature INDEXED BY uq_signature_name"
        )
    await database.close()


@asynccontextmanager
async def _grown(size: int, settings: Settings) -> AsyncIterator[Grown]:
    app = create_app(settings)
    async with _running(app) as client:
        services: Services = app.state.services
        link = await services.organizing.newest_link(SLUG, "poster")
        assert link is not None
        found = await services.publishing.behind_link(link.id)
        assert found is not None
        signed = found.standing.cursor - size
        yield Grown(size, settings, app, client, link, found.initiative.text.digest, signed)


@asynccontextmanager
async def _running(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://pledge.test"
        ) as client,
    ):
        yield client


def _silent(_logger: object, _method: str, _event: object) -> dict[str, object]:
    raise structlog.DropEvent


if __name__ == "__main__":
    main()
