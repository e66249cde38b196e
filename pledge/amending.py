"""Amending: an entry is corrected, its representative replaced; it is withdrawn, or merged.

Each is one transaction under the head's lock, with its events and its lines in the audit log. What
is refused is told by a value of `domain.amendments`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.amendments import (
    Amended,
    NotStanding,
    Refusal,
    correction,
    correction_refused,
    merging_refused,
    replacement,
)
from pledge.domain.audit import Action, Entry
from pledge.domain.rights import Actor
from pledge.domain.signatures import Company, Person, Signatories, Signature, State
from pledge.entries import Entries
from pledge.secrets import timed_name
from pledge.store import audit, heads, signatures
from pledge.store.database import Database


class Amending:
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

    async def correct(
        self,
        initiative_id: int,
        number: int,
        company: Company,
        person: Person,
        *,
        by: Actor,
        reason: str = "",
    ) -> Amended | Refusal:
        """Writes down rightly what was mistyped; whether names are published stays as it was."""
        async with self._database.writing() as connection:
            entries, found = await self._locked(connection, initiative_id, [number])
            if (old := found.get(number)) is None:
                return NotStanding()
            person = replace(person, publish=old.person.publish)
            standing = await signatures.standing_of_companies(connection, initiative_id, [company])
            standing.pop(number, None)
            if refused := correction_refused(old, company, person, Signatories(standing)):
                return refused
            entries.retire(old, State.REPLACED, replaced_by=entries.next_number)
            new = correction(
                old,
                company,
                person,
                number=entries.next_number,
                index=entries.next_index,
                receipt=timed_name(),
            )
            entries.add(new)
            await entries.store(connection, initiative_id)
            before, after = _differences(old, new)
            entry = Entry(by, Action.CORRECTED, old.company.name, number, reason, before, after)
            await audit.record(connection, initiative_id, entry, entries.at)
        self._announce(initiative_id, entries.cursor)
        return Amended(new.number)

    async def replace(
        self, initiative_id: int, number: int, person: Person, *, by: Actor, reason: str
    ) -> Amended | Refusal:
        """Another representative signs for the company, as it has asked."""
        async with self._database.writing() as connection:
            entries, found = await self._locked(connection, initiative_id, [number])
            old = found.get(number)
            if old is None or old.state is not State.STANDING:
                return NotStanding()
            entries.retire(old, State.REPLACED, replaced_by=entries.next_number)
            new = replacement(
                old,
                person,
                number=entries.next_number,
                index=entries.next_index,
                receipt=timed_name(),
                at=entries.at,
            )
            entries.add(new)
            await entries.store(connection, initiative_id)
            before, after = _differences(old, new)
            entry = Entry(by, Action.REPLACED, old.company.name, number, reason, before, after)
            await audit.record(connection, initiative_id, entry, entries.at)
        self._announce(initiative_id, entries.cursor)
        return Amended(new.number)

    async def withdraw(self, initiative_id: int, *numbers: int, by: Actor, reason: str) -> int:
        """Ends these entries, as their companies have asked; how many of them stood."""
        async with self._database.writing() as connection:
            entries, found = await self._locked(connection, initiative_id, numbers)
            for number, old in sorted(found.items()):
                if old.state is State.STANDING:
                    entries.retire(old, State.WITHDRAWN)
                    entry = Entry(by, Action.WITHDRAWN, old.company.name, number, reason)
                    await audit.record(connection, initiative_id, entry, entries.at)
            if not entries.retired:
                return 0
            await entries.store(connection, initiative_id)
        self._announce(initiative_id, entries.cursor)
        return len(entries.retired)

    async def merge(
        self,
        initiative_id: int,
        number: int,
        stays: int,
        *,
        sure: bool = False,
        by: Actor,
        reason: str,
    ) -> Amended | Refusal:
        """One company has two entries: the one that stays takes the place of the other.

        Where they do not look like one company, only if whoever does it is `sure`.
        """
        async with self._database.writing() as connection:
            entries, found = await self._locked(connection, initiative_id, [number, stays])
            if number not in found or stays not in found:
                return NotStanding()
            old, other = found[number], found[stays]
            if refused := merging_refused(old, other, sure=sure):
                return refused
            entries.retire(old, State.REPLACED, replaced_by=stays)
            await entries.store(connection, initiative_id)
            before, after = _differences(old, other)
            entry = Entry(by, Action.MERGED, old.company.name, number, reason, before, after)
            await audit.record(connection, initiative_id, entry, entries.at)
        self._announce(initiative_id, entries.cursor)
        return Amended(stays)

    async def _locked(
        self, connection: AsyncConnection, initiative_id: int, numbers: Collection[int]
    ) -> tuple[Entries, dict[int, Signature]]:
        """The entries with these numbers; nobody else changes them from here on."""
        head = await heads.lock_head(connection, initiative_id)
        found = await signatures.by_numbers(connection, initiative_id, numbers)
        return Entries(head, self._clock()), found


def _differences(old: Signature, new: Signature) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What reads otherwise, before and after, and the number by which it does."""
    before, after = _told(old), _told(new)
    changed = [name for name in before if before[name] != after[name]]
    return (
        {name: before[name] for name in changed},
        {**{name: after[name] for name in changed}, "number": str(new.number)},
    )


def _told(entry: Signature) -> dict[str, str]:
    return {
        "company": entry.company.name,
        "uscc": entry.company.uscc,
        "representative": entry.person.name,
        "title": entry.person.title,
        "phone": entry.person.phone,
    }
