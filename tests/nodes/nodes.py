"""Nodes for tests: servers that share a database and keys, and nothing else."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pledge.app import make_services
from pledge.settings import read_settings
from pledge.store.database import open_database
from pledge.web.services import Services
from tests.ports import free_port
from tests.postgres import Postgres
from tests.server import Server

KEYS = {
    "PLEDGE_SECRET_KEYS": "a key for tests alone",
    "PLEDGE_REGISTER_KEYS": base64.b64encode(b"a key of registers, for tests ..").decode(),
}


@dataclass
class Nodes:
    postgres: Postgres
    folder: Path
    servers: list[Server] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.folder.name.replace("-", "_").lower()

    @property
    def address(self) -> str:
        return self.postgres.url(self.name)

    def create(self) -> None:
        self.postgres.sql(f'CREATE DATABASE "{self.name}"')

    def node(self, **settings: str) -> Server:
        """One more, which is not started."""
        folder = self.folder / f"node{len(self.servers)}"
        folder.mkdir()
        common = {"PLEDGE_DATABASE_URL": self.address, **KEYS}
        server = Server(folder / "data", free_port(), settings={**common, **settings})
        self.servers.append(server)
        return server

    async def start(self, count: int, **settings: str) -> list[Server]:
        """So many at once."""
        started = [self.node(**settings) for _ in range(count)]
        await asyncio.gather(*(one.start() for one in started))
        return started

    async def end(self) -> None:
        for server in self.servers:
            await server.kill()
        self.postgres.sql(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    @asynccontextmanager
    async def from_elsewhere(self) -> AsyncIterator[Services]:
        """What organizers and commands do on yet another node."""
        database = open_database(self.address)
        common = {"PLEDGE_DATA": str(self.folder), "PLEDGE_DATABASE_URL": self.address, **KEYS}
        try:
            yield make_services(read_settings(common), database)
        finally:
            await database.close()
