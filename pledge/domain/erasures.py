"""Erasing: what is left of an entry once the data of its person, or of its company, is gone.

Rule 8 and article 47 of the Personal Information Protection Law. What the register says stays, for
it holds no personal data: number, time, meeting, and commitments that say nothing any more once
their salts are gone. The company's act of signing stands, for the company has signed; where its
name is a person's (an individual business), it goes as well, and with it the act.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pledge.domain.amendments import is_same_act
from pledge.domain.audit import Recorded
from pledge.domain.initiatives import Approval
from pledge.domain.signatures import Company, Person, Salts, Signature

REDACTED = "■■"
"""What stands in the log where somebody's name or number stood in a sentence."""

_OF_THE_PERSON = ("representative", "title", "phone")
_OF_THE_COMPANY = ("company", "uscc")
_SHORTEST_WORD = 2
"""Characters: a single one would be found in words that have nothing to do with it."""


@dataclass(frozen=True)
class Erased:
    """It is done, but for what the files of the database still hold (`sweeping`)."""

    numbers: tuple[int, ...]
    """Of all entries of which something was erased."""
    withdrawn: tuple[int, ...]
    """Of those that stood until then."""
    exports: int
    """How many exports were removed or called off, since they may hold what was erased."""


@dataclass(frozen=True)
class NoSuchEntry:
    number: int


@dataclass(frozen=True)
class AlreadyErased:
    """Nothing is left to be erased of this entry."""

    number: int


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal goes as a whole when it ends."""


@dataclass(frozen=True)
class ReasonNames:
    """The reason stays in the log, and it says what is to be erased."""

    number: int


Refusal = NoSuchEntry | AlreadyErased | Rehearsed | ReasonNames


def concerned(chain: Mapping[int, Signature], number: int, *, company: bool) -> frozenset[int]:
    """Which entries are erased with one of them: all of the same act, one person's, however often
    it was corrected; with the company, all of the company.

    `chain` holds the entry with those before and after it, and all else of the company.
    """
    if company:
        return frozenset(chain)
    found: set[int] = set()
    wanted = {number}
    while wanted:
        found |= wanted
        wanted = {
            other.number
            for other in chain.values()
            if other.number not in found
            and any(
                is_same_act(chain[one], other) or is_same_act(other, chain[one]) for one in wanted
            )
        }
    return frozenset(found)


def is_one_company(one: Company, other: Company) -> bool:
    """Rule 1: by their codes, or by their names where not both have a code."""
    if one.uscc and other.uscc:
        return one.uscc == other.uscc
    return bool(one.key) and one.key == other.key


def has_gone(entry: Signature, *, company: bool) -> bool:
    """Whether nothing is left to be erased of it."""
    return entry.erased_at is not None and not (company and entry.company.name)


def erased(entry: Signature, *, company: bool, at: datetime) -> Signature:
    """What is left of it."""
    salts = entry.salts or Salts()
    return replace(
        entry,
        person=Person(""),
        company=Company("") if company else entry.company,
        device="",
        ink="",
        awaits=Approval.NOTHING if entry.awaits is Approval.INK else entry.awaits,
        salts=Salts(company=b"" if company else salts.company),
        erased_at=entry.erased_at or at,
    )


def words_of(entry: Signature, *, company: bool) -> frozenset[str]:
    """By which somebody may be named in a sentence."""
    person = (entry.person.name, entry.person.phone)
    named = (*person, entry.company.name, entry.company.uscc) if company else person
    return frozenset(word for word in named if len(word) >= _SHORTEST_WORD)


def names_any(sentence: str, words: Collection[str]) -> bool:
    return any(word in sentence for word in words)


def redacted(sentence: str, words: Collection[str]) -> str:
    """The longest first: a name may be a part of another one."""
    for word in sorted(words, key=len, reverse=True):
        sentence = sentence.replace(word, REDACTED)
    return sentence


def line_without(
    line: Recorded, numbers: Collection[int], words: Collection[str], *, company: bool
) -> Recorded:
    """A line of the log that says who did what and when, and no longer what was erased.

    What stood before is of the line's entry; what stands after, of the one whose number it gives.
    A company whose name holds a person's keeps it, unless it is erased itself.
    """
    ours = set(_OF_THE_PERSON) | (set(_OF_THE_COMPANY) if company else set())
    elsewhere = words if company else ()
    after = line.after.get("number", "")
    is_of_after = int(after) if after.isdecimal() else line.number

    def left(told: Mapping[str, str], number: int | None) -> dict[str, str]:
        gone = ours if number in numbers else set()
        return {
            name: redacted(value, elsewhere) for name, value in told.items() if name not in gone
        }

    return replace(
        line,
        subject=redacted(line.subject, elsewhere),
        reason=redacted(line.reason, words),
        before=left(line.before, line.number),
        after=left(line.after, is_of_after),
    )
