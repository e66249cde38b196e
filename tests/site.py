"""A site for tests: the real application on a database of its own, driven over ASGI."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from pledge.app import create_app, database_of
from pledge.content import read_content
from pledge.domain.links import LinkKind
from pledge.domain.signatures import Company
from pledge.paths import PACKAGE
from pledge.settings import Settings, read_settings
from pledge.store.migrating import migrate
from pledge.web.services import Services
from tests.delegate import Delegate

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

    async def items(self, **query: Any) -> list[dict[str, Any]]:
        """The public list, oldest first."""
        answer = await self.client.get(
            f"/i/{SLUG}/signatories.json", params={"limit": 500, **query}
        )
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])


def settings_for(data: Path, **environment: str) -> Settings:
    return read_settings(
        {"PLEDGE_DATA": str(data), "PLEDGE_SECRET_KEYS": "a key for tests alone", **environment}
    )


@asynccontextmanager
async def open_site(data: Path, **environment: str) -> AsyncIterator[Site]:
    """A site with the sample initiative in a folder; opened again, it finds what it left there."""
    settings = settings_for(data, **environment)
    data.mkdir(exist_ok=True)  # noqa: ASYNC240 -- nothing else runs yet
    database = database_of(settings)
    await migrate(database)
    await database.close()
    clock = Clock()
    app = create_app(settings, clock=clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=ORIGIN
        ) as client,
    ):
        site = Site(app, client, app.state.services, clock)
        await site.services.organizing.import_initiative(read_content(SAMPLE))
        yield site
