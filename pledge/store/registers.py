"""The registers: their entries, and the hashes of their trees in tiles.

Only the right edge of a tree is ever read or written to append, however large it is. What is read
for a size stays true when the register has grown meanwhile: nothing before that size ever changes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.register.tiles import Hashes, Tile, edge, grown
from pledge.register.trees import leaf_hash
from pledge.store.schema import (
    head,
    initiative,
    meeting,
    register_entry,
    register_tile,
    text_body,
)


@dataclass(frozen=True)
class Named:
    """What entries name."""

    initiative: str
    """The slug."""
    meetings: Mapping[int, str]
    """Keys, by id."""
    texts: Mapping[str, Mapping[str, str]]
    """SHA-256 of the text in each language, by the version's digest."""


async def named(connection: AsyncConnection, initiative_id: int, revision: int) -> Named:
    """What is named while the initiative's head is locked and has this revision.

    Kept with the connection until the revision grows, as it does with every text and meeting: so
    whoever signs need not wait for it.
    """
    kept: dict[int, tuple[int, Named]] = await connection.run_sync(
        lambda sync: sync.info.setdefault("named in registers", {})
    )
    known = kept.get(initiative_id)
    if known is None or known[0] != revision:
        known = kept[initiative_id] = (revision, await _named(connection, initiative_id))
    return known[1]


async def _named(connection: AsyncConnection, initiative_id: int) -> Named:
    slug = await connection.execute(
        select(initiative.c.slug).where(initiative.c.id == initiative_id)
    )
    meetings = await connection.execute(
        select(meeting.c.id, meeting.c.key).where(meeting.c.initiative_id == initiative_id)
    )
    texts: dict[str, dict[str, str]] = {}
    for row in await connection.execute(
        select(text_body.c.digest, text_body.c.language, text_body.c.sha256).where(
            text_body.c.initiative_id == initiative_id
        )
    ):
        texts.setdefault(row.digest, {})[row.language] = row.sha256
    return Named(slug.scalar_one(), {row.id: row.key for row in meetings}, texts)


async def size(connection: AsyncConnection, initiative_id: int) -> int | None:
    """How many entries there are, committed; None of a rehearsal, which has no register."""
    found = await connection.execute(
        select(head.c.registered).where(head.c.initiative_id == initiative_id)
    )
    return found.scalar_one_or_none()


async def append(
    connection: AsyncConnection,
    initiative_id: int,
    size: int,
    entries: Sequence[bytes],
    refers: Sequence[int | None],
) -> None:
    """Adds entries to a register of this size; its head is locked, and is advanced by others.

    `refers` says of each entry to which other one it refers, as it does itself.
    """
    if not entries:
        return
    await connection.execute(
        insert(register_entry),
        [
            {"initiative_id": initiative_id, "index": index, "entry": entry, "refers": other}
            for index, (entry, other) in enumerate(zip(entries, refers, strict=True), start=size)
        ],
    )
    at_edge = await hashes(connection, initiative_id, edge(size))
    changed = grown(size, at_edge, [leaf_hash(entry) for entry in entries])
    begun = [tile for tile in changed if tile not in at_edge]
    if begun:
        await connection.execute(
            insert(register_tile),
            [
                {
                    "initiative_id": initiative_id,
                    "level": tile.level,
                    "index": tile.index,
                    "hashes": changed[tile],
                }
                for tile in begun
            ],
        )
    if continued := [tile for tile in changed if tile in at_edge]:
        await connection.execute(
            _CONTINUE,
            [
                {
                    "of": initiative_id,
                    "of_level": tile.level,
                    "of_index": tile.index,
                    "held": changed[tile],
                }
                for tile in continued
            ],
        )


_CONTINUE = (
    update(register_tile)
    .where(
        register_tile.c.initiative_id == bindparam("of"),
        register_tile.c.level == bindparam("of_level"),
        register_tile.c.index == bindparam("of_index"),
    )
    .values(hashes=bindparam("held"))
)


async def hashes(
    connection: AsyncConnection, initiative_id: int, tiles: Collection[Tile]
) -> Hashes:
    """What these tiles hold by now; those that have not begun are missing."""
    if not tiles:
        return {}
    places = {
        name: value
        for number, tile in enumerate(tiles)
        for name, value in ((f"level_{number}", tile.level), (f"index_{number}", tile.index))
    }
    rows = await connection.execute(_tiles(len(tiles)), {"of": initiative_id, **places})
    return {Tile(level, index): held for level, index, held in rows}


@lru_cache(maxsize=16)
def _tiles(number: int) -> Select[Any]:
    """The question for so many tiles, made once: whoever signs waits for it."""
    return select(register_tile.c.level, register_tile.c.index, register_tile.c.hashes).where(
        register_tile.c.initiative_id == bindparam("of"),
        or_(
            *(
                and_(
                    register_tile.c.level == bindparam(f"level_{one}"),
                    register_tile.c.index == bindparam(f"index_{one}"),
                )
                for one in range(number)
            )
        ),
    )


async def entries(
    connection: AsyncConnection, initiative_id: int, first: int, end: int
) -> list[bytes]:
    """From the first index up to and without the second."""
    rows = await connection.execute(
        select(register_entry.c.entry)
        .where(
            register_entry.c.initiative_id == initiative_id,
            register_entry.c.index >= first,
            register_entry.c.index < end,
        )
        .order_by(register_entry.c.index)
    )
    return list(rows.scalars())


async def about(
    connection: AsyncConnection, initiative_id: int, index: int
) -> list[tuple[int, bytes]]:
    """The later entries that refer to this one, with their indexes, oldest first.

    Put in order here: asked for it, SQLite would rather look through the whole register.
    """
    rows = await connection.execute(
        select(register_entry.c.index, register_entry.c.entry).where(
            register_entry.c.initiative_id == initiative_id, register_entry.c.refers == index
        )
    )
    return sorted((later, entry) for later, entry in rows)


async def entries_at(
    connection: AsyncConnection, initiative_id: int, indexes: Collection[int]
) -> dict[int, bytes]:
    rows = await connection.execute(
        select(register_entry.c.index, register_entry.c.entry).where(
            register_entry.c.initiative_id == initiative_id, register_entry.c.index.in_(indexes)
        )
    )
    return {row[0]: row[1] for row in rows}
