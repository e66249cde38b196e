"""Exports that take long: who wanted what, and how far it is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.exports import Fault, Job, JobState
from pledge.store.schema import export


async def add(connection: AsyncConnection, job: Job) -> None:
    await connection.execute(
        insert(export).values(
            name=job.name,
            initiative_id=job.initiative_id,
            who=job.who,
            options={"choice": dict(job.choice), "audit": job.audit, "origin": job.origin},
            state=job.state,
            created_at=job.created_at,
        )
    )


async def of_initiative(connection: AsyncConnection, initiative_id: int) -> list[Job]:
    """Newest first."""
    rows = await connection.execute(
        select(export)
        .where(export.c.initiative_id == initiative_id)
        .order_by(export.c.created_at.desc(), export.c.name)
    )
    return [_job(row) for row in rows]


async def by_name(connection: AsyncConnection, initiative_id: int, name: str) -> Job | None:
    row = (
        await connection.execute(
            select(export).where(export.c.initiative_id == initiative_id, export.c.name == name)
        )
    ).one_or_none()
    return _job(row) if row else None


async def states(connection: AsyncConnection) -> dict[str, JobState]:
    """Of every export that may have a file, by its name."""
    rows = await connection.execute(select(export.c.name, export.c.state))
    return {row.name: JobState(row.state) for row in rows}


async def any_overdue(
    connection: AsyncConnection, silent_since: datetime, made_before: datetime
) -> bool:
    """Whether there is something to be said to have failed, or to be removed."""
    overdue = select(export.c.name).where(or_(_silent(silent_since), _old(made_before))).limit(1)
    return (await connection.execute(overdue)).first() is not None


async def any_waits(connection: AsyncConnection) -> bool:
    waiting = select(export.c.name).where(export.c.state == JobState.WAITING).limit(1)
    return (await connection.execute(waiting)).first() is not None


async def claim(connection: AsyncConnection, at: datetime) -> Job | None:
    """The one that waits longest is ours from now on; of several that ask, one gets it."""
    longest = (
        select(export.c.name)
        .where(export.c.state == JobState.WAITING)
        .order_by(export.c.created_at, export.c.name)
        .limit(1)
        .scalar_subquery()
    )
    row = (
        await connection.execute(
            update(export)
            .where(export.c.name == longest, export.c.state == JobState.WAITING)
            .values(state=JobState.RUNNING, beat_at=at)
            .returning(*export.c)
        )
    ).one_or_none()
    return _job(row) if row else None


async def beat(
    connection: AsyncConnection, name: str, *, done: int, total: int, at: datetime
) -> bool:
    """Says how far it is; False if it is no longer wanted."""
    return await _while_running(connection, name, done=done, total=total, beat_at=at)


async def finish(
    connection: AsyncConnection,
    name: str,
    *,
    rows: int,
    size: int,
    sha256: str,
    unset: Sequence[str],
    at: datetime,
) -> bool:
    return await _while_running(
        connection,
        name,
        state=JobState.DONE,
        rows=rows,
        size=size,
        sha256=sha256,
        fault="\n".join(unset),
        finished_at=at,
    )


async def fail(connection: AsyncConnection, name: str, fault: Fault, at: datetime) -> bool:
    return await _while_running(
        connection, name, state=JobState.FAILED, fault=fault, finished_at=at
    )


async def fail_silent(connection: AsyncConnection, since: datetime, at: datetime) -> None:
    """Those whose makers were last heard of before an instant."""
    await connection.execute(
        update(export)
        .where(_silent(since))
        .values(state=JobState.FAILED, fault=Fault.INTERRUPTED, finished_at=at)
    )


async def remove(connection: AsyncConnection, initiative_id: int, name: str) -> None:
    await connection.execute(
        delete(export).where(export.c.initiative_id == initiative_id, export.c.name == name)
    )


async def remove_old(connection: AsyncConnection, before: datetime) -> None:
    await connection.execute(delete(export).where(_old(before)))


def _silent(since: datetime) -> ColumnElement[bool]:
    return and_(export.c.state == JobState.RUNNING, export.c.beat_at < since)


def _old(before: datetime) -> ColumnElement[bool]:
    ended = export.c.state.in_([JobState.DONE, JobState.FAILED])
    return and_(ended, export.c.created_at < before)


async def _while_running(connection: AsyncConnection, name: str, **values: Any) -> bool:
    done = await connection.execute(
        update(export)
        .where(export.c.name == name, export.c.state == JobState.RUNNING)
        .values(**values)
    )
    return bool(done.rowcount)


def _job(row: Row[Any]) -> Job:
    return Job(
        name=row.name,
        initiative_id=row.initiative_id,
        who=row.who,
        choice=row.options["choice"],
        audit=row.options["audit"],
        origin=row.options["origin"],
        state=JobState(row.state),
        created_at=row.created_at,
        done=row.done,
        total=row.total,
        rows=row.rows,
        size=row.size,
        sha256=row.sha256,
        fault=row.fault,
        beat_at=row.beat_at,
        finished_at=row.finished_at,
    )
