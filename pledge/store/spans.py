"""Spans: how many entries the public sees among each 512 numbers, and among each 512 times as many.

A page of the list, however deep, is found by adding up a few rows, and a count is their sum
(decision 041). They move in the transaction that adds, retires or hides entries.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.signatures import Signature
from pledge.store.schema import shown_span

WIDTH = 512
"""Numbers in a span of the lowest level, and spans in one of the next."""
_FINE, _COARSE = 0, 1

_columns = shown_span.c
_KEY = (_columns.initiative_id, _columns.level, _columns.span, _columns.meeting_id)


@dataclass
class Moves:
    """By how much the counts of spans change, of one initiative."""

    by_span: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def count(self, entry: Signature, by: int) -> None:
        if not by:
            return
        fine = entry.number // WIDTH
        for key in (
            (_FINE, fine, entry.meeting_id),
            (_COARSE, fine // WIDTH, entry.meeting_id),
        ):
            self.by_span[key] = self.by_span.get(key, 0) + by


@dataclass(frozen=True)
class Run:
    """Numbers that lie side by side, in which entries are to be read, newest first."""

    first: int
    last: int
    skip: int
    """So many of the newest that are shown are left out."""


async def move(connection: AsyncConnection, initiative_id: int, moves: Moves) -> None:
    """Call it under the head's lock."""
    if not moves.by_span:
        return
    await connection.execute(
        _MOVES[connection.dialect.name],
        [
            {
                "initiative_id": initiative_id,
                "level": level,
                "span": span,
                "meeting_id": meeting_id,
                "shown": by,
            }
            for (level, span, meeting_id), by in moves.by_span.items()
        ],
    )


async def total(connection: AsyncConnection, initiative_id: int, meeting_id: int | None) -> int:
    """How many entries the public sees, at one meeting or at all of them."""
    found = await connection.execute(
        select(func.coalesce(func.sum(_columns.shown), 0)).where(
            *_of(initiative_id, _COARSE, meeting_id)
        )
    )
    return int(found.scalar_one())


async def runs(
    connection: AsyncConnection,
    initiative_id: int,
    meeting_id: int | None,
    *,
    offset: int,
    limit: int,
) -> list[Run]:
    """Where the entries are that come after so many, newest first."""
    found: list[Run] = []
    before, wanted = 0, offset + limit
    async for span, shown in _newest_spans(connection, initiative_id, meeting_id, offset):
        if before + shown > offset:
            first = span * WIDTH
            if found and found[-1].first == first + WIDTH:
                found[-1] = Run(first, found[-1].last, found[-1].skip)
            else:
                found.append(Run(first, first + WIDTH - 1, max(0, offset - before)))
        before += shown
        if before >= wanted:
            break
    return found


async def _newest_spans(
    connection: AsyncConnection, initiative_id: int, meeting_id: int | None, offset: int
) -> AsyncIterator[tuple[int, int]]:
    """Those in which something is shown, with how much, newest first. What comes before `offset`
    may come together: only that it adds up is promised of it.
    """
    passed = 0
    for coarse, shown in (await _shown(connection, initiative_id, _COARSE, meeting_id)).items():
        if passed + shown <= offset:
            yield coarse * WIDTH, shown
        else:
            within = _columns.span.between(coarse * WIDTH, coarse * WIDTH + WIDTH - 1)
            fine = await _shown(connection, initiative_id, _FINE, meeting_id, within)
            for one in fine.items():
                yield one
        passed += shown


async def _shown(
    connection: AsyncConnection,
    initiative_id: int,
    level: int,
    meeting_id: int | None,
    *conditions: ColumnElement[bool],
) -> Mapping[int, int]:
    shown = func.sum(_columns.shown)
    rows = await connection.execute(
        select(_columns.span, shown.label("shown"))
        .where(*_of(initiative_id, level, meeting_id), *conditions)
        .group_by(_columns.span)
        .having(shown > 0)
        .order_by(_columns.span.desc())
    )
    return {row.span: int(row.shown) for row in rows}


def _of(initiative_id: int, level: int, meeting_id: int | None) -> list[ColumnElement[bool]]:
    conditions = [_columns.initiative_id == initiative_id, _columns.level == level]
    if meeting_id is not None:
        conditions.append(_columns.meeting_id == meeting_id)
    return conditions


def _adding(insert: Any) -> Any:
    statement = insert(shown_span)
    return statement.on_conflict_do_update(
        index_elements=_KEY, set_={"shown": _columns.shown + statement.excluded.shown}
    )


_MOVES = {"sqlite": _adding(sqlite.insert), "postgresql": _adding(postgresql.insert)}
