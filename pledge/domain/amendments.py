"""What becomes of an entry by an organizer's hand: corrected, replaced, withdrawn, merged.

Rule 7: the old entry stays as it was signed. Where something of it is to read otherwise, a new
entry with a number of its own takes its place.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from pledge.domain.initiatives import Approval
from pledge.domain.rosters import short_name
from pledge.domain.signatures import Company, Person, Signatories, Signature, State


@dataclass(frozen=True)
class Amended:
    """It is done; `number` is that of the entry which stands now."""

    number: int


@dataclass(frozen=True)
class NotStanding:
    """The entry, or the other one, does not stand (any longer); nothing was changed."""


@dataclass(frozen=True)
class Unchanged:
    """Nothing of it would read otherwise."""


@dataclass(frozen=True)
class PersonErased:
    """Of whoever has signed nothing is left that could be corrected."""


@dataclass(frozen=True)
class Taken:
    """Another entry stands for that company (rule 1)."""

    number: int


@dataclass(frozen=True)
class Doubtful:
    """The two entries do not look like one company: whoever merges them must say so twice."""

    one: Company
    other: Company


Refusal = NotStanding | Unchanged | PersonErased | Taken | Doubtful


def correction_refused(
    entry: Signature, company: Company, person: Person, others: Signatories
) -> Refusal | None:
    """Why an entry can't be corrected so; `others` stand, and the entry is not among them."""
    if entry.state is not State.STANDING:
        return NotStanding()
    if entry.erased_at is not None:
        return PersonErased()
    if (company, person) == (entry.company, entry.person):
        return Unchanged()
    if other := others.of(company):
        return Taken(other.number)
    return None


def correction(
    entry: Signature, company: Company, person: Person, *, number: int, index: int, receipt: str
) -> Signature:
    """The same act of signing, written down rightly: its time, its ink and its consent stay."""
    return replace(
        entry,
        number=number,
        index=index,
        receipt=receipt,
        attempt=receipt,
        company=company,
        person=person,
        replaces=entry.number,
    )


def replacement(
    entry: Signature, person: Person, *, number: int, index: int, receipt: str, at: datetime
) -> Signature:
    """Another representative from now on: nobody else's ink, browser or consent goes with it."""
    return replace(
        entry,
        number=number,
        index=index,
        receipt=receipt,
        attempt=receipt,
        person=person,
        signed_at=at,
        device="",
        ink="",
        awaits=Approval.NOTHING if entry.awaits is Approval.INK else entry.awaits,
        assisted=True,
        replaces=entry.number,
    )


def merging_refused(entry: Signature, stays: Signature, *, sure: bool) -> Refusal | None:
    """Why one entry may not be retired in favour of another."""
    if entry.number == stays.number:
        return Unchanged()
    if State.STANDING is not entry.state or State.STANDING is not stays.state:
        return NotStanding()
    if not sure and not look_alike(entry.company, stays.company):
        return Doubtful(entry.company, stays.company)
    return None


def look_alike(one: Company, other: Company) -> bool:
    """Whether two names may well be one company's: never with two codes."""
    if one.uscc and other.uscc:
        return one.uscc == other.uscc
    return short_name(one.name) == short_name(other.name)


def is_same_act(earlier: Signature, later: Signature) -> bool:
    """Whether the later entry is a correction of the earlier: of one act, by one person."""
    return later.replaces == earlier.number and later.signed_at == earlier.signed_at
