"""Registration: what an entry says of a signature, byte for byte as docs/register.md has it."""

import json
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from pledge.domain.links import Vouched
from pledge.domain.signatures import Company, Person, Salts, Signature
from pledge.register.entries import Kind
from pledge.registration import later_entry, signing_entry
from tests.register import vectors

SIGNED = vectors.SIGNED[0]
IN_CHINA = datetime(2023, 8, 10, 10, 41, 12, 123456, timezone(timedelta(hours=8)))


def _signature(ink: str = "") -> Signature:
    company, person = SIGNED["company"], SIGNED["person"]
    return Signature(
        number=1,
        index=9,
        receipt="receipt",
        attempt="attempt",
        meeting_id=1,
        company=Company(company["name"], company["uscc"]),
        person=Person(person["name"], person["title"], person["phone"], publish=True),
        vouched=Vouched.INVITED,
        text="text",
        signed_at=IN_CHINA,
        ink=ink,
        entry=0,
        salts=Salts(**{part: bytes.fromhex(salt) for part, salt in SIGNED["salts"].items()}),
    )


def _entry(signature: Signature) -> bytes:
    return signing_entry(
        signature, initiative="sample", meeting="hall", text={"zh": vectors.TEXT_HASH}
    )


def test_a_signing_is_registered_as_the_worked_example_has_it() -> None:
    """Its time in UTC, wherever it was signed; its fields as what they are committed to."""
    assert _entry(_signature()) == vectors.entries()[0]


def test_what_becomes_of_it_is_registered_as_the_worked_example_has_it() -> None:
    at = datetime(2023, 8, 11, 9, 0, 0, 0, timezone(timedelta(hours=8)))
    entry = later_entry(Kind.WITHDRAWN, _signature(), initiative="sample", at=at)
    assert entry == vectors.entries()[2]


def test_an_entry_holds_the_digest_of_the_ink_as_it_is_kept() -> None:
    ink = '{"strokes":[[[0,0],[9,9]]]}'
    assert json.loads(_entry(_signature(ink)))["ink"] == sha256(ink.encode()).hexdigest()
