"""Erasing: the data of a person, or of a company that is one, goes wherever it is kept.

One transaction under the head's lock: the entries, the lines of the log about them, the rosters,
and what is kept for a while. The register says nothing of it and verifies as before. What the
files of the database and of this machine still hold is `sweeping`'s.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry, Recorded
from pledge.domain.erasures import (
    AlreadyErased,
    Erased,
    NoSuchEntry,
    ReasonNames,
    Refusal,
    Rehearsed,
    concerned,
    erased,
    has_gone,
    line_without,
    names_any,
    words_of,
)
from pledge.domain.rights import Actor
from pledge.domain.signatures import Signature, State
from pledge.entries import Entries
from pledge.store import audit, erasures, heads, searches
from pledge.store.database import Database

_MOST_BESIDE = 20


@dataclass(frozen=True)
class Prospect:
    """What would be erased with an entry."""

    person: tuple[int, ...]
    """Numbers of the entries that are of the same act."""
    company: tuple[int, ...]
    """Numbers of all entries of the company."""
    stands: int | None
    """The entry of the company that would be withdrawn with its name."""
    namesakes: tuple[int, ...]
    """Others that somebody of the same name has signed; they are left as they are."""


class Erasing:
    def __init__(
        self,
        database: Database,
        *,
        clock: Callable[[], datetime],
        announce: Callable[[int, int], None],
        forget: Callable[[Collection[str]], None],
        sweep: Callable[[], None],
    ):
        """`forget` removes the files of exports by their names; `sweep` is told that there is
        something to do.
        """
        self._database = database
        self._clock = clock
        self._announce = announce
        self._forget = forget
        self._sweep = sweep

    async def prospect(self, initiative_id: int, number: int) -> Prospect | None:
        """None if there is no such entry."""
        async with self._database.reading() as connection:
            chain = await _all_of_company(connection, initiative_id, number)
            if number not in chain:
                return None
            name = chain[number].person.name
            same = (
                await searches.of_person(connection, initiative_id, name, _MOST_BESIDE + len(chain))
                if name
                else []
            )
        act = concerned(chain, number, company=False)
        stands = [one.number for one in chain.values() if one.state is State.STANDING]
        return Prospect(
            tuple(sorted(act)),
            tuple(sorted(concerned(chain, number, company=True))),
            next(iter(stands), None),
            tuple([one for one in same if one not in act][:_MOST_BESIDE]),
        )

    async def erase(
        self,
        initiative_id: int,
        numbers: Collection[int],
        *,
        company: bool = False,
        by: Actor,
        reason: str,
    ) -> Erased | Refusal:
        """All of them or none. The person's data of these entries, and of all that are of the same
        act; with `company`, what there is of their companies, whose standing entries are withdrawn.
        """
        if initiative_id < 0:
            return Rehearsed()
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            work = _Erasure(connection, initiative_id, Entries(head, self._clock()), company)
            for number in dict.fromkeys(numbers):
                if refused := await work.gather(number, reason):
                    return refused
            await work.rewrite_log()
            for entry in work.lines(by, reason):
                await audit.record(connection, initiative_id, entry, work.entries.at)
            exports = await work.write()
        self._announce(initiative_id, work.entries.cursor)
        self._forget(exports)
        self._sweep()
        return Erased(
            tuple(sorted(work.before)),
            tuple(sorted(one.number for one in work.entries.retired)),
            len(exports),
        )


async def _chain(
    connection: AsyncConnection, initiative_id: int, number: int
) -> dict[int, Signature]:
    return await searches.chain(connection, initiative_id, number, whole=True)


async def _all_of_company(
    connection: AsyncConnection, initiative_id: int, number: int
) -> dict[int, Signature]:
    """With what the company signed before it withdrew, or has signed since: nothing leads there
    but its code or its name. What was corrected into another company's name is that one's.
    """
    found = await _chain(connection, initiative_id, number)
    last = [one.company for one in found.values() if one.replaced_by is None]
    for company in last:
        for other in await searches.of_company(connection, initiative_id, company):
            if other not in found:
                found |= await _chain(connection, initiative_id, other)
    return found


class _Erasure:
    """Everything of one erasure, while the head is locked."""

    def __init__(
        self, connection: AsyncConnection, initiative_id: int, entries: Entries, company: bool
    ):
        self.entries = entries
        self.before: dict[int, Signature] = {}
        """What is erased, as it was."""
        self._connection = connection
        self._initiative_id = initiative_id
        self._company = company
        self._asked: list[int] = []
        self._chains: list[tuple[Mapping[int, Signature], frozenset[int]]] = []

    async def gather(self, number: int, reason: str) -> Refusal | None:
        """Takes an entry in, with those that go with it."""
        if number in self.before:
            return None
        chain = await (_all_of_company if self._company else _chain)(
            self._connection, self._initiative_id, number
        )
        if number not in chain:
            return NoSuchEntry(number)
        act = concerned(chain, number, company=self._company)
        going = [chain[one] for one in act if not has_gone(chain[one], company=self._company)]
        if not going:
            return AlreadyErased(number)
        if any(names_any(reason, words_of(one, company=self._company)) for one in going):
            return ReasonNames(number)
        self._asked.append(number)
        self._chains.append((chain, act))
        for entry in going:
            self.before[entry.number] = entry
        return None

    async def rewrite_log(self) -> None:
        for chain, act in self._chains:
            going = [self.before[one] for one in act if one in self.before]
            words = {word for one in going for word in words_of(one, company=self._company)}
            lines = {line.id: line for line in await self._lines_about(chain, going)}
            after = [
                line_without(line, act, words, company=self._company) for line in lines.values()
            ]
            await audit.rewrite(
                self._connection, [line for line in after if line != lines[line.id]]
            )

    async def _lines_about(
        self, chain: Mapping[int, Signature], going: Collection[Signature]
    ) -> list[Recorded]:
        connection, initiative_id = self._connection, self._initiative_id
        found = await audit.of_signatures(connection, initiative_id, sorted(chain))
        if self._company:
            for word in {one.company.name for one in going} | {one.company.uscc for one in going}:
                if word:
                    found += await audit.mentioning(connection, initiative_id, word)
        return found

    def lines(self, by: Actor, reason: str) -> list[Entry]:
        """What the log says of it; it names nobody."""
        what = {"extent": "company" if self._company else "person"}
        return [Entry(by, Action.ERASED, "", number, reason, after=what) for number in self._asked]

    async def write(self) -> list[str]:
        """The names of the exports that went with it."""
        connection, initiative_id = self._connection, self._initiative_id
        entries, at = self.entries, self.entries.at
        for _number, entry in sorted(self.before.items()):
            left = erased(entry, company=self._company, at=at)
            if self._company and entry.state is State.STANDING:
                entries.retire(entry, State.WITHDRAWN)
                left = replace(left, state=State.WITHDRAWN)
            entries.erase(entry, left)
        # After what was retired: a roster follows it by its number.
        going = list(self.before.values())
        await erasures.forget_contacts(connection, initiative_id, going)
        if self._company:
            await erasures.forget_companies(connection, initiative_id, going, at)
        await erasures.forget_what_passes(connection, initiative_id, at)
        await entries.store(connection, initiative_id)
        exports = await erasures.remove_exports(connection, initiative_id)
        await erasures.add(connection, initiative_id, self.before, at)
        return exports
