"""Extracts: many signatures at a time, as columns and not as objects.

An object for each signature costs more than everything else that an export does with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    String,
    case,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.exports import EntryState
from pledge.domain.initiatives import Approval
from pledge.domain.signatures import State
from pledge.store.schema import signature

STORED = (
    *("number", "company", "company_key", "uscc", "representative", "title", "phone", "publish"),
    *("meeting_id", "link_id", "vouched", "signed_at", "state", "replaces", "replaced_by"),
    *("assisted", "erased_at", "text_digest", "receipt"),
)
"""All but the ink."""


@dataclass(frozen=True)
class Sifting:
    """Which signatures of an initiative are meant."""

    initiative_id: int
    meeting_ids: Collection[int]
    states: Collection[EntryState]
    last: int
    """The number of the last one, whatever comes meanwhile."""


async def after(
    connection: AsyncConnection, sifting: Sifting, number: int, limit: int, names: Sequence[str]
) -> Mapping[str, Sequence[Any]]:
    """Those beyond a number, oldest first, by column; empty if there are none.

    Moments are text, in UTC with microseconds; `state` says how an entry stands, in one word;
    truths may come as 0 and 1; so does whether something was erased.
    """
    sqlite = connection.dialect.name == "sqlite"
    rows = (
        await connection.execute(
            select(*(_column(name, sqlite=sqlite) for name in names))
            .where(signature.c.number > number, *conditions(sifting))
            .order_by(signature.c.number)
            .limit(limit)
        )
    ).all()
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}


async def count(connection: AsyncConnection, sifting: Sifting) -> int:
    counted = await connection.execute(
        select(func.count()).select_from(signature).where(*conditions(sifting))
    )
    return counted.scalar_one()


async def waiting(connection: AsyncConnection, sifting: Sifting) -> list[int]:
    """The numbers of those that await approval, of the same meetings and up to the same number."""
    of_all = replace(sifting, states=[EntryState.WAITING])
    rows = await connection.execute(select(signature.c.number).where(*conditions(of_all)))
    return list(rows.scalars())


def conditions(sifting: Sifting) -> list[ColumnElement[bool]]:
    """Those that are meant."""
    found = [
        signature.c.initiative_id == sifting.initiative_id,
        signature.c.number <= sifting.last,
    ]
    if sifting.meeting_ids:
        found.append(signature.c.meeting_id.in_(sifting.meeting_ids))
    if set(sifting.states) != set(EntryState):
        found.append(state_word().in_(sifting.states))
    return found


def _column(name: str, *, sqlite: bool) -> ColumnElement[Any]:
    column = signature.c[name]
    if name == "state":
        return state_word()
    if name == "signed_at":
        # What SQLite keeps is this text already; turning it into moments and back takes longest.
        if sqlite:
            return type_coerce(column, String)
        return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24:MI:SS.US")
    if name == "erased_at":
        return type_coerce(column.is_not(None), Integer)
    return type_coerce(column, Integer) if isinstance(column.type, Boolean) else column


def state_word(
    words: Mapping[str, ColumnElement[str]] | None = None,
) -> ColumnElement[str]:
    """How an entry stands (`EntryState`); or the word for it."""
    found = words or {state.value: literal(state.value) for state in EntryState}
    ended = [state.value for state in State if state is not State.STANDING]
    return case(
        (
            signature.c.state != State.STANDING,
            case({state: found[state] for state in ended}, value=signature.c.state)
            if words
            else signature.c.state,
        ),
        (signature.c.hidden, found[EntryState.HIDDEN]),
        (signature.c.awaits == Approval.ALL, found[EntryState.WAITING]),
        else_=found[EntryState.STANDING],
    )
