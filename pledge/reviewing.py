"""Reviewing: organizers search the signatures, and see all that is known of one."""

import asyncio
from dataclasses import dataclass

from pledge.domain.audit import Recorded
from pledge.domain.initiatives import Initiative
from pledge.domain.links import SigningLink
from pledge.domain.searches import Search
from pledge.domain.signatures import Company, Signatories, Signature
from pledge.domain.standing import Standing
from pledge.glyphs import Unset, settable
from pledge.store import audit, heads, initiatives, links, rosters, searches, signatures
from pledge.store.database import Database

PAGE_SIZE = 50


@dataclass(frozen=True)
class Results:
    """One page of what was found."""

    initiative: Initiative
    standing: Standing
    links: list[SigningLink]
    """Those by which the search may be narrowed: all but personal ones."""
    found: int
    more: bool
    """There are others: so many are counted and shown."""
    entries: list[Signature]
    page: int
    pages: int


@dataclass(frozen=True)
class Dossier:
    """All that is known of an entry."""

    initiative: Initiative
    standing: Standing
    entry: Signature
    link: SigningLink
    text_number: int
    """Of the text version that was signed."""
    chain: dict[int, Signature]
    """The entry with those before and after it, by number."""
    history: list[Recorded]
    """What was done to all of these, oldest first."""
    alike: list[Signature]
    """Other standing entries that may be of the same company."""
    same_device: list[int]
    """Numbers of what else was signed in the same browser."""
    stands_for_company: int | None
    """The number of the entry that stands for this company now."""
    personal: SigningLink | None
    """The newest link by which this company alone may sign."""
    unset: tuple[Unset, ...] = ()
    """Characters of its names that no font has: certificates and books print 〓 for them."""


class Reviewing:
    def __init__(self, database: Database):
        self._database = database

    async def search(self, initiative_id: int, search: Search, *, page: int) -> Results:
        """A page beyond the last one is the last one."""
        async with self._database.reading() as connection:
            found = await searches.page(
                connection, initiative_id, search, page=page, size=PAGE_SIZE
            )
            return Results(
                await initiatives.read(connection, initiative_id),
                await heads.standing_of(connection, initiative_id),
                await links.impersonal(connection, initiative_id),
                found.found,
                found.more,
                found.entries,
                found.page,
                found.pages,
            )

    async def dossier(self, initiative_id: int, number: int) -> Dossier | None:
        async with self._database.reading() as connection:
            chain = await searches.chain(connection, initiative_id, number)
            if (entry := chain.get(number)) is None:
                return None
            standing = await signatures.standing_of_companies(
                connection, initiative_id, [entry.company]
            )
            stands = Signatories(standing).of(entry.company)
            texts = await initiatives.text_numbers(connection, initiative_id)
            # Its own earlier and later entries are neither another company nor another signing.
            alike = await searches.alike(connection, initiative_id, entry)
            same_device = await searches.of_device(connection, initiative_id, entry)
            names = [entry.company.name, entry.person.name, entry.person.title]
            checked = await asyncio.to_thread(settable, names)
            return Dossier(
                initiative=await initiatives.read(connection, initiative_id),
                standing=await heads.standing_of(connection, initiative_id),
                entry=entry,
                link=(await links.by_ids(connection, [entry.link_id]))[entry.link_id],
                text_number=texts[entry.text],
                chain=chain,
                history=await audit.of_signatures(connection, initiative_id, sorted(chain)),
                alike=[one for one in alike if one.number not in chain],
                same_device=[one for one in same_device if one not in chain],
                stands_for_company=stands.number if stands else None,
                personal=await links.newest_of_company(connection, initiative_id, entry.company),
                unset=checked.unset,
            )

    async def standing_for(self, initiative_id: int, company: Company) -> int | None:
        """The number of the entry that stands for a company."""
        async with self._database.reading() as connection:
            standing = await signatures.standing_of_companies(connection, initiative_id, [company])
        found = Signatories(standing).of(company)
        return found.number if found else None

    async def invited_companies(self, initiative_id: int) -> list[str]:
        """The names on the roster, to choose from while one is typed."""
        async with self._database.reading() as connection:
            return await rosters.companies(connection, initiative_id)
