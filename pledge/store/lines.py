"""Lines: signatures as lines of a table that the database writes, thousands in one text.

Nothing is made of a cell in between: fetching twenty values a signature and joining them anew took
most of an export's time. Around what was typed, and what only the domain can say, marks stand in
place of commas for whoever takes the text. A mark that was typed shows in the number of them.

Every part of a line costs, on each of a million: cells whose words go together are one part.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    String,
    UnaryExpression,
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
from sqlalchemy.sql.compiler import Compiled, SQLCompiler
from sqlalchemy.sql.operators import custom_op

from pledge.domain.offsets import Steady
from pledge.store.extracts import Sifting, conditions, state_word
from pledge.store.schema import signature, signing_link

TYPED, WITHHELD, ASKED, END = "\x1f", "\x1c", "\x1d", "\x1e"
"""In place of the comma before what was typed; before what was typed and is not for everybody;
before and between what a cell depends on that the domain makes; after the last of these in a row.
Before the first cell of a line, where no comma would be, they stand as well."""

LINE = "\x1b"
"""After each line."""

_HOURS = 3
_HOUR = timedelta(hours=1)

_LINK_KIND = "kind"
_STATE = "state"


@dataclass(frozen=True)
class Kept:
    """A number or a key as it is kept; nothing if there is none."""

    name: str


@dataclass(frozen=True)
class Typed:
    name: str
    before: str = ""
    """What stands in front, after the mark."""
    withheld_unless: str = ""
    """A column of truths; where it is not true, the mark is another."""


@dataclass(frozen=True)
class Word:
    """What stands for each value: of a column, of `state` (how an entry stands), of the link's
    `kind`."""

    name: str
    words: Mapping[Any, str]
    otherwise: "Word | None" = None
    """What stands for any other value."""


@dataclass(frozen=True)
class Truths:
    """Cells side by side: whether each is true; of a time, whether there is one."""

    names: Sequence[str]
    words: Mapping[bool, str]


@dataclass(frozen=True)
class Moment:
    """When it was signed, by the clock of its meeting: ISO 8601 with microseconds."""

    clocks: Mapping[Steady, Sequence[int]]
    """The meetings of each clock. Outside of its time `END` is in place of the moment."""


@dataclass(frozen=True)
class Asked:
    """What a cell depends on, column by column."""

    names: Sequence[str]


@dataclass(frozen=True)
class Empty:
    pass


Cell = Empty | Kept | Typed | Word | Truths | Moment | Asked
Part = str | ColumnElement[Any]


def is_marked(cell: Cell) -> bool:
    """Whether marks stand around it."""
    return isinstance(cell, Typed | Asked)


def marks(cells: Sequence[Cell]) -> Counter[str]:
    """How many there are in a line; `WITHHELD` is one of `TYPED`."""
    found = Counter(TYPED for cell in cells if isinstance(cell, Typed))
    for cell in cells:
        if isinstance(cell, Asked):
            found[ASKED] += len(cell.names)
    found[END] = sum(is_marked(one) and not is_marked(next_) for one, next_ in pairwise(cells))
    found[LINE] = 1
    return found


@dataclass(frozen=True)
class Lines:
    text: bytes
    """UTF-8."""
    count: int
    last: int
    """The number of the last signature."""


@dataclass(frozen=True)
class Query:
    lines: "_Prepared"
    first: "_Prepared"
    by_hours: Steady | None
    """The clock, where the statement asks for the hours of the first lines."""


@dataclass(frozen=True)
class _Prepared:
    """A statement that is executed again and again."""

    select: Select[*tuple[Any, ...]]
    compiled: Compiled | None
    """On SQLite. Making its text anew each time took a tenth of an export's time."""

    async def row(self, connection: AsyncConnection, given: Mapping[str, Any]) -> Row[Any] | None:
        if self.compiled is None:
            found = await connection.execute(self.select, given)
        else:
            found = await connection.exec_driver_sql(*_bound(self.compiled, given))
        return found.first()


async def after(connection: AsyncConnection, asked: Query, number: int) -> Lines | None:
    """The lines of those beyond a number, oldest first; None if there are none."""
    given: dict[str, Any] = {"beyond": number}
    if asked.by_hours:
        if (first := await asked.first.row(connection, given)) is None:
            return None
        given |= _hours(asked.by_hours, datetime.fromisoformat(first[0]).replace(tzinfo=UTC))
    row = await asked.lines.row(connection, given)
    assert row is not None  # noqa: S101 -- an aggregate has one
    text, count, last = tuple(row)
    return Lines(text, count, last) if count else None


def query(
    connection: AsyncConnection, sifting: Sifting, limit: int, cells: Sequence[Cell]
) -> Query:
    """For so many lines at a time."""
    sqlite = connection.dialect.name == "sqlite"
    beyond = signature.c.number > bindparam("beyond", type_=BigInteger, required=False)
    line = _joined(_line(cells, sqlite=sqlite), sqlite=sqlite).label("line")
    lines = (
        select(line, signature.c.number)
        .where(beyond, *conditions(sifting))
        .order_by(signature.c.number)
        .limit(limit)
        .subquery()
    )
    text: ColumnElement[Any]
    if sqlite:  # goes through the subquery in its order
        text = cast(func.group_concat(lines.c.line, _constant("")), LargeBinary)
    else:
        ordered = aggregate_order_by(_constant(""), lines.c.number)
        text = func.convert_to(func.string_agg(lines.c.line, ordered), "UTF8")
    clocks = [clock for cell in cells if isinstance(cell, Moment) for clock in cell.clocks]
    first = select(type_coerce(signature.c.signed_at, String)).where(beyond, *conditions(sifting))
    return Query(
        _prepared(connection, select(text, func.count(), func.max(lines.c.number))),
        _prepared(connection, first.order_by(signature.c.number).limit(1)),
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


def _prepared(connection: AsyncConnection, made: Select[*tuple[Any, ...]]) -> _Prepared:
    if connection.dialect.name != "sqlite":
        return _Prepared(made, None)
    compiled = made.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
    return _Prepared(made, compiled)


def _bound(compiled: Compiled, given: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """The statement for SQLite, and its parameters in their order."""
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 -- a SELECT is
    values = {**compiled.params, **given}
    return str(compiled), tuple(_kept(values[name]) for name in compiled.positiontup or ())


def _kept(value: Any) -> Any:
    """Moments as the text that SQLite keeps."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _constant(value: str | int) -> ColumnElement[Any]:
    """As a part of the statement: parameters would be looked up for each signature."""
    if isinstance(value, int):
        return bindparam(None, value, BigInteger, literal_execute=True)
    return bindparam(None, str(value), String, literal_execute=True)


def _joined(parts: Sequence[Part], *, sqlite: bool) -> ColumnElement[str]:
    """All of them as one text; NULL is an empty one."""
    if not sqlite:
        return func.concat(*(_constant(part) if isinstance(part, str) else part for part in parts))
    pattern = "".join(part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts)
    return func.printf(_constant(pattern), *(part for part in parts if not isinstance(part, str)))


def _line(cells: Sequence[Cell], *, sqlite: bool) -> list[Part]:
    parts: list[Part] = []
    comma = ""
    for cell in cells:
        parts += ["" if is_marked(cell) else comma, *_parts(cell, sqlite=sqlite)]
        comma = END if is_marked(cell) else ","
    return [*parts, LINE]


def _parts(cell: Cell, *, sqlite: bool) -> list[Part]:
    match cell:
        case Empty():
            return [""]
        case Kept(name):
            return [signature.c[name]]
        case Typed(name, before, ""):
            return [TYPED + before, signature.c[name]]
        case Typed(name, before, condition):
            mark = case((signature.c[condition], _constant(TYPED)), else_=_constant(WITHHELD))
            return [mark, before, signature.c[name]]
        case Word():
            return [_word(cell)]
        case Truths(names, words):
            return [_truths(names, words)]
        case Moment(clocks):
            return _moment(clocks, sqlite=sqlite)
        case Asked(names):
            return [part for name in names for part in (ASKED, signature.c[name])]


def _word(cell: Word) -> ColumnElement[str]:
    name, words = cell.name, {key: _constant(word) for key, word in cell.words.items()}
    if name == _STATE:
        return state_word(words)
    value: ColumnElement[Any] = signature.c[name] if name != _LINK_KIND else _link_kind()
    return case(
        *((_constant(key), word) for key, word in words.items()),
        value=value,
        else_=_word(cell.otherwise) if cell.otherwise else None,
    )


def _link_kind() -> ColumnElement[Any]:
    return (
        select(signing_link.c.kind)
        .where(signing_link.c.id == signature.c.link_id)
        .scalar_subquery()
    )


def _truths(
    names: Sequence[str], words: Mapping[bool, str], before: str = ""
) -> ColumnElement[str]:
    """One text for every way that they may be: parts of a line take longer than questions."""
    column, others = signature.c[names[0]], names[1:]

    def told(value: bool) -> ColumnElement[str]:
        text = before + words[value]
        return _truths(others, words, f"{text},") if others else _constant(text)

    truth = column if column.type.python_type is bool else column.is_not(None)
    return case((truth, told(True)), else_=told(False))


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
    kept = _unread(signature.c.signed_at)
    given = [
        (
            and_(
                kept >= bindparam(f"since{n}", type_=kept.type, required=False),
                kept < bindparam(f"until{n}", type_=kept.type, required=False),
            ),
            bindparam(f"hour{n}", type_=String, required=False),
        )
        for n in range(_HOURS)
    ]
    by = _constant(f"{clock.minutes:+d} minutes")
    shown = func.strftime(_constant("%Y-%m-%dT%H:"), type_coerce(kept, String), by)
    hour = case(
        *given, (and_(kept >= clock.since, kept < clock.until), shown), else_=_constant(END)
    )
    return [hour, func.substr(type_coerce(kept, String), _constant(15)), clock.written]


def _unread(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Without an affinity: SQLite would try to read a moment as a number for each comparison."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)


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
