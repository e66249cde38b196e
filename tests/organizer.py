"""An organizer with a browser, as tests need one: sets up or joins, logs in, presses buttons."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.delegate import Page
from tests.site import Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"


@dataclass
class Organizer:
    client: httpx.AsyncClient

    async def page(self, path: str) -> Page:
        answer = await self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers)
        return Page(answer.text)

    async def post(self, path: str, at: str = "", **typed: Any) -> httpx.Response:
        """Fills in the form of a page, and sends it; `at` is where the page is, if elsewhere."""
        hidden = (await self.page(at or path)).hidden
        token = {"token": hidden["token"]}
        return await self.client.post(path, data={**token, **typed})

    async def log_in(
        self, email: str = EMAIL, password: str = PASSWORD, **typed: Any
    ) -> httpx.Response:
        return await self.post("/organizer/login", email=email, password=password, **typed)

    async def is_in(self) -> bool:
        return (await self.client.get("/organizer/settings")).status_code == 200


@asynccontextmanager
async def organizer(site: Site, **options: Any) -> AsyncIterator[Organizer]:
    """Somebody who has yet to come in."""
    async with site.another_client(**options) as client:
        yield Organizer(client)


async def set_up(site: Site) -> Organizer:
    """The first one, owner of the sample initiative, in the site's own client."""
    made = Organizer(site.client)
    path = f"/organizer/setup/{site.services.tokens.setup()}"
    answer = await made.post(path, email=EMAIL, password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 303
    return made
