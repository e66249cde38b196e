"""Lines: signatures as lines of a table that the database writes, thousands in one text.

Nothing is made of a cell in between: fetching twenty values a signature and joining them anew took
most of an export's time. What was typed, and what only the domain can say, stands between marks for
whoever takes the text. A mark that was typed itself shows in the number of them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.offsets import Steady
from pledge.store.extracts import Sifting, conditions, state_word
from pledge.store.schema import signature, signing_link

TYPED, WITHHELD, ASKED, END = "\x1f", "\x1c", "\x1d", "\x1e"
"""Before what was typed; before what was typed and is not for everybody; before and between what a
cell depends on that the domain makes; after each of them."""

LINE_END = "\r\n"

_HOURS = 3
_HOUR = timedelta(hours=1)

_LINK_KIND = "kind"
_STATE = "state"


@dataclass(frozen=True)
class Kept:
    """A number as it is kept; nothing if there is none."""

    name: str
    marks = 0


@dataclass(frozen=True)
class Typed:
    name: str
    before: str = ""
    """What stands in front, between the marks."""
    withheld_unless: str = ""
    """A column of truths; where it is not true, the mark is another."""
    marks = 2


@dataclass(frozen=True)
class Word:
    """What stands for each value: of a column, of `state` (how an entry stands), of the link's
    `kind`; for a time, whether there is one."""

    name: str
    words: Mapping[Any, str]
    otherwise: "Word | None" = None
    """What stands for any other value."""
    marks = 0


@dataclass(frozen=True)
class Moment:
    """When it was signed, by the clock of its meeting: ISO 8601 with microseconds."""

    clocks: Mapping[Steady, Sequence[int]]
    """The meetings of each clock. Outside of its time there is a mark in place of the moment."""
    marks = 0


@dataclass(frozen=True)
class Asked:
    """What a cell depends on, column by column."""

    names: Sequence[str]

    @property
    def marks(self) -> int:
        return len(self.names) + 1


@dataclass(frozen=True)
class Empty:
    marks = 0


Cell = Empty | Kept | Typed | Word | Moment | Asked


@dataclass(frozen=True)
class Lines:
    text: bytes
    """UTF-8; between the lines, and not after the last, is `LINE_END`."""
    count: int
    last: int
    """The number of the last signature."""


@dataclass(frozen=True)
class Query:
    select: Select[bytes, int, int]
    sifting: Sifting
    by_hours: Steady | None
    """The clock, where the statement asks for the hours of the first lines."""


async def after(connection: AsyncConnection, asked: Query, number: int) -> Lines | None:
    """The lines of those beyond a number, oldest first; None if there are none."""
    given: dict[str, Any] = {"beyond": number}
    if asked.by_hours:
        if (at := await first_moment(connection, asked.sifting, number)) is None:
            return None
        given |= _hours(asked.by_hours, at)
    text, count, last = (await connection.execute(asked.select, given)).one()
    return Lines(text, count, last) if count else None


def query(
    connection: AsyncConnection, sifting: Sifting, limit: int, cells: Sequence[Cell]
) -> Query:
    """For so many lines at a time. Cells are divided by commas."""
    sqlite = connection.dialect.name == "sqlite"
    parts: list[str | ColumnElement[Any]] = []
    for cell in cells:
        parts += [",", *_parts(cell, sqlite=sqlite)] if parts else _parts(cell, sqlite=sqlite)
    lines = (
        select(_joined(parts, sqlite=sqlite).label("line"), signature.c.number)
        .where(signature.c.number > bindparam("beyond", type_=BigInteger), *conditions(sifting))
        .order_by(signature.c.number)
        .limit(limit)
        .subquery()
    )
    text: ColumnElement[Any]
    if sqlite:  # goes through the subquery in its order
        text = cast(func.group_concat(lines.c.line, LINE_END), LargeBinary)
    else:
        ordered = aggregate_order_by(_constant(LINE_END), lines.c.number)
        text = func.convert_to(func.string_agg(lines.c.line, ordered), "UTF8")
    clocks = [clock for cell in cells if isinstance(cell, Moment) for clock in cell.clocks]
    return Query(
        select(text, func.count(), func.max(lines.c.number)),
        sifting,
        clocks[0] if sqlite and _by_hours(clocks) else None,
    )


async def first_moment(
    connection: AsyncConnection, sifting: Sifting, number: int
) -> datetime | None:
    """When the first of those beyond a number was signed."""
    return (
        await connection.execute(
            select(signature.c.signed_at)
            .where(signature.c.number > number, *conditions(sifting))
            .order_by(signature.c.number)
            .limit(1)
        )
    ).scalar()


def _constant(value: str | int) -> ColumnElement[Any]:
    """As a part of the statement: parameters would be looked up for each signature."""
    if isinstance(value, int):
        return bindparam(None, value, BigInteger, literal_execute=True)
    return bindparam(None, str(value), String, literal_execute=True)


def _joined(parts: Sequence[str | ColumnElement[Any]], *, sqlite: bool) -> ColumnElement[str]:
    """All of them as one text; NULL is an empty one."""
    if not sqlite:
        return func.concat(*(_constant(part) if isinstance(part, str) else part for part in parts))
    pattern = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)
    return func.printf(_constant(pattern), *(part for part in parts if not isinstance(part, str)))


def _parts(cell: Cell, *, sqlite: bool) -> list[str | ColumnElement[Any]]:
    match cell:
        case Empty():
            return [""]
        case Kept(name):
            return [signature.c[name]]
        case Typed(name, before, ""):
            return [TYPED + before, signature.c[name], END]
        case Typed(name, before, condition):
            mark = case((signature.c[condition], _constant(TYPED)), else_=_constant(WITHHELD))
            return [mark, before, signature.c[name], END]
        case Word():
            return [_word(cell)]
        case Moment(clocks):
            return _moment(clocks, sqlite=sqlite)
        case Asked(names):
            return [
                *(part for name in names for part in (ASKED, signature.c[name])),
                END,
            ]


def _word(cell: Word) -> ColumnElement[str]:
    name, words = cell.name, cell.words
    if set(words) == {True, False}:
        column = signature.c[name]
        truth = column if column.type.python_type is bool else column.is_not(None)
        return case((truth, _constant(words[True])), else_=_constant(words[False]))
    value: ColumnElement[Any]
    if name == _LINK_KIND:
        value = (
            select(signing_link.c.kind)
            .where(signing_link.c.id == signature.c.link_id)
            .scalar_subquery()
        )
    else:
        value = state_word() if name == _STATE else signature.c[name]
    return case(
        *((_constant(key), _constant(word)) for key, word in words.items()),
        value=value,
        else_=_word(cell.otherwise) if cell.otherwise else None,
    )


def _moment(
    clocks: Mapping[Steady, Sequence[int]], *, sqlite: bool
) -> list[str | ColumnElement[Any]]:
    kept = signature.c.signed_at
    if sqlite and _by_hours(clocks):
        return _moment_by_hours(next(iter(clocks)))
    shown: ColumnElement[Any]
    minute, offset = [], []
    for clock, meetings in clocks.items():
        here = signature.c.meeting_id.in_(meetings)
        within = and_(*([here] if len(clocks) > 1 else ()), kept >= clock.since, kept < clock.until)
        if sqlite:
            by = _constant(f"{clock.minutes:+d} minutes")
            shown = func.strftime(_constant("%Y-%m-%dT%H:%M"), type_coerce(kept, String), by)
        else:
            later = func.timezone("UTC", kept) + timedelta(minutes=clock.minutes)
            shown = func.to_char(later, 'YYYY-MM-DD"T"HH24:MI')
        minute.append((within, shown))
        offset.append((here, _constant(clock.written)))
    seconds = (
        func.substr(type_coerce(kept, String), _constant(17))
        if sqlite
        else func.to_char(func.timezone("UTC", kept), ":SS.US")
    )
    written = case(*offset) if len(offset) > 1 else next(iter(clocks)).written
    return [case(*minute, else_=_constant(END)), seconds, written]


def _by_hours(clocks: Collection[Steady]) -> bool:
    """Whether minutes are the same by the only clock as they are in UTC."""
    return len(clocks) == 1 and all(not clock.offset % _HOUR for clock in clocks)


def _moment_by_hours(clock: Steady) -> list[str | ColumnElement[Any]]:
    """The hours of the next ones are given (`_hours`), for signatures follow each other.

    `strftime`, which takes much longer, says only what is beyond.
    """
    kept = signature.c.signed_at
    given = [
        (
            and_(
                kept >= bindparam(f"since{n}", type_=kept.type),
                kept < bindparam(f"until{n}", type_=kept.type),
            ),
            bindparam(f"hour{n}", type_=String),
        )
        for n in range(_HOURS)
    ]
    by = _constant(f"{clock.minutes:+d} minutes")
    shown = func.strftime(_constant("%Y-%m-%dT%H:"), type_coerce(kept, String), by)
    hour = case(
        *given, (and_(kept >= clock.since, kept < clock.until), shown), else_=_constant(END)
    )
    return [hour, func.substr(type_coerce(kept, String), _constant(15)), clock.written]


def _hours(clock: Steady, at: datetime) -> dict[str, Any]:
    """From when until when they are, of those that the clock is right for, and their texts."""
    first = at.replace(minute=0, second=0, microsecond=0)
    given: dict[str, Any] = {}
    for n in range(_HOURS):
        since = first + n * _HOUR
        given[f"since{n}"] = max(since, clock.since)
        given[f"until{n}"] = min(since + _HOUR, clock.until)
        given[f"hour{n}"] = f"{since + clock.offset:%Y-%m-%dT%H:}"
    return given
