"""Sites on the engines that faults strike."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.hall import NO_LIMITS, Hall
from tests.postgres import Postgres
from tests.server import Server, served

_KEYS = {
    "PLEDGE_SECRET_KEYS": "a key of all nodes of a site",
    "PLEDGE_REGISTER_KEYS": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "PLEDGE_BASE_URL": "http://sign.example.org",
}
"""What nodes share, each of which has a data folder of its own."""


@dataclass
class Base:
    """A folder for a site, and its database on a server; SQLite in the folder without one."""

    folder: Path
    server: Postgres | None = None
    name: str = ""

    @property
    def postgres(self) -> Postgres:
        assert self.server is not None
        return self.server

    @property
    def url(self) -> str:
        return self.postgres.url(self.name)

    def by_way_of(self, port: int) -> str:
        """Its address at another port of this machine."""
        return f"postgresql://postgres@127.0.0.1:{port}/{self.name}"

    @property
    def database(self) -> Path | str:
        """As the invariants are told."""
        return self.url if self.server else self.folder / "data" / "pledge.db"

    @asynccontextmanager
    async def served(
        self,
        *,
        workers: int = 1,
        nodes: int = 1,
        url: str = "",
        urls: Sequence[str] = (),
        **settings: str,
    ) -> AsyncIterator[Hall]:
        """Nodes with the sample initiative; `url` is how they reach the database, if by detours,
        and `urls` how each of them does.
        """
        settings = NO_LIMITS | settings
        if self.server:
            settings = {**settings, "PLEDGE_DATABASE_URL": url or self.url}
        if nodes > 1:
            settings = {**settings, **_KEYS}
        async with AsyncExitStack() as stack:

            async def start(node: int) -> Server:
                folder = self.folder / f"node{node}" if node else self.folder
                folder.mkdir(exist_ok=True)
                own = {**settings, "PLEDGE_DATABASE_URL": urls[node]} if urls else settings
                return await stack.enter_async_context(served(folder, workers=workers, **own))

            async with asyncio.TaskGroup() as starting:
                started = [starting.create_task(start(node)) for node in range(nodes)]
            yield Hall([task.result() for task in started], self.database)
