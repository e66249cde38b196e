"""Auditing: reading the log of what organizers do; each deed is recorded where it is done."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from pledge.domain.audit import Recorded
from pledge.domain.initiatives import Initiative
from pledge.domain.standing import Standing
from pledge.store import audit, heads, initiatives
from pledge.store.database import Database

PAGE_SIZE = 50
_CHUNK = 500


@dataclass(frozen=True)
class Log:
    """One page of an initiative's log, newest first."""

    initiative: Initiative
    standing: Standing
    found: int
    entries: list[Recorded]
    page: int
    pages: int


class Auditing:
    def __init__(self, database: Database):
        self._database = database

    async def log(self, initiative_id: int, *, q: str, action: str, page: int) -> Log:
        """A page beyond the last one is the last one."""
        async with self._database.reading() as connection:
            initiative = await initiatives.read(connection, initiative_id)
            standing = await heads.standing_of(connection, initiative_id)
            found = await audit.count(connection, initiative_id, q=q, action=action)
            pages = max(1, -(-found // PAGE_SIZE))
            page = min(page, pages)
            entries = await audit.page(
                connection,
                initiative_id,
                q=q,
                action=action,
                limit=PAGE_SIZE,
                offset=(page - 1) * PAGE_SIZE,
            )
        return Log(initiative, standing, found, entries, page, pages)

    async def csv(
        self, initiative_id: int, headings: list[str], row: Callable[[Recorded], list[str]]
    ) -> AsyncIterator[bytes]:
        """All of it, oldest first, with a byte order mark for Excel."""
        last = 0
        yield _line(["\ufeff" + headings[0], *headings[1:]])
        while True:
            async with self._database.reading() as connection:
                found = await audit.after(connection, initiative_id, last, _CHUNK)
            if not found:
                return
            yield b"".join(_line(row(entry)) for entry in found)
            last = found[-1].id


def _line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
