"""The limit: a server that does what signing can't do without, and nothing else.

GET sends the sign page as bytes that were rendered and compressed beforehand. POST parses the same
form and writes its fields to one SQLite table (WAL, synchronous=FULL) with the group commit that
Pledge uses: one transaction a batch, and the answer after the commit. It checks nothing, counts
nothing, knows no repeated attempt and tells nobody. Served with the settings of `pledge.serving`,
but by uvicorn as it comes: what a connection of ours does more, or better, is not the skeleton's.
"""

import asyncio
import secrets
import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from pledge.serving import listen, server_config
from pledge.store.group_commit import GroupCommit
from pledge.web.forms import posted

FIELDS = ("company", "uscc", "representative", "title", "phone", "consent", "attempt", "text")

Row = tuple[str, ...]


class Table:
    """One table, one connection, one thread."""

    def __init__(self, path: Path):
        self._thread = ThreadPoolExecutor(1)
        self._path = path

    async def open(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._open)

    async def write(self, rows: Sequence[Row]) -> list[str]:
        """Inserts them in one transaction; an address for each once they are on the disk."""
        addresses = [f"/r/{secrets.token_urlsafe(16)}" for _ in rows]
        await asyncio.get_running_loop().run_in_executor(self._thread, self._insert, rows)
        return addresses

    def _open(self) -> None:
        self._connection = sqlite3.connect(self._path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(
            f"CREATE TABLE signature (number INTEGER PRIMARY KEY, {', '.join(FIELDS)})"
        )

    def _insert(self, rows: Sequence[Row]) -> None:
        marks = ", ".join("?" * len(FIELDS))
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            f"INSERT INTO signature ({', '.join(FIELDS)}) VALUES ({marks})", rows
        )
        self._connection.execute("COMMIT")


def create_skeleton(database: Path, page: bytes) -> Starlette:
    """The application; `page` is the compressed sign page."""
    table = Table(database)
    commits: GroupCommit[Row, str] = GroupCommit(table.write)

    async def show(_request: Request) -> Response:
        return Response(page, media_type="text/html", headers={"Content-Encoding": "gzip"})

    async def sign(request: Request) -> Response:
        form = await posted(request, FIELDS)
        address = await commits.submit(tuple(form.values()))
        return RedirectResponse(address, status_code=303)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await table.open()
        commits.start()
        yield
        await commits.stop()

    routes = [Route("/s/{token}", show), Route("/s/{token}", sign, methods=["POST"])]
    return Starlette(routes=routes, lifespan=lifespan)


def main(port: int, folder: Path) -> None:
    """Serves as `pledge.serving.run` does, with the server's own connections."""
    app = create_skeleton(folder / "skeleton.db", (folder / "page.gz").read_bytes())
    config = server_config(app, trusted_proxies="127.0.0.1")
    config.http = "httptools"
    uvicorn.Server(config).run(sockets=[listen("127.0.0.1", port)])


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
