"""The heads of initiatives: the hot row of each, that moves while it is signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, Update, and_, bindparam, case, null, or_, select, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Approval, Status
from pledge.domain.scenes import Direction, Scene
from pledge.domain.standing import Standing
from pledge.store.schema import head, meeting, signature
from pledge.store.wakeups import Kind, told


@dataclass(frozen=True)
class Head:
    """The hot row of an initiative, as it was when it was locked."""

    standing: Standing
    text: str
    last_number: int
    registered: int | None
    """How many entries its register has; None in a rehearsal, which registers nothing."""
    last_signed_at: datetime | None
    """When what has the last number was signed."""


async def lock_head(connection: AsyncConnection, initiative_id: int) -> Head:
    """Everybody else who signs this initiative waits from here until the transaction ends."""
    found = await lock_head_if_any(connection, initiative_id)
    if found is None:
        raise NoResultFound(f"there is no initiative {initiative_id}")
    return found


async def lock_head_if_any(connection: AsyncConnection, initiative_id: int) -> Head | None:
    """The same; None for a rehearsal that has ended meanwhile."""
    row = (await connection.execute(_LOCK, {"locked": initiative_id})).one_or_none()
    if row is None:
        return None
    signed_at = None
    if row.last_number:
        # A question of its own: what PostgreSQL's UPDATE returns does not see what was numbered
        # while its lock was waited for, and SQLite's can't name the tables of a subquery.
        newest = {"of": initiative_id, "newest": row.last_number}
        signed_at = await connection.scalar(_SIGNED_AT, newest)
    return Head(to_standing(row), row.text_digest, row.last_number, row.registered, signed_at)


_LOCK = (
    update(head)
    .where(head.c.initiative_id == bindparam("locked"))
    .values(last_number=head.c.last_number)
    .returning(*head.c)
)
_SIGNED_AT = select(signature.c.signed_at).where(
    signature.c.initiative_id == bindparam("of"), signature.c.number == bindparam("newest")
)


async def standing_of(connection: AsyncConnection, initiative_id: int) -> Standing:
    row = (
        await connection.execute(select(head).where(head.c.initiative_id == initiative_id))
    ).one()
    return to_standing(row)


async def cursors(connection: AsyncConnection, initiative_ids: Sequence[int]) -> dict[int, int]:
    """The newest cursor of each feed."""
    rows = await connection.execute(
        select(head.c.initiative_id, head.c.last_cursor).where(
            head.c.initiative_id.in_(initiative_ids)
        )
    )
    return {row.initiative_id: row.last_cursor for row in rows}


async def last_number(connection: AsyncConnection, initiative_id: int) -> int:
    """How many signatures have ever been numbered."""
    found = await connection.execute(
        select(head.c.last_number).where(head.c.initiative_id == initiative_id)
    )
    number: int = found.scalar_one()
    return number


async def advance_head(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    number: int,
    cursor: int,
    registered: int | None,
    by_meeting: Mapping[int, int],
) -> None:
    """Moves the sequences of numbers, events and the register's entries on, and the counts by more
    companies or fewer.
    """
    await _move(
        connection,
        _ADVANCE,
        {
            "of": initiative_id,
            "last_number": number,
            "last_cursor": cursor,
            "registered": registered,
            "more": sum(by_meeting.values()),
        },
    )
    for meeting_id, signed in by_meeting.items():
        if signed:
            await connection.execute(_COUNT_AT_MEETING, {"at": meeting_id, "more": signed})


_ADVANCE = (
    update(head)
    .where(head.c.initiative_id == bindparam("of"))
    .values(
        last_number=bindparam("last_number"),
        last_cursor=bindparam("last_cursor"),
        registered=bindparam("registered"),
        total=head.c.total + bindparam("more", type_=BigInteger),
    )
)
_COUNT_AT_MEETING = (
    update(meeting)
    .where(meeting.c.id == bindparam("at"))
    .values(total=meeting.c.total + bindparam("more", type_=BigInteger))
)


async def move_counts(
    connection: AsyncConnection, initiative_id: int, meeting_id: int, *, cursor: int, by: int
) -> None:
    """One event on, with one company more or fewer that counts (or none)."""
    await _move(
        connection,
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(last_cursor=cursor, total=head.c.total + by),
    )
    if by:
        await connection.execute(
            update(meeting).where(meeting.c.id == meeting_id).values(total=meeting.c.total + by)
        )


async def set_status(
    connection: AsyncConnection, initiative_id: int, status: Status, *, cursor: int, at: datetime
) -> None:
    """The walls then show what goes with the status, whatever they were directed to.

    What was to happen by itself and has happened by `at`, in whatever way, is not to happen again.
    """
    await _move(
        connection,
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(
            status=status,
            last_cursor=cursor,
            closed_at=at if status is Status.CLOSED else None,
            opens_at=null() if status is Status.OPEN else head.c.opens_at,
            closes_at=case((head.c.closes_at <= at, null()), else_=head.c.closes_at),
            scene="",
            scene_page=None,
            scene_at=at,
            scene_ends_at=None,
        ),
    )


async def set_schedule(
    connection: AsyncConnection,
    initiative_id: int,
    *,
    opens_at: datetime | None,
    closes_at: datetime | None,
) -> None:
    await connection.execute(
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(opens_at=opens_at, closes_at=closes_at)
    )


async def scheduled(connection: AsyncConnection) -> dict[int, Standing]:
    """What is to open or close by itself."""
    rows = await connection.execute(
        select(head).where(
            or_(
                and_(head.c.opens_at.is_not(None), head.c.status != Status.OPEN),
                and_(head.c.closes_at.is_not(None), head.c.status == Status.OPEN),
            )
        )
    )
    return {row.initiative_id: to_standing(row) for row in rows}


async def set_direction(
    connection: AsyncConnection, initiative_id: int, direction: Direction, *, cursor: int
) -> None:
    await _move(
        connection,
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(
            last_cursor=cursor,
            scene=direction.scene or "",
            scene_page=direction.page,
            scene_at=direction.at,
            scene_ends_at=direction.ends_at,
        ),
    )


async def set_approval(connection: AsyncConnection, initiative_id: int, approval: Approval) -> None:
    await connection.execute(
        update(head).where(head.c.initiative_id == initiative_id).values(approval=approval)
    )


async def revise(connection: AsyncConnection, initiative_id: int) -> None:
    """Tells every process that what is published has changed."""
    await connection.execute(
        update(head)
        .where(head.c.initiative_id == initiative_id)
        .values(revision=head.c.revision + 1)
    )


async def count_down_is_over(connection: AsyncConnection, now: datetime) -> list[int]:
    """The initiatives whose launch is due."""
    due = await connection.execute(
        select(head.c.initiative_id).where(
            head.c.scene == Scene.COUNTDOWN, head.c.scene_ends_at <= now
        )
    )
    return list(due.scalars())


async def _move(
    connection: AsyncConnection, change: Update, values: Mapping[str, Any] | None = None
) -> None:
    """A change that moves the cursor: other processes hear of it."""
    telling = told(connection, change, Kind.MOVED, head.c.initiative_id, head.c.last_cursor)
    await connection.execute(telling, values)


def to_standing(row: Row[Any]) -> Standing:
    """From a row that has the columns of `head`."""
    return Standing(
        status=Status(row.status),
        total=row.total,
        cursor=row.last_cursor,
        revision=row.revision,
        closed_at=row.closed_at,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        approval=Approval(row.approval),
        direction=Direction(
            scene=Scene(row.scene) if row.scene else None,
            page=row.scene_page,
            at=row.scene_at,
            ends_at=row.scene_ends_at,
        ),
    )
