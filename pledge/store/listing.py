"""The public list: pages of it, and what is found in it.

No question here takes longer because more have signed, but for what is looked for by name, which
has an index.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.names import company_key
from pledge.domain.signatures import Signature
from pledge.store import heads, name_index, signatures, spans
from pledge.store.name_index import Found
from pledge.store.schema import signature
from pledge.store.signatures import SHOWN, to_signature

MOST_COUNTED = 1000
"""Of what a search finds, so many are counted and shown."""

_NEWEST = 4096
"""Numbers among which the newest entries are looked for at first."""
_SLICE = 10_000
"""Cursors that are looked through at once, where few entries may be what is asked for."""


@dataclass(frozen=True)
class Slice:
    """A part of the list by cursor."""

    signatures: list[Signature]
    next: int | None
    """The cursor after which it goes on."""
    found: Found | None = None
    """What a search finds in all, whatever its cursor."""


async def newest(connection: AsyncConnection, initiative_id: int, limit: int) -> list[Signature]:
    """What the public sees, newest first."""
    last = await heads.last_number(connection, initiative_id)
    found = await _newest_of(
        connection, initiative_id, signature.c.number > last - _NEWEST, limit=limit
    )
    if len(found) < limit and last > _NEWEST:  # many wait for approval, or are hidden
        return await page(connection, initiative_id, meeting_id=None, limit=limit)
    return found


async def page(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    meeting_id: int | None,
    limit: int,
    offset: int = 0,
) -> list[Signature]:
    """What the public sees beyond so many, newest first."""
    found: list[Signature] = []
    for run in await spans.runs(connection, initiative_id, meeting_id, offset=offset, limit=limit):
        conditions: list[ColumnElement[bool]] = [signature.c.number.between(run.first, run.last)]
        if meeting_id is not None:
            conditions.append(signature.c.meeting_id == meeting_id)
        found += await _newest_of(
            connection,
            initiative_id,
            *conditions,
            limit=limit - len(found),
            offset=run.skip,
        )
    return found


async def matching(
    connection: AsyncConnection,
    initiative_id: int,
    q: str,
    *,
    meeting_id: int | None,
    most: int = MOST_COUNTED,
) -> Found:
    """Numbers of those that the public sees with this in the company's name."""
    key = company_key(q)
    return await name_index.find(
        connection,
        initiative_id,
        [name_index.in_company(key)],
        _named(key, meeting_id),
        most=most,
        meeting_id=meeting_id,
    )


async def after(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    after: int,
    limit: int,
    q: str = "",
    meeting_id: int | None = None,
) -> Slice:
    """What the public sees beyond a cursor, oldest first. Fewer may come than there are, or none,
    and yet it goes on.
    """
    last = (await heads.cursors(connection, [initiative_id]))[initiative_id]
    conditions: list[ColumnElement[bool]] = [
        signature.c.initiative_id == initiative_id,
        signature.c.cursor > after,
    ]
    end = last
    few: Found | None = None
    if key := company_key(q):
        few = await matching(connection, initiative_id, q, meeting_id=meeting_id)
        if few.more:
            end = min(last, after + _SLICE)
            conditions.append(signature.c.cursor <= end)
        else:
            conditions.append(signature.c.number.in_(few.numbers))
        conditions += _named(key, meeting_id)
    else:
        conditions += _shown(meeting_id)
    rows = await connection.execute(
        select(signature).where(*conditions).order_by(signature.c.cursor).limit(limit)
    )
    found = [to_signature(row) for row in rows]
    if len(found) == limit:
        return Slice(found, found[-1].index, few)
    return Slice(found, end if end < last else None, few)


async def named(
    connection: AsyncConnection, initiative_ids: Collection[int], q: str, limit: int
) -> list[tuple[int, Signature]]:
    """What the public sees of companies with this in their names, with the initiatives' ids.

    The very name first, then the newest.
    """
    exact = await connection.execute(
        select(signature)
        # In no order: to save the sorting, SQLite would look through every signature.
        .where(signature.c.initiative_id.in_(initiative_ids), signatures.of_name(q), *SHOWN)
    )
    of_name = {(row.initiative_id, row.number): to_signature(row) for row in exact}
    found = dict(sorted(of_name.items(), key=lambda one: one[0], reverse=True))
    for initiative_id in sorted(initiative_ids, reverse=True):
        if len(found) >= limit:
            break
        others = await matching(connection, initiative_id, q, meeting_id=None, most=limit)
        entries = await by_numbers(connection, initiative_id, others.numbers)
        for entry in entries:
            found.setdefault((initiative_id, entry.number), entry)
    return [(initiative_id, entry) for (initiative_id, _), entry in found.items()][:limit]


async def by_numbers(
    connection: AsyncConnection, initiative_id: int, numbers: Sequence[int]
) -> list[Signature]:
    """In this order."""
    found = await signatures.by_numbers(connection, initiative_id, numbers)
    return [found[number] for number in numbers if number in found]


async def _newest_of(
    connection: AsyncConnection,
    initiative_id: int,
    *conditions: ColumnElement[bool],
    limit: int,
    offset: int = 0,
) -> list[Signature]:
    rows = await connection.execute(
        select(signature)
        .where(signature.c.initiative_id == initiative_id, *SHOWN, *conditions)
        .order_by(signature.c.number.desc())
        .limit(limit)
        .offset(offset)
    )
    return [to_signature(row) for row in rows]


def _shown(meeting_id: int | None) -> list[ColumnElement[bool]]:
    return [*SHOWN, *([signature.c.meeting_id == meeting_id] if meeting_id is not None else [])]


def _named(key: str, meeting_id: int | None) -> list[ColumnElement[bool]]:
    return [*_shown(meeting_id), signature.c.company_key.contains(key, autoescape=True)]
