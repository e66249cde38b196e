"""Inviting: rosters are looked through, taken over, and held against the signatures."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative
from pledge.domain.rights import Actor
from pledge.domain.rosters import (
    Column,
    Invitation,
    Layout,
    Line,
    guessed_layout,
    lines,
    near_matches,
    signed_by,
)
from pledge.domain.signatures import Signature, State
from pledge.errors import NotFound
from pledge.secrets import random_name
from pledge.spreadsheets import Table, read_table
from pledge.store import audit, heads, initiatives, links, rosters, signatures
from pledge.store.database import Database
from pledge.store.rosters import Invited

_DRAFTS_KEPT = timedelta(hours=24)
_CHUNK = 500


@dataclass(frozen=True)
class Checked:
    """A table as it would be invited, nothing of which is stored yet."""

    name: str
    file: str
    meeting: str
    table: Table
    layout: Layout
    lines: list[Line]
    """Those that were left out are not among them."""
    skipped: int = 0

    @property
    def good(self) -> list[Line]:
        return [line for line in self.lines if not line.problems]

    @property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.problems]


@dataclass(frozen=True)
class Roster:
    """Who is invited, and who of them has signed."""

    initiative: Initiative
    invitations: list[Invitation]
    signed: Mapping[int, Signature]
    """By the invitation's id."""
    near: list[tuple[Invitation, Signature]]
    """Pairs that may be one company."""


class Inviting:
    def __init__(self, database: Database, *, clock: Callable[[], datetime]):
        self._database = database
        self._clock = clock

    async def receive(self, initiative_id: int, meeting: str, file: str, content: bytes) -> str:
        """Keeps a table to be looked through; its name. Raises InvalidTable."""
        # Reading takes a second or two for thousands of rows: in a thread, so that signing goes on.
        table = await asyncio.to_thread(read_table, content)
        async with self._database.writing() as connection:
            initiative = await initiatives.read(connection, initiative_id)
            name = random_name()
            draft = rosters.Draft(
                name, initiative_id, _meeting_id(initiative, meeting), file, table
            )
            await rosters.forget_drafts(connection, name="", before=self._clock() - _DRAFTS_KEPT)
            await rosters.keep_draft(connection, draft, at=self._clock())
        return name

    async def check(
        self,
        initiative_id: int,
        name: str,
        *,
        columns: Mapping[int, Column] | None = None,
        header: int | None = None,
        corrections: Mapping[tuple[int, Column], str] | None = None,
        skipped: Collection[int] = (),
    ) -> Checked | None:
        """The table with its columns as they are guessed or said, and cells as corrected.

        `skipped` rows, by their numbers, are left out.
        """
        async with self._database.reading() as connection:
            draft = await rosters.draft(connection, initiative_id, name)
            if draft is None:
                return None
            initiative = await initiatives.read(connection, initiative_id)
        guessed = guessed_layout(draft.table)
        layout = Layout(
            guessed.header if header is None else header,
            guessed.columns if columns is None else columns,
        )
        table = _corrected(draft.table, layout, corrections or {})
        key = initiative.meeting(draft.meeting_id).key
        found = await asyncio.to_thread(lines, table, layout)
        kept = [line for line in found if line.number not in skipped]
        return Checked(name, draft.file, key, table, layout, kept, len(found) - len(kept))

    async def invite(self, initiative_id: int, checked: Checked, *, by: Actor) -> Invited:
        """Takes over the rows with nothing wrong, and forgets the table."""
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            initiative = await initiatives.read(connection, initiative_id)
            done = await rosters.invite(
                connection,
                initiative_id,
                _meeting_id(initiative, checked.meeting),
                checked.good,
                self._clock(),
            )
            await rosters.forget_drafts(
                connection, name=checked.name, before=self._clock() - _DRAFTS_KEPT
            )
            entry = Entry(
                by,
                Action.ROSTER,
                f"{checked.file} ({checked.meeting})",
                after={"added": str(done.added), "changed": str(done.changed)},
            )
            await audit.record(connection, initiative_id, entry, self._clock())
        return done

    async def roster(self, initiative_id: int, meeting: str = "") -> Roster:
        """Of one meeting, or of all of them."""
        async with self._database.reading() as connection:
            initiative = await initiatives.read(connection, initiative_id)
            meeting_id = _meeting_id(initiative, meeting) if meeting else None
            invitations = await rosters.of_initiative(connection, initiative_id, meeting_id)
            standing = await signatures_of(connection, initiative_id, invitations)
            signed = signed_by(invitations, standing)
            missing = [one for one in invitations if one.id not in signed]
            taken = {signature.number for signature in signed.values()}
            others = [
                signature
                for signature in await _newest(connection, initiative_id)
                if signature.number not in taken
            ]
        near = await asyncio.to_thread(near_matches, missing, others)
        return Roster(initiative, invitations, signed, near)

    async def confirm(
        self, initiative_id: int, invitation_id: int, number: int, *, by: Actor
    ) -> None:
        """Says whose signature it is; nothing, if either of them is not there."""
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            found = await signatures.by_numbers(connection, initiative_id, [number])
            if number and number not in found:
                return
            company = await rosters.confirm(connection, initiative_id, invitation_id, number)
            if company is not None:
                entry = Entry(by, Action.MATCHED, company, number or None)
                await audit.record(connection, initiative_id, entry, self._clock())

    async def remove(self, initiative_id: int, invitation_id: int, *, by: Actor) -> str | None:
        """Takes a company off the roster; its own link admits nobody any more.

        What it has signed stays. The company's name, or None if it is not there.
        """
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            removed = await rosters.remove(connection, initiative_id, invitation_id)
            if removed is None:
                return None
            now = self._clock()
            await links.revoke(connection, removed.link_id, now)
            entry = Entry(by, Action.UNINVITED, removed.company.name)
            await audit.record(connection, initiative_id, entry, now)
        return removed.company.name


def _meeting_id(initiative: Initiative, key: str) -> int:
    found = initiative.meeting_by_key(key) if key else initiative.latest_meeting
    if found is None:
        keys = ", ".join(one.key for one in initiative.meetings)
        raise NotFound(f"{initiative.slug} has no meeting {key}; its meetings: {keys}")
    return found.id


def _corrected(
    table: Table, layout: Layout, corrections: Mapping[tuple[int, Column], str]
) -> Table:
    """`corrections` by the row's number, as spreadsheets count, and its column."""
    places = {column: index for index, column in layout.columns.items()}
    corrected = [list(row) for row in table]
    for (number, column), value in corrections.items():
        index = places.get(column)
        if index is None or not 0 < number <= len(corrected):
            continue
        row = corrected[number - 1]
        row += [""] * (index + 1 - len(row))
        row[index] = value
    return corrected


async def signatures_of(
    connection: AsyncConnection, initiative_id: int, invitations: Sequence[Invitation]
) -> dict[int, Signature]:
    """The standing signatures that may be those of invited companies, by number."""
    found: dict[int, Signature] = {}
    for start in range(0, len(invitations), _CHUNK):
        part = invitations[start : start + _CHUNK]
        companies = [invitation.company for invitation in part]
        found |= await signatures.standing_of_companies(connection, initiative_id, companies)
        if confirmed := [one.confirmed for one in part if one.confirmed]:
            found |= await signatures.by_numbers(connection, initiative_id, confirmed)
    return found


async def _newest(connection: AsyncConnection, initiative_id: int) -> list[Signature]:
    """Those among which near matches are looked for."""
    newest = await signatures.newest(connection, initiative_id, 5000)
    return [signature for signature in newest if signature.state is State.STANDING]
