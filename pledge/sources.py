"""Where an export gets its signatures from: batch by batch, as columns, as they are chosen."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.columns import COLUMN_OF, Batch, Column
from pledge.domain.exports import Choice, Invited, chosen
from pledge.domain.initiatives import Initiative, in_language
from pledge.domain.links import LinkKind
from pledge.domain.rosters import Invitation, signed_by
from pledge.inviting import signatures_of
from pledge.store import extracts, heads, initiatives, links, rosters
from pledge.store.database import Database

_ROWS = 4000
_ROWS_WITH_INK = 500

Progress = Callable[[int, int], None]
"""Told how many steps of how many are done."""


@dataclass
class Steps:
    """Signatures gone through, as often as a file needs it."""

    tell: Progress
    last: int
    """Number of the last signature."""
    passes: int = 1
    before: int = field(default=0, init=False)

    def reached(self, number: int) -> None:
        self.tell(self.before + number, self.last * self.passes)

    def again(self) -> None:
        self.before += self.last


def unheard() -> Steps:
    """For what is only a part of a step."""
    return Steps(lambda done, total: None, 0)


@dataclass(frozen=True)
class Source:
    """What was chosen of an initiative, as it stood when the export began.

    No connection is held between the batches: whoever takes them slowly keeps nobody waiting.
    """

    database: Database
    initiative: Initiative
    choice: Choice
    sifting: extracts.Sifting
    invitations: Sequence[Invitation]
    """To the chosen meetings; none for a public export."""
    origin: str
    """The site's address; may be empty."""

    @property
    def columns(self) -> list[Column]:
        return [COLUMN_OF[field] for field in self.choice.fields(self.initiative.shows)]

    @property
    def places(self) -> dict[int, str]:
        """The city of each meeting, by its id."""
        language = self.choice.language
        return {one.id: in_language(one.place, language) for one in self.initiative.meetings}

    async def count(self) -> int:
        async with self.database.reading() as connection:
            return await extracts.count(connection, self.sifting)

    async def missing(self) -> list[Invitation]:
        """Who was invited and has not signed, at any meeting."""
        async with self.database.reading() as connection:
            signed = await signed_numbers(connection, self.initiative.id, self.invitations)
        return [one for one in self.invitations if one.id not in signed]

    async def batches(
        self, steps: Steps, *, ink: bool = False, beyond: int = 0
    ) -> AsyncIterator[Batch]:
        """Oldest first, of those beyond a number; memory stays the same however many there are."""
        invited = Invited(self.invitations) if self.invitations else None
        names = [name for name in extracts.STORED if name != "company_key" or invited]
        names += ["ink", "awaits"] if ink else []
        rows = _ROWS_WITH_INK if ink else _ROWS
        kinds: dict[int, LinkKind] = {}
        async with self.database.reading() as connection:
            texts = await initiatives.text_numbers(connection, self.initiative.id)
        number = beyond
        while True:
            async with self.database.reading() as connection:
                stored = await extracts.after(connection, self.sifting, number, rows, names)
                if not stored:
                    break
                if unknown := set(stored["link_id"]) - kinds.keys():
                    fresh = await links.by_ids(connection, unknown)
                    kinds.update((key, link.kind) for key, link in fresh.items())
            yield Batch(
                stored,
                self.initiative,
                self.choice.language,
                self.choice.public,
                kinds,
                texts,
                self.places,
                invited,
                self.origin,
            )
            number = stored["number"][-1]
            steps.reached(number)
        steps.reached(self.sifting.last)


async def open_source(
    database: Database,
    initiative_id: int,
    values: Mapping[str, Sequence[str]],
    *,
    origin: str = "",
) -> Source:
    """`values` say the choice; raises InvalidChoice. What is signed from now on is not in it."""
    async with database.reading() as connection:
        initiative = await initiatives.read(connection, initiative_id)
        choice = chosen(values, initiative)
        last = await heads.last_number(connection, initiative_id)
        invitations = (
            [] if choice.public else await rosters.of_initiative(connection, initiative_id)
        )
    meeting_ids = [one.id for one in initiative.meetings if one.key in choice.meetings]
    return Source(
        database,
        initiative,
        choice,
        extracts.Sifting(initiative_id, meeting_ids, choice.counted_states, last),
        [one for one in invitations if not meeting_ids or one.meeting_id in meeting_ids],
        origin,
    )


async def signed_numbers(
    connection: AsyncConnection, initiative_id: int, invitations: Sequence[Invitation]
) -> dict[int, int]:
    """The number of the signature of each invited company that has one, by invitation."""
    standing = await signatures_of(connection, initiative_id, invitations)
    return {one: signed.number for one, signed in signed_by(invitations, standing).items()}
