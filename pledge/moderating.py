"""Moderating: what the walls and lists show of the signatures; that they stand is not touched."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Approval
from pledge.domain.rights import Actor
from pledge.domain.signatures import Signature, State
from pledge.store import audit, feed, heads, signatures
from pledge.store.database import Database


class Moderating:
    """Each change is an event: every wall and list follows it, live or later."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        announce: Callable[[int, int], None],
    ):
        self._database = database
        self._clock = clock
        self._announce = announce

    async def hide(self, initiative_id: int, number: int, *, by: Actor, reason: str = "") -> bool:
        """Takes a signature off every wall and list; it keeps its number."""
        return await self._change(initiative_id, number, _hidden, by, Action.HIDDEN, reason)

    async def restore(
        self, initiative_id: int, number: int, *, by: Actor, reason: str = ""
    ) -> bool:
        return await self._change(initiative_id, number, _restored, by, Action.RESTORED, reason)

    async def approve(
        self, initiative_id: int, number: int, *, by: Actor, reason: str = ""
    ) -> bool:
        """Shows what has waited."""
        return await self._change(initiative_id, number, _approved, by, Action.APPROVED, reason)

    async def set_approval(self, initiative_id: int, approval: Approval, *, by: Actor) -> None:
        """What is to wait, of whatever is signed from now on."""
        async with self._database.writing() as connection:
            before = (await heads.lock_head(connection, initiative_id)).standing.approval
            await heads.set_approval(connection, initiative_id, approval)
            entry = Entry(
                by, Action.APPROVAL, before={"approval": before}, after={"approval": approval}
            )
            await audit.record(connection, initiative_id, entry, self._clock())

    async def _change(
        self,
        initiative_id: int,
        number: int,
        change: Callable[[Signature], Signature | None],
        by: Actor,
        action: Action,
        reason: str,
    ) -> bool:
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            found = await signatures.by_numbers(connection, initiative_id, [number])
            before = found.get(number)
            if before is None or before.state is not State.STANDING:
                return False
            after = change(before)
            if after is None:
                return False
            cursor = await self._tell(connection, initiative_id, head, before, after)
            entry = Entry(by, action, before.company.name, number, reason)
            await audit.record(connection, initiative_id, entry, self._clock())
        self._announce(initiative_id, cursor)
        return True

    async def _tell(
        self,
        connection: AsyncConnection,
        initiative_id: int,
        head: heads.Head,
        before: Signature,
        after: Signature,
    ) -> int:
        if before.hidden and after.hidden:  # nobody sees a difference
            await signatures.change(connection, initiative_id, after)
            return head.standing.cursor
        cursor = head.standing.cursor + 1
        by = int(before.hidden) - int(after.hidden)
        kind = feed.Kind.HIDDEN
        if not after.hidden:
            kind = feed.Kind.SIGNED if after.is_public else feed.Kind.COUNTED
            after = replace(after, index=cursor)
        await signatures.change(connection, initiative_id, after)
        await heads.move_counts(connection, initiative_id, after.meeting_id, cursor=cursor, by=by)
        event = feed.Event(
            cursor,
            kind,
            head.standing.total + by,
            self._clock(),
            signature=after,
            subject=before.index if after.hidden else None,
            cause=feed.Cause.HIDDEN if after.hidden else None,
        )
        await feed.append(connection, initiative_id, event)
        return cursor


def _hidden(signature: Signature) -> Signature | None:
    return None if signature.hidden else replace(signature, hidden=True)


def _restored(signature: Signature) -> Signature | None:
    return replace(signature, hidden=False) if signature.hidden else None


def _approved(signature: Signature) -> Signature | None:
    if signature.awaits is Approval.NOTHING:
        return None
    return replace(signature, awaits=Approval.NOTHING)
