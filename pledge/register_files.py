"""What a bundle holds of the register, so that whoever has it can hold its tables against it.

The register is taken last, at one size: whatever the tables say was true at some moment between
the size at which the export began and this one. `docs/register.md` describes the files.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pledge.bundles import Bundle, one_piece
from pledge.domain.exports import EntryState, Field
from pledge.domain.initiatives import Text
from pledge.domain.signatures import Company, Person
from pledge.register.entries import parsed
from pledge.registering import Registering
from pledge.registration import company_fields, person_fields
from pledge.sources import Source, Steps
from pledge.store import extracts, registers

FOLDER = "register/"
CHECKPOINT = f"{FOLDER}checkpoint"
ENTRIES = f"{FOLDER}entries"
KEY = f"{FOLDER}key"
OPENINGS = f"{FOLDER}openings.jsonl"
TEXTS = f"{FOLDER}texts/"

REVEALED_BY = {
    "company": frozenset({Field.COMPANY, Field.USCC}),
    "person": frozenset({Field.REPRESENTATIVE, Field.TITLE, Field.PHONE, Field.PUBLISH}),
}
"""Columns that say all to which a part commits: only beside all of them it may be opened."""

_ROWS = 2000
_STORED = (
    *("number", "entry", "meeting_id", "company", "uscc", "company_salt"),
    *("representative", "title", "phone", "publish", "person_salt"),
)


@dataclass(frozen=True)
class Begun:
    """What there was when an export began."""

    size: int
    """Of the register."""
    waiting: Sequence[int]
    """Numbers that are left out for awaiting approval, of which the register knows nothing."""


async def begin(source: Source) -> Begun:
    async with source.database.reading() as connection:
        size = await registers.size(connection, source.initiative.id) or 0
    return Begun(size, await _waiting(source))


async def add_register(
    bundle: Bundle,
    source: Source,
    registering: Registering,
    steps: Steps,
    *,
    begun: Begun,
    texts: Iterable[Text],
) -> dict[str, Any]:
    """Adds the files; what the manifest says of them."""
    initiative = source.initiative
    keys: dict[int, set[str]] = {}
    opened = _openings(source, steps, keys)
    if opened_parts(source):
        await bundle.add(OPENINGS, opened)
    else:
        async for _nothing in opened:
            pass
    register = await registering.snapshot(initiative.id, initiative.slug)
    await bundle.add(CHECKPOINT, one_piece(register.checkpoint.encode()))
    await bundle.add(ENTRIES, registering.bundles(initiative.id, register.size))
    await bundle.add(KEY, one_piece(f"{register.key}\n".encode()))
    for digest, content in {text.sha256: text.source for text in texts}.items():
        await bundle.add(f"{TEXTS}{digest}.md", one_piece(content))
    return {
        "register": {
            "begun": begun.size,
            "size": register.size,
            "last": source.sifting.last,
            "waiting": sorted({*begun.waiting, *await _waiting(source)}),
        },
        "meetings": [
            {
                "key": one.key,
                "place": source.places[one.id],
                "zone": one.zone,
                "registered_as": sorted(keys.get(one.id, ())),
            }
            for one in initiative.meetings
        ],
    }


def opened_parts(source: Source) -> list[str]:
    """A public export opens nothing: what the public sees is less than what was committed to."""
    if source.choice.public:
        return []
    columns = set(source.choice.fields(source.initiative.shows))
    return [part for part, needed in REVEALED_BY.items() if needed <= columns]


async def _openings(
    source: Source, steps: Steps, keys: dict[int, set[str]]
) -> AsyncIterator[bytes]:
    """A line a signature; `keys` takes by which keys the register names each meeting."""
    parts = opened_parts(source)
    number = 0
    while True:
        async with source.database.reading() as connection:
            stored = await extracts.after(connection, source.sifting, number, _ROWS, _STORED)
            if not stored:
                break
            entries = await registers.entries_at(connection, source.initiative.id, stored["entry"])
        for index, meeting in zip(stored["entry"], stored["meeting_id"], strict=True):
            keys.setdefault(meeting, set()).add(parsed(entries[index])["meeting"])
        if parts:
            yield "".join(_lines(stored, parts)).encode()
        number = stored["number"][-1]
        steps.reached(number)
    steps.reached(source.sifting.last)


def _lines(stored: Mapping[str, Sequence[Any]], parts: Sequence[str]) -> list[str]:
    """What was erased has no salt, and is left out."""
    lines = []
    for number, _, _, name, uscc, company_salt, person, title, phone, publish, person_salt in zip(
        *(stored[column] for column in _STORED), strict=True
    ):
        line: dict[str, Any] = {"number": number}
        if "company" in parts and company_salt:
            fields = company_fields(Company(name, uscc))
            line["company"] = {"fields": fields, "salt": company_salt.hex()}
        if "person" in parts and person_salt:
            fields = person_fields(Person(person, title, phone, bool(publish)))
            line["person"] = {"fields": fields, "salt": person_salt.hex()}
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    return lines


async def _waiting(source: Source) -> list[int]:
    """Only where those that stand are chosen without them does anybody ask."""
    counted = source.choice.counted_states
    if EntryState.STANDING not in counted or EntryState.WAITING in counted:
        return []
    async with source.database.reading() as connection:
        return await extracts.waiting(connection, source.sifting)
