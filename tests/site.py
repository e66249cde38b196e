"""A site for tests: the real application on a database of its own, driven over ASGI."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from pledge.app import create_app
from pledge.content import read_content
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.signatures import Company, Person, Proposal, Signed
from pledge.paths import PACKAGE
from pledge.settings import Settings, read_settings
from pledge.web.services import Services
from tests import databases
from tests.delegate import Delegate
from tests.invariants import check_invariants

SLUG = "fire-product-quality"
SAMPLE = PACKAGE / "samples" / f"{SLUG}.md"
ORIGIN = "http://pledge.test"


@dataclass
class Clock:
    """The site's clock, moved by tests; it never stands still, as real ones do not."""

    now: datetime = field(default_factory=lambda: datetime(2023, 8, 10, 2, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def pass_(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Site:
    app: Starlette
    client: httpx.AsyncClient
    services: Services
    clock: Clock

    def another_client(self, **options: Any) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url=ORIGIN,
            **options,
        )

    async def link(
        self, kind: LinkKind = LinkKind.POSTER, *, meeting: str = "", company: Company | None = None
    ) -> str:
        """The path of a new signing link."""
        link = await self.services.organizing.create_link(
            SLUG, kind, meeting=meeting, company=company
        )
        return f"/s/{self.services.tokens.link(link.id)}"

    async def delegate(self, **link: Any) -> Delegate:
        return Delegate(self.client, await self.link(**link))

    async def sign_many(self, first: int, last: int, link: SigningLink | None = None) -> None:
        """So many companies at once, not by way of their phones."""
        organizing, publishing = self.services.organizing, self.services.publishing
        link = link or await organizing.create_link(SLUG, LinkKind.POSTER)
        found = await publishing.behind_link(link.id)
        assert found is not None
        outcomes = await asyncio.gather(
            *(
                self.services.signing.sign(
                    Proposal(
                        found.link,
                        f"attempt-{number:012}",
                        found.initiative.text.digest,
                        Company(f"示例{number}有限公司"),
                        Person("张某某"),
                        f"receipt-{number}",
                    )
                )
                for number in range(first, last + 1)
            )
        )
        assert all(isinstance(outcome, Signed) for outcome in outcomes)

    async def exported(self, format: str, **chosen: Any) -> bytes:
        """The signatures as a file, as `domain.exports.chosen` takes its choices."""
        exporting = self.services.exporting
        values = {name: [one] if isinstance(one, str) else one for name, one in chosen.items()}
        source = await exporting.source(
            await self.services.organizing.initiative_id(SLUG), {"format": [format], **values}
        )
        return b"".join([piece async for piece in exporting.pieces(source)])

    async def items(self, **query: Any) -> list[dict[str, Any]]:
        """The public list, oldest first."""
        answer = await self.client.get(
            f"/i/{SLUG}/signatories.json", params={"limit": 500, **query}
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


def settings_for(data: Path, **environment: str) -> Settings:
    return read_settings(
        {
            **databases.environment(data),
            "PLEDGE_SECRET_KEYS": "a key for tests alone",
            **environment,
        }
    )


@asynccontextmanager
async def open_site(data: Path, **environment: str) -> AsyncIterator[Site]:
    """A site with the sample initiative in a folder; opened again, it finds what it left there.

    Whatever a test has done with it, the rules of the domain hold in the end.
    """
    settings = settings_for(data, **environment)
    data.mkdir(exist_ok=True)  # noqa: ASYNC240 -- nothing else runs yet
    database = databases.address(data)
    clock = Clock()
    app = create_app(settings, clock=clock)
    async with running(app) as client:
        site = Site(app, client, app.state.services, clock)
        await site.services.organizing.import_initiative(read_content(SAMPLE))
        yield site
    check_invariants(database)


@asynccontextmanager
async def running(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application between its start and its end."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=ORIGIN
        ) as client,
    ):
        yield client
