"""Moving: an installation's database to another engine, all of it or nothing, and verified."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pledge.store import moving
from pledge.store.database import Database, open_database
from pledge.store.moving import NotMoved, Told


@dataclass(frozen=True)
class Moved:
    rows: Mapping[str, int]
    """By table."""
    registers: Mapping[str, tuple[int, str]]
    """Size and root, by the initiative's slug; made anew from the entries on both sides."""


async def move(source: str, target: str, told: Told) -> Moved:
    """From one database address to another, in one transaction of the target.

    Raises NotMoved, and leaves the target as empty as it was.
    """
    async with (
        _opened(source) as from_,
        _opened(target) as to,
        moving.still(from_, source) as read,
        moving.filled(to) as written,
    ):
        rows = await moving.move_rows(read, written, told)
        before, after = await moving.roots(read), await moving.roots(written)
        if before != after:
            raise NotMoved("the registers differ after moving; nothing was moved")
    return Moved(rows, after)


@asynccontextmanager
async def _opened(address: str) -> AsyncIterator[Database]:
    database = open_database(address)
    try:
        yield database
    finally:
        await database.close()
