"""Verifying: what the number of a certificate stands for, for whoever is shown one.

Everything is read anew each time, and nothing is told here that the public list does not tell.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.amendments import is_same_act
from pledge.domain.certificates import (
    CertificateNumber,
    Withheld,
    certificate_number,
    check_code,
    withheld,
)
from pledge.domain.initiatives import Status, TextVersion
from pledge.domain.names import company_key
from pledge.domain.signatures import Signature, State
from pledge.publishing import Published, Publishing
from pledge.register.checkpoints import Checkpoint, opened_checkpoint
from pledge.register.entries import Kind, parsed
from pledge.register.trees import leaf_hash
from pledge.registering import Registering
from pledge.store import initiatives, listing, registers, signatures
from pledge.store.database import Database

SHORTEST_NAME = 2
"""Characters of a company's name by which it is looked for."""
MOST_FOUND = 20
_LONGEST_CHAIN = 100


class Fate(StrEnum):
    """What has become of what a certificate says."""

    GENUINE = "genuine"
    CORRECTED = "corrected"
    """Replaced by an entry of the same act of signing."""
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    HIDDEN = "hidden"
    WAITS = "waits"


@dataclass(frozen=True)
class Successor:
    """What stands in the place of an entry, if the public sees it."""

    number: CertificateNumber
    is_same_act: bool
    """It is a correction, at once or by way of others."""


@dataclass(frozen=True)
class Place:
    """Where a signature stands in the register, and until when."""

    index: int
    code: str
    """核验码, as on the certificate."""
    checkpoint: Checkpoint
    """The newest; the entry is in its tree."""
    ended_at: datetime | None
    ended_by: int | None
    """Index of the entry that says so."""


@dataclass(frozen=True)
class Verdict:
    number: CertificateNumber
    fate: Fate
    published: Published
    signature: Signature
    text: TextVersion
    """That was signed."""
    registered: Place
    successor: Successor | None

    @property
    def names(self) -> bool:
        """Whether the company may be named: as the public list does, and no more."""
        listed = self.published.initiative.shows.signatories
        return listed and self.fate is Fate.GENUINE


@dataclass(frozen=True)
class Holder:
    """A company on a public list, with the number of its certificate."""

    number: CertificateNumber
    published: Published
    signature: Signature


@dataclass(frozen=True)
class Holders:
    found: tuple[Holder, ...]
    more: bool
    """There are others; the first ones are given."""


class Verifying:
    """Reads for whoever checks a certificate."""

    def __init__(self, database: Database, publishing: Publishing, registering: Registering):
        self._database = database
        self._publishing = publishing
        self._registering = registering

    async def verdict(self, number: CertificateNumber) -> Verdict | None:
        """None if no certificate has this number, as far as the public may know."""
        published = await self._publishing.by_id(number.initiative_id)
        if not published or not _is_public(published):
            return None
        initiative = published.initiative
        async with self._database.reading() as connection:
            found = await signatures.by_numbers(connection, initiative.id, [number.number])
            signature = found.get(number.number)
            if signature is None or certificate_number(initiative.id, signature) != number:
                return None
            index = signature.entry
            if index is None:
                return None
            [entry] = await registers.entries(connection, initiative.id, index, index + 1)
            ended_at, ended_by = _end(await registers.about(connection, initiative.id, index))
            successor = await _successor(connection, initiative.id, signature)
            text = await initiatives.text_of(connection, initiative.id, signature.text)
        return Verdict(
            number=number,
            fate=_fate(signature, successor),
            published=published,
            signature=signature,
            text=text,
            registered=Place(
                index=index,
                code=check_code(leaf_hash(entry)),
                # Read after the entry, so that the entry is in it.
                checkpoint=await self._checkpoint(initiative.id, initiative.slug),
                ended_at=ended_at,
                ended_by=ended_by,
            ),
            successor=successor,
        )

    async def holders(self, q: str) -> Holders:
        """Companies on the public lists of all initiatives with this in their names.

        Nobody is found by fewer characters than SHORTEST_NAME.
        """
        if len(company_key(q)) < SHORTEST_NAME:
            return Holders((), more=False)
        listed = {
            one.initiative.id: one
            for one in await self._publishing.all()
            if one.initiative.shows.signatories
        }
        async with self._database.reading() as connection:
            rows = await listing.named(connection, listed, q, MOST_FOUND + 1)
        found = tuple(
            Holder(certificate_number(of, signature), listed[of], signature)
            for of, signature in rows[:MOST_FOUND]
        )
        return Holders(found, more=len(rows) > MOST_FOUND)

    async def _checkpoint(self, initiative_id: int, slug: str) -> Checkpoint:
        note = await self._registering.checkpoint(initiative_id, slug)
        origin, keys = self._registering.origin(slug), self._registering.verifiers(slug)
        return opened_checkpoint(note, origin, keys)


def _is_public(published: Published) -> bool:
    return published.standing.status is not Status.DRAFT and not published.initiative.is_rehearsal


def _end(later: list[tuple[int, bytes]]) -> tuple[datetime, int] | tuple[None, None]:
    """When an entry ceased to stand, as the register says, and which entry says so."""
    for index, encoded in reversed(later):
        values = parsed(encoded)
        if values["kind"] in (Kind.REPLACED, Kind.WITHDRAWN):
            return datetime.fromisoformat(values["at"]), index
    return None, None


async def _successor(
    connection: AsyncConnection, initiative_id: int, signature: Signature
) -> Successor | None:
    """What stands now in an entry's place, by way of others that have been replaced as well."""
    last, same_act = signature, True
    for _ in range(_LONGEST_CHAIN):
        if last.replaced_by is None:
            break
        found = await signatures.by_numbers(connection, initiative_id, [last.replaced_by])
        later = found[last.replaced_by]
        last, same_act = later, same_act and is_same_act(last, later)
    if last is signature or withheld(last):
        return None
    return Successor(certificate_number(initiative_id, last), same_act)


def _fate(signature: Signature, successor: Successor | None) -> Fate:
    match withheld(signature):
        case Withheld.ENDED if signature.state is State.WITHDRAWN:
            return Fate.WITHDRAWN
        case Withheld.ENDED:
            return Fate.CORRECTED if successor and successor.is_same_act else Fate.REPLACED
        case Withheld.HIDDEN:
            return Fate.HIDDEN
        case Withheld.WAITS:
            return Fate.WAITS
    return Fate.GENUINE
