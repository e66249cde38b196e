"""Targets of notices, and how far each has been told. The feed is the outbox."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.notices import Answer, NoticeEvent, Problem, Target, TargetKind
from pledge.store.feed import Kind
from pledge.store.schema import feed, head, notice_target

KINDS = {
    NoticeEvent.SIGNED: Kind.SIGNED,
    NoticeEvent.HIDDEN: Kind.HIDDEN,
    NoticeEvent.WITHDRAWN: Kind.HIDDEN,
    NoticeEvent.OPENED: Kind.STATE,
    NoticeEvent.CLOSED: Kind.STATE,
}
"""Under which kinds of the feed's events each is found."""


_MOST_COUNTED = 1000


@dataclass(frozen=True)
class Behind:
    """A target to which something may have to be told."""

    target: Target
    newest: int
    """The newest cursor of its feed."""
    ready_at: datetime | None
    """Before which it is left alone, or somebody else tells it; None: at once."""


@dataclass(frozen=True)
class Backlog:
    events: int
    """That targets have yet to be told, a thousand each at most."""
    failing: int
    """Targets that failed the last time, and are tried again."""


async def of_initiative(connection: AsyncConnection, initiative_id: int) -> list[Target]:
    """In the order in which they were added."""
    rows = await connection.execute(
        select(notice_target)
        .where(notice_target.c.initiative_id == initiative_id)
        .order_by(notice_target.c.id)
    )
    return [_target(row) for row in rows]


async def find(connection: AsyncConnection, initiative_id: int, target_id: int) -> Target | None:
    row = (
        await connection.execute(
            select(notice_target).where(
                notice_target.c.id == target_id, notice_target.c.initiative_id == initiative_id
            )
        )
    ).one_or_none()
    return _target(row) if row else None


async def add(connection: AsyncConnection, target: Target, at: datetime) -> int:
    added = await connection.execute(
        insert(notice_target)
        .values(
            initiative_id=target.initiative_id,
            kind=target.kind,
            created_at=at,
            cursor=target.cursor,
            **_settings(target),
        )
        .returning(notice_target.c.id)
    )
    target_id: int = added.scalar_one()
    return target_id


async def change(connection: AsyncConnection, target: Target, *, cursor: int | None = None) -> None:
    """Stores what is set of a target, and lets it be tried at once, from a cursor on if one is
    given. Whoever is telling it meanwhile has lost the claim.
    """
    await connection.execute(
        update(notice_target)
        .where(notice_target.c.id == target.id)
        .values(
            **_settings(target),
            attempts=0,
            next_at=None,
            leased_until=None,
            **({} if cursor is None else {"cursor": cursor}),
        )
    )


async def remove(connection: AsyncConnection, target_id: int) -> None:
    await connection.execute(delete(notice_target).where(notice_target.c.id == target_id))


async def waiting(connection: AsyncConnection, target: Target, *, most: int | None = None) -> int:
    """How many events have yet to be told; counted up to `most`, if there is one."""
    untold = (
        select(feed.c.cursor)
        .where(
            feed.c.initiative_id == target.initiative_id,
            feed.c.cursor > target.cursor,
            feed.c.kind.in_({KINDS[event] for event in target.events}),
        )
        .limit(most)
    )
    counted = await connection.execute(select(func.count()).select_from(untold.subquery()))
    return counted.scalar_one()


async def behind(connection: AsyncConnection) -> list[Behind]:
    """The targets whose feed has moved on."""
    rows = await connection.execute(
        select(notice_target, head.c.last_cursor)
        .join(head, head.c.initiative_id == notice_target.c.initiative_id)
        .where(notice_target.c.active, notice_target.c.cursor < head.c.last_cursor)
        .order_by(notice_target.c.next_at.nulls_first(), notice_target.c.id)
    )
    return [
        Behind(
            _target(row),
            row.last_cursor,
            max(filter(None, (row.next_at, row.leased_until)), default=None),
        )
        for row in rows
    ]


async def backlog(connection: AsyncConnection) -> Backlog:
    """Of all targets; it costs no more when they are far behind."""
    late = [one.target for one in await behind(connection)]
    failing = await connection.execute(
        select(func.count()).where(notice_target.c.active, notice_target.c.attempts > 0)
    )
    return Backlog(
        sum([await waiting(connection, target, most=_MOST_COUNTED) for target in late]),
        failing.scalar_one(),
    )


async def claim(
    connection: AsyncConnection, target_id: int, *, now: datetime, until: datetime
) -> Target | None:
    """Makes the caller the only one who tells a target, until then; None if somebody else is.

    `until` is also by what the claim is recognised: once it is over, another one has another end.
    """
    columns = notice_target.c
    row = (
        await connection.execute(
            update(notice_target)
            .where(
                columns.id == target_id,
                columns.active,
                or_(columns.leased_until.is_(None), columns.leased_until <= now),
                or_(columns.next_at.is_(None), columns.next_at <= now),
            )
            .values(leased_until=until)
            .returning(*columns)
        )
    ).one_or_none()
    return _target(row) if row else None


async def settle(
    connection: AsyncConnection,
    target: Target,
    claimed: datetime,
    *,
    until: datetime | None,
) -> bool:
    """Stores how far a target has been told and what came of it; False if the claim was lost.

    With `until` the claim goes on, without it ends.
    """
    stored = await connection.execute(
        update(notice_target)
        .where(notice_target.c.id == target.id, notice_target.c.leased_until == claimed)
        .values(
            cursor=target.cursor,
            active=target.active,
            attempts=target.attempts,
            next_at=target.next_at,
            leased_until=until,
            delivered_at=target.delivered_at,
            answer=_stored(target.answer),
        )
        .returning(notice_target.c.id)
    )
    return stored.one_or_none() is not None


async def set_answer(connection: AsyncConnection, target_id: int, answer: Answer) -> None:
    await connection.execute(
        update(notice_target).where(notice_target.c.id == target_id).values(answer=_stored(answer))
    )


def _settings(target: Target) -> dict[str, Any]:
    return {
        "name": target.name,
        "address": target.address,
        "secret": target.secret,
        "events": sorted(target.events),
        "language": target.language,
        "active": target.active,
    }


def _stored(answer: Answer | None) -> str:
    if answer is None:
        return ""
    return json.dumps(
        {**asdict(answer), "at": answer.at.isoformat()}, ensure_ascii=False, separators=(",", ":")
    )


def _answer(stored: str) -> Answer | None:
    if not stored:
        return None
    values = json.loads(stored)
    problem = values["problem"]
    at = datetime.fromisoformat(values["at"])
    return Answer(**{**values, "at": at, "problem": Problem(problem) if problem else None})


def _target(row: Any) -> Target:
    return Target(
        id=row.id,
        initiative_id=row.initiative_id,
        kind=TargetKind(row.kind),
        name=row.name,
        address=row.address,
        secret=row.secret,
        events=frozenset(map(NoticeEvent, row.events)),
        language=row.language,
        active=row.active,
        cursor=row.cursor,
        attempts=row.attempts,
        next_at=row.next_at,
        delivered_at=row.delivered_at,
        answer=_answer(row.answer),
    )
