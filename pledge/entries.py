"""Entries: signatures as an initiative keeps them.

Rule 7: none is ever changed or removed. An entry is retired, and another may stand in its place;
only whether it is shown may change, and what of it is personal may be erased (rule 8). Walls, lists
and counts follow by events, as they do for everything, and the register says all of it but erasing
to whoever has kept a copy.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Approval
from pledge.domain.signatures import Signature, State
from pledge.register.entries import Kind as Registered
from pledge.registration import later_entry, signing_entry
from pledge.secrets import random_salts
from pledge.store import feed, heads, name_index, registers, rosters, signatures, spans


class Entries:
    """What becomes of the entries of one initiative while its head is locked, in order.

    `add`, `retire` and `show` only note what happens; `store` writes all of it with a handful of
    statements, however many they were. The lock must be held from before `head` was read until
    the transaction ends: so numbers and cursors have no gaps.
    """

    def __init__(self, head: heads.Head, at: datetime):
        # A clock that was set back, or another node's that is behind, must not give a later number
        # an earlier time.
        self.at = max(at, head.last_signed_at or at)
        self.added: list[Signature] = []
        self.retired: list[Signature] = []
        self.changed: list[Signature] = []
        self.erased: list[Signature] = []
        self._number = head.last_number
        self._revision = head.standing.revision
        self._registered = head.registered
        self._size = head.registered
        """Of the register, with everything noted; None where nothing is registered."""
        self._to_register: list[tuple[Registered, Signature]] = []
        self._total = head.standing.total
        self._cursor = head.standing.cursor
        self._by_meeting: dict[int, int] = {}
        self._shown = spans.Moves()
        self._erased_before: list[Signature] = []
        self._events: list[feed.Event] = []

    @property
    def next_number(self) -> int:
        return self._number + 1

    @property
    def next_index(self) -> int:
        return self._cursor + 1

    @property
    def next_entry(self) -> int | None:
        """Its index in the register."""
        return self._size

    @property
    def cursor(self) -> int:
        """Of the newest event."""
        return self._cursor

    def add(self, signature: Signature) -> Signature:
        """A new entry, made with `next_number` and `next_index`; as it is registered, unless it was
        made with `next_entry` too.

        What takes the place of a hidden entry may be hidden itself: it is told of as counted, and
        then as hidden, so that the feed accounts for every entry.
        """
        if signature.entry is None or signature.entry != self._size:
            signature = replace(signature, entry=self._size, salts=random_salts(), erased_at=None)
        self._register(Registered.SIGNED, signature)
        self.added.append(signature)
        self._shown.count(signature, int(signature.is_public))
        self._number += 1
        waits = signature.awaits is Approval.ALL or signature.hidden
        self._tell(feed.Kind.COUNTED if waits else feed.Kind.SIGNED, signature, 1)
        if signature.hidden:
            self._register(Registered.HIDDEN, signature)
            self._tell(feed.Kind.HIDDEN, signature, -1, cause=feed.Cause.HIDDEN)
        return signature

    def retire(self, entry: Signature, state: State, *, replaced_by: int | None = None) -> None:
        """Ends a standing entry: withdrawn, or replaced by the entry with another number.

        Retire the old one before adding the new one: a company stands once at every moment.
        """
        assert entry.state is State.STANDING  # noqa: S101 -- the contract above
        self._register(Registered(state), entry)
        self.retired.append(replace(entry, state=state, replaced_by=replaced_by))
        self._shown.count(entry, -int(entry.is_public))
        if not entry.hidden:  # else nobody sees a difference
            self._tell(feed.Kind.HIDDEN, entry, -1, cause=feed.Cause(state))

    def show(self, before: Signature, after: Signature) -> None:
        """What moderation has changed: whether an entry is hidden, and what it awaits.

        Shown again, or approved, it is news and has a newer index.
        """
        if before.hidden != after.hidden:
            self._register(Registered.HIDDEN if after.hidden else Registered.SHOWN, before)
        if not after.hidden:
            after = replace(after, index=self.next_index)
            kind = feed.Kind.SIGNED if after.is_public else feed.Kind.COUNTED
            self._tell(kind, after, int(before.hidden))
        elif not before.hidden:  # else nobody sees a difference
            self._tell(feed.Kind.HIDDEN, before, -1, cause=feed.Cause.HIDDEN)
        self.changed.append(after)
        self._shown.count(after, after.is_public - before.is_public)

    def erase(self, before: Signature, after: Signature) -> None:
        """What is left of an entry, standing or not, once personal data of it is erased.

        The register says nothing of it. What the public saw is taken down, so that no process
        hands it on from its memory, and what is left is told anew.
        """
        if after.is_public:
            self._tell(feed.Kind.HIDDEN, before, -1, cause=feed.Cause.ERASED)
            after = replace(after, index=self.next_index)
            self._tell(feed.Kind.SIGNED, after, 1)
        self.erased.append(after)
        self._erased_before.append(before)

    async def store(self, connection: AsyncConnection, initiative_id: int) -> int:
        """Writes everything noted; the feed's newest cursor, to be announced after the commit."""
        await signatures.retire_all(connection, initiative_id, self.retired)
        await rosters.follow(connection, initiative_id, self.retired)
        await signatures.insert_all(connection, initiative_id, self.added)
        await signatures.change_all(connection, initiative_id, self.changed)
        await signatures.erase_all(connection, initiative_id, self.erased)
        await name_index.forget(connection, initiative_id, self._erased_before, self.erased)
        await spans.move(connection, initiative_id, self._shown)
        await feed.append_all(connection, initiative_id, self._events)
        await self._store_register(connection, initiative_id)
        await heads.advance_head(
            connection,
            initiative_id,
            number=self._number,
            cursor=self._cursor,
            registered=self._size,
            by_meeting=self._by_meeting,
        )
        return self._cursor

    async def _store_register(self, connection: AsyncConnection, initiative_id: int) -> None:
        if self._registered is None or not self._to_register:
            return
        names = await registers.named(connection, initiative_id, self._revision)
        slug = names.initiative
        encoded = [
            signing_entry(
                entry,
                initiative=slug,
                meeting=names.meetings[entry.meeting_id],
                text=names.texts[entry.text],
            )
            if kind is Registered.SIGNED
            else later_entry(kind, entry, initiative=slug, at=self.at)
            for kind, entry in self._to_register
        ]
        refers = [
            None if kind is Registered.SIGNED else entry.entry for kind, entry in self._to_register
        ]
        await registers.append(connection, initiative_id, self._registered, encoded, refers)

    def _register(self, kind: Registered, entry: Signature) -> None:
        if self._size is not None:
            self._to_register.append((kind, entry))
            self._size += 1

    def _tell(
        self, kind: feed.Kind, signature: Signature, by: int, cause: feed.Cause | None = None
    ) -> None:
        self._cursor += 1
        self._total += by
        meeting = signature.meeting_id
        self._by_meeting[meeting] = self._by_meeting.get(meeting, 0) + by
        self._events.append(
            feed.Event(
                self._cursor,
                kind,
                self._total,
                self.at,
                signature=signature,
                subject=signature.index if kind is feed.Kind.HIDDEN else None,
                cause=cause,
            )
        )
