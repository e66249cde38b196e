"""The index by which names are looked up: for each two characters side by side, who holds them.

For each block of numbers, a row names the entries (numbers within the block, two bytes each) whose
names hold a gram: two characters, or the last one by itself, so that what begins with one character
is found as well. What is looked for holds all of its grams, and is then held against the entries
themselves. A gram of representatives, which only organizers look for, begins with a byte that no
text holds; so does that of a meeting (decision 042).

Entries are indexed some time after they were signed, in the order of their numbers. Those beyond
`name_index.indexed` are looked through one by one.
"""

import sys
from array import array
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Dialect, TextClause, and_, delete, func, select, update
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.names import company_key
from pledge.domain.signatures import Signature
from pledge.store.schema import erasure, head, name_gram, name_index, signature

BLOCK = 32_768
"""Numbers in a block; two bytes hold where one stands in it."""
STEP = 2048
"""So many entries wait before they are indexed: fewer are looked through as quickly."""

_LONGEST_TAIL = 50_000
"""Of entries not indexed yet, so many of the newest are looked through."""
_MOST_EXAMINED = 20_000
"""Entries that are held against a search before it is given up."""
_CHUNK = 500
_MOST_AT_ONCE = 64
"""Blocks that are asked for at once; the first time it is one."""
_REPRESENTATIVE, _MEETING = b"\x01", b"\x02"

_columns = name_gram.c


@dataclass(frozen=True)
class Sought:
    """A part of a name, as `company_key` folds it; not empty."""

    part: str
    field: bytes = b""


def in_company(part: str) -> Sought:
    return Sought(part)


def in_representative(part: str) -> Sought:
    return Sought(part, _REPRESENTATIVE)


@dataclass(frozen=True)
class Found:
    numbers: list[int]
    """Newest first."""
    more: bool
    """There are others, or may be."""


@dataclass(frozen=True)
class Waiting:
    """Entries that are to be indexed next, up to the end of a block at most."""

    initiative_id: int
    indexed: int
    until: int


@dataclass(frozen=True)
class Terms:
    """What is indexed of entries: their numbers within the block by gram."""

    block: int
    numbers: Mapping[bytes, "array[int]"]
    erasure: int
    """The newest that had been written when they were read."""


async def find(
    connection: AsyncConnection,
    initiative_id: int,
    sought: Sequence[Sought],
    conditions: Sequence[ColumnElement[bool] | TextClause],
    *,
    most: int,
    meeting_id: int | None = None,
) -> Found:
    """The newest entries that hold any of it and meet the conditions, which must say so as well."""
    found: list[int] = []
    examined = 0
    last, indexed = await _extent(connection, initiative_id)
    tail = max(indexed, last - _LONGEST_TAIL)
    own = [signature.c.initiative_id == initiative_id, *conditions]
    if tail < last:
        rows = await connection.execute(
            select(signature.c.number)
            .where(signature.c.number > tail, *own)
            .order_by(signature.c.number.desc())
            .limit(most + 1)
        )
        found += rows.scalars()
    async for numbers in _candidates(connection, initiative_id, indexed, sought, meeting_id):
        for start in range(0, len(numbers), _CHUNK):
            if len(found) > most or examined >= _MOST_EXAMINED:
                return Found(found[:most], more=True)
            chunk = numbers[start : start + _CHUNK]
            examined += len(chunk)
            rows = await connection.execute(
                select(signature.c.number)
                .where(signature.c.number.in_(chunk), *own)
                .order_by(signature.c.number.desc())
            )
            found += rows.scalars()
    return Found(found[:most], more=len(found) > most or tail > indexed)


async def waiting(connection: AsyncConnection) -> list[Waiting]:
    """What is to be indexed, of each initiative that has enough of it."""
    indexed = func.coalesce(name_index.c.indexed, 0)
    rows = await connection.execute(
        select(head.c.initiative_id, indexed.label("indexed"), head.c.last_number)
        .outerjoin(name_index, name_index.c.initiative_id == head.c.initiative_id)
        .where(head.c.last_number - indexed >= STEP)
    )
    return [
        Waiting(
            row.initiative_id,
            row.indexed,
            min(row.last_number, (row.indexed + 1) // BLOCK * BLOCK + BLOCK - 1),
        )
        for row in rows
    ]


async def newest_erasure(connection: AsyncConnection) -> int:
    newest = await connection.execute(select(func.coalesce(func.max(erasure.c.id), 0)))
    return int(newest.scalar_one())


async def names(
    connection: AsyncConnection, initiative_id: int, after: int, until: int
) -> list[tuple[int, int, str, str]]:
    """Number, meeting, the company's key and the representative of entries, as `terms` takes it."""
    rows = await connection.execute(
        select(
            signature.c.number,
            signature.c.meeting_id,
            signature.c.company_key,
            signature.c.representative,
        )
        .where(signature.c.initiative_id == initiative_id)
        .where(signature.c.number > after, signature.c.number <= until)
        .order_by(signature.c.number)
    )
    return [tuple(row) for row in rows]


def add_terms(
    found: "dict[bytes, array[int]]", entries: Iterable[tuple[int, int, str, str]]
) -> None:
    """Notes which grams these entries of one block hold."""
    for number, meeting_id, key, representative in entries:
        within = number % BLOCK
        for gram in _grams_of(meeting_id, key, representative):
            if (known := found.get(gram)) is None:
                known = found[gram] = array("H")
            known.append(within)


async def add(connection: AsyncConnection, slice_: Waiting, terms: Terms) -> bool:
    """Puts entries into the index, unless somebody else has, or any of it may have been erased."""
    if not slice_.indexed:
        await connection.execute(
            _BEGUN[connection.dialect.name], {"initiative_id": slice_.initiative_id, "indexed": 0}
        )
    if await _locked(connection, slice_.initiative_id) != slice_.indexed:
        return False
    if await newest_erasure(connection) != terms.erasure:
        return False
    # As the driver takes them: who signs meanwhile waits, and naming each value of thousands of
    # rows would take four times as long as writing them.
    await connection.exec_driver_sql(
        _appended(connection.dialect),
        [
            (slice_.initiative_id, terms.block, gram, _bytes(numbers))
            for gram, numbers in sorted(terms.numbers.items())
        ],
    )
    await connection.execute(
        update(name_index)
        .where(name_index.c.initiative_id == slice_.initiative_id)
        .values(indexed=slice_.until)
    )
    return True


async def forget(
    connection: AsyncConnection,
    initiative_id: int,
    before: Sequence[Signature],
    after: Sequence[Signature],
) -> None:
    """Takes out of the index what entries no longer say."""
    if not before:
        return
    indexed = await _locked(connection, initiative_id)
    for was, left in zip(before, after, strict=True):
        if was.number <= indexed:
            gone = _grams_of_entry(was) - _grams_of_entry(left)
            await _take_out(connection, initiative_id, was.number, gone)


async def _take_out(
    connection: AsyncConnection, initiative_id: int, number: int, grams: Collection[bytes]
) -> None:
    block, within = divmod(number, BLOCK)
    own = and_(_columns.initiative_id == initiative_id, _columns.block == block)
    rows = await connection.execute(
        select(_columns.gram, _columns.numbers).where(own, _columns.gram.in_(grams))
    )
    for gram, numbers in rows.all():
        left = array("H", [one for one in _numbers(numbers) if one != within])
        this = and_(own, _columns.gram == gram)
        await connection.execute(
            update(name_gram).where(this).values(numbers=_bytes(left))
            if left
            else delete(name_gram).where(this)
        )


async def _extent(connection: AsyncConnection, initiative_id: int) -> tuple[int, int]:
    """The last number there is, and the last one that is indexed."""
    row = (
        await connection.execute(
            select(head.c.last_number, func.coalesce(name_index.c.indexed, 0))
            .outerjoin(name_index, name_index.c.initiative_id == head.c.initiative_id)
            .where(head.c.initiative_id == initiative_id)
        )
    ).one_or_none()
    return (row[0], row[1]) if row else (0, 0)


async def _locked(connection: AsyncConnection, initiative_id: int) -> int:
    """Up to where it is indexed; nobody else changes the index until the transaction ends."""
    found = await connection.execute(
        update(name_index)
        .where(name_index.c.initiative_id == initiative_id)
        .values(indexed=name_index.c.indexed)
        .returning(name_index.c.indexed)
    )
    return found.scalar_one_or_none() or 0


async def _candidates(
    connection: AsyncConnection,
    initiative_id: int,
    indexed: int,
    sought: Sequence[Sought],
    meeting_id: int | None,
) -> AsyncIterator[list[int]]:
    """Numbers of those that may hold any of it, newest first, a block at a time."""
    if not indexed:
        return
    newest, at_once = indexed // BLOCK, 1
    while newest >= 0:
        oldest = max(0, newest - at_once + 1)
        blocks = range(oldest, newest + 1)
        found: dict[int, set[int]] = {}
        for one in sought:
            holding = await _holding(connection, initiative_id, blocks, one, meeting_id)
            for block, numbers in holding.items():
                found.setdefault(block, set()).update(numbers)
        for block in sorted(found, reverse=True):
            within = sorted(found[block], reverse=True)
            # What has been indexed since was found as not indexed yet.
            yield [n for one in within if (n := block * BLOCK + one) <= indexed]
        newest, at_once = oldest - 1, min(_MOST_AT_ONCE, at_once * 8)


async def _holding(
    connection: AsyncConnection,
    initiative_id: int,
    blocks: range,
    sought: Sought,
    meeting_id: int | None,
) -> dict[int, set[int]]:
    """By block, where those stand in it that may hold it."""
    own = and_(_columns.initiative_id == initiative_id, _columns.block.in_(list(blocks)))
    grams = _pairs(sought.field, sought.part)
    if meeting_id is not None:
        grams.add(_gram_of_meeting(meeting_id))
    found: list[dict[int, set[int]]] = []
    if len(sought.part) == 1:
        first = sought.field + sought.part.encode()
        begins = and_(_columns.gram >= first, _columns.gram < first + b"\xff")
        union: dict[int, set[int]] = {}
        for (block, _gram), numbers in (await _numbers_of(connection, own, begins)).items():
            union.setdefault(block, set()).update(numbers)
        found.append(union)
    if grams:
        rarest = await _rarest(connection, own, grams)
        by_gram = await _numbers_of(connection, own, _columns.gram.in_(rarest))
        found += (
            {block: set(numbers) for (block, gram), numbers in by_gram.items() if gram == one}
            for one in rarest
        )
    everywhere = set.intersection(*map(set, found))
    return {block: set.intersection(*(one[block] for one in found)) for block in everywhere}


async def _rarest(
    connection: AsyncConnection, own: ColumnElement[bool], grams: Collection[bytes]
) -> list[bytes]:
    """The two that are held by fewest: others would hardly leave fewer."""
    if len(grams) <= 2:
        return list(grams)
    held = func.sum(func.length(_columns.numbers))
    rows = await connection.execute(
        select(_columns.gram, held).where(own, _columns.gram.in_(grams)).group_by(_columns.gram)
    )
    by_gram = dict.fromkeys(grams, 0) | {bytes(gram): total for gram, total in rows}
    return sorted(by_gram, key=lambda gram: by_gram[gram])[:2]


async def _numbers_of(
    connection: AsyncConnection, own: ColumnElement[bool], which: ColumnElement[bool]
) -> dict[tuple[int, bytes], "array[int]"]:
    rows = await connection.execute(
        select(_columns.block, _columns.gram, _columns.numbers).where(own, which)
    )
    return {(block, bytes(gram)): _numbers(numbers) for block, gram, numbers in rows}


def _grams_of_entry(entry: Signature) -> set[bytes]:
    return _grams_of(entry.meeting_id, entry.company.key, entry.person.name)


def _grams_of(meeting_id: int, key: str, representative: str) -> set[bytes]:
    grams = {(key[at : at + 2]).encode() for at in range(len(key))}
    folded = company_key(representative)
    grams.update(_REPRESENTATIVE + folded[at : at + 2].encode() for at in range(len(folded)))
    grams.add(_gram_of_meeting(meeting_id))
    return grams


def _pairs(field: bytes, part: str) -> set[bytes]:
    return {field + part[at : at + 2].encode() for at in range(len(part) - 1)}


def _gram_of_meeting(meeting_id: int) -> bytes:
    return _MEETING + meeting_id.to_bytes(8, "big", signed=True)


def _bytes(numbers: "array[int]") -> bytes:
    if sys.byteorder == "big":
        numbers = array("H", numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(stored: bytes) -> "array[int]":
    numbers = array("H")
    numbers.frombytes(bytes(stored))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _appending(dialect: Any, appended: str) -> Any:
    statement = dialect.insert(name_gram)
    return statement.on_conflict_do_update(
        index_elements=(_columns.initiative_id, _columns.block, _columns.gram),
        set_={"numbers": sql(appended)},
    )


def _beginning(dialect: Any) -> Any:
    return dialect.insert(name_index).on_conflict_do_nothing()


_APPENDED = {
    "sqlite": _appending(sqlite, "CAST(name_gram.numbers || excluded.numbers AS BLOB)"),
    "postgresql": _appending(postgresql, "name_gram.numbers || excluded.numbers"),
}


@lru_cache(maxsize=8)
def _appended(dialect: Dialect) -> str:
    """The words of it; a row's values go in the order of the table's columns."""
    compiled = _APPENDED[dialect.name].compile(dialect=dialect)
    assert compiled.positiontup == [column.name for column in name_gram.columns]  # noqa: S101
    return str(compiled)


_BEGUN = {"sqlite": _beginning(sqlite), "postgresql": _beginning(postgresql)}
