"""Registration: what the register says of a signature, and the fields to which it commits.

`docs/register.md` describes both for whoever verifies them.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from pledge.domain.signatures import Company, Person, Signature
from pledge.register.entries import Entry, Kind, SignedFields, commitment


def company_fields(company: Company) -> dict[str, str]:
    return {"name": company.name, "uscc": company.uscc}


def person_fields(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "title": person.title,
        "phone": person.phone,
        "publish": "true" if person.publish else "false",
    }


def signing_entry(
    signature: Signature, *, initiative: str, meeting: str, text: Mapping[str, str]
) -> bytes:
    """The entry of a signature that has its salts.

    `initiative` is the slug, `meeting` the key, `text` the SHA-256 of each language. The time is
    that of signing: of a correction, that of the act that it corrects.
    """
    assert signature.salts is not None  # noqa: S101 -- the contract above
    fields = SignedFields(
        meeting=meeting,
        vouched=signature.vouched.value,
        text=text,
        ink=sha256(signature.ink.encode()).hexdigest() if signature.ink else "",
        company=commitment(company_fields(signature.company), signature.salts.company),
        person=commitment(person_fields(signature.person), signature.salts.person),
    )
    return Entry(
        Kind.SIGNED, signature.number, initiative, instant(signature.signed_at), signed=fields
    ).encoded


def later_entry(kind: Kind, signature: Signature, *, initiative: str, at: datetime) -> bytes:
    """The entry of what becomes of a signature that is in the register."""
    return Entry(kind, signature.number, initiative, instant(at), refers=signature.entry).encoded


def instant(at: datetime) -> str:
    """In UTC with microseconds."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
