"""Signing: from a delegate's proposal to a signature that stands, in one transaction."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.signatures import (
    Outcome,
    Proposal,
    Signatories,
    Signature,
    Signed,
    State,
    TextChanged,
    accepted,
    refusal,
)
from pledge.entries import Entries
from pledge.measures import Measures
from pledge.secrets import random_salts
from pledge.store import audit, heads, links, pace, signatures, texts
from pledge.store.database import UNAVAILABLE, Database
from pledge.store.group_commit import GroupCommit


class Signing:
    """Signs proposals; those that wait together share one commit.

    `announce` is told the initiative and the newest cursor of its feed after each commit.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        announce: Callable[[int, int], None],
        measures: Measures,
    ):
        self._database = database
        self._measures = measures
        self._clock = clock
        self._announce = announce
        self._commits = GroupCommit(self._write, outages=UNAVAILABLE)

    def start(self) -> None:
        self._commits.start()

    async def stop(self) -> None:
        await self._commits.stop()

    async def sign(self, proposal: Proposal) -> Outcome:
        """What came of it. A `Signed` outcome is on the disk; the same attempt gives the same."""
        began = time.perf_counter()
        outcome = await self._commits.submit(proposal)
        self._measures.signed(time.perf_counter() - began)
        return outcome

    async def _write(self, proposals: Sequence[Proposal]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        cursors: dict[int, int] = {}
        async with self._database.writing(brief=True) as connection:
            # Heads are locked in the order of their ids, so that no two batches wait in a circle.
            ordered = sorted(
                range(len(proposals)), key=lambda place: proposals[place].link.initiative_id
            )
            for initiative_id, places in groupby(
                ordered, key=lambda place: proposals[place].link.initiative_id
            ):
                numbered = list(places)
                batch = _Batch(connection, initiative_id, self._clock)
                decided = await batch.sign([proposals[place] for place in numbered])
                outcomes.update(zip(numbered, decided, strict=True))
                if batch.cursor is not None:
                    cursors[initiative_id] = batch.cursor
        self._measures.committed(len(proposals))
        for initiative_id, cursor in cursors.items():
            self._announce(initiative_id, cursor)
        return [outcomes[place] for place in range(len(proposals))]


class _Batch:
    """The proposals for one initiative that are decided under one lock."""

    def __init__(
        self, connection: AsyncConnection, initiative_id: int, clock: Callable[[], datetime]
    ):
        self._connection = connection
        self._initiative_id = initiative_id
        self._clock = clock
        self.cursor: int | None = None
        """Of the newest event, if anything has happened."""
        self._through: Counter[int] = Counter()
        """How many have signed by which link in this batch, where that is counted."""

    async def sign(self, proposals: Sequence[Proposal]) -> list[Outcome]:
        head = await heads.lock_head_if_any(self._connection, self._initiative_id)
        if head is None:  # a rehearsal that has ended since the form was shown
            return [TextChanged() for _ in proposals]
        now = self._clock()  # under the lock: later numbers have later times
        known = await signatures.by_attempts(
            self._connection, self._initiative_id, {proposal.attempt for proposal in proposals}
        )
        if len(known) == len(proposals):
            return [Signed(known[proposal.attempt]) for proposal in proposals]
        # Read anew under the lock: what organizers do to a link holds once they are told it does.
        current = await links.by_ids(self._connection, {one.link.id for one in proposals})
        standing = await signatures.standing_of_companies(
            self._connection, self._initiative_id, {proposal.company for proposal in proposals}
        )
        superseded: Collection[str] = ()
        if any(earlier.text != head.text for earlier in standing.values()):
            superseded = await texts.superseded(self._connection, self._initiative_id)
        signatories = Signatories(standing)
        entries = Entries(head, now)
        outcomes: list[Outcome] = []
        for proposal in proposals:
            if earlier := known.get(proposal.attempt):
                outcomes.append(Signed(earlier))
                continue
            link = current[proposal.link.id]
            if link.initiative_id != self._initiative_id:
                # A rehearsal has begun or ended since the form was shown.
                outcomes.append(TextChanged())
                continue
            refused = refusal(
                proposal,
                link,
                standing=head.standing,
                text=head.text,
                signatories=signatories,
                now=now,
                superseded=superseded,
            )
            if refused is not None:
                outcomes.append(refused)
                continue
            if replaced := signatories.of(proposal.company):
                entries.retire(replaced, State.REPLACED, replaced_by=entries.next_number)
                signatories.drop(replaced)
            signature = entries.add(
                accepted(
                    proposal,
                    link,
                    number=entries.next_number,
                    index=entries.next_index,
                    entry=entries.next_entry,
                    salts=random_salts(),
                    at=entries.at,
                    approval=head.standing.approval,
                    replaces=replaced,
                )
            )
            known[signature.attempt] = signature
            signatories.add(signature)
            await self._record_help(proposal, signature)
            if not link.rehearsed:
                self._through[link.id] += 1
                if link.most is not None:
                    current[link.id] = replace(link, used=link.used + 1)
            outcomes.append(Signed(signature))
        if entries.added:
            self.cursor = await entries.store(self._connection, self._initiative_id)
            await self._count(entries.added)
        return outcomes

    async def _record_help(self, proposal: Proposal, signature: Signature) -> None:
        """In whose presence it was signed, where staff has entered it."""
        if proposal.assisted_by is not None:
            entry = Entry(
                proposal.assisted_by,
                Action.ASSISTED,
                signature.company.name,
                signature.number,
                after={"representative": signature.person.name},
            )
            await audit.record(self._connection, self._initiative_id, entry, signature.signed_at)

    async def _count(self, signed: Sequence[Signature]) -> None:
        """By which links, and at which pace."""
        at = signed[-1].signed_at
        if self._through:
            await links.count_uses(self._connection, self._through, at)
        by_meeting = Counter(signature.meeting_id for signature in signed)
        await pace.add(self._connection, self._initiative_id, by_meeting, at)
