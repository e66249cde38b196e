"""Moderating: what the walls and lists show of the signatures; that they stand is not touched."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Approval
from pledge.domain.rights import Actor
from pledge.domain.signatures import Signature, State
from pledge.entries import Entries
from pledge.store import audit, heads, signatures
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

    async def hide(self, initiative_id: int, *numbers: int, by: Actor, reason: str = "") -> int:
        """Takes signatures off every wall and list; they keep their numbers. How many were."""
        return await self._change(initiative_id, numbers, _hidden, by, Action.HIDDEN, reason)

    async def restore(self, initiative_id: int, *numbers: int, by: Actor, reason: str = "") -> int:
        return await self._change(initiative_id, numbers, _restored, by, Action.RESTORED, reason)

    async def approve(self, initiative_id: int, *numbers: int, by: Actor, reason: str = "") -> int:
        """Shows what has waited."""
        return await self._change(initiative_id, numbers, _approved, by, Action.APPROVED, reason)

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
        numbers: Sequence[int],
        change: Callable[[Signature], Signature | None],
        by: Actor,
        action: Action,
        reason: str,
    ) -> int:
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            now = self._clock()
            entries = Entries(head, now)
            found = await signatures.by_numbers(connection, initiative_id, numbers)
            for number, before in sorted(found.items()):
                after = change(before) if before.state is State.STANDING else None
                if after is not None:
                    entries.show(before, after)
                    entry = Entry(by, action, before.company.name, number, reason)
                    await audit.record(connection, initiative_id, entry, now)
            if not entries.changed:
                return 0
            cursor = await entries.store(connection, initiative_id)
        self._announce(initiative_id, cursor)
        return len(entries.changed)


def _hidden(signature: Signature) -> Signature | None:
    return None if signature.hidden else replace(signature, hidden=True)


def _restored(signature: Signature) -> Signature | None:
    return replace(signature, hidden=False) if signature.hidden else None


def _approved(signature: Signature) -> Signature | None:
    if signature.awaits is Approval.NOTHING:
        return None
    return replace(signature, awaits=Approval.NOTHING)
