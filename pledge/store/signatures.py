"""Signatures."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Approval
from pledge.domain.links import Vouched
from pledge.domain.names import company_key
from pledge.domain.rosters import short_name
from pledge.domain.signatures import Company, Person, Salts, Signature, State
from pledge.store.schema import signature

# Written out, since indexes that hold a part of the rows are used for conditions that say so.
ENDED = text("state <> 'standing'")
ATTENTION = text("(awaits <> '' OR hidden)")
STANDS = signature.c.state == literal_column(f"'{State.STANDING}'")
SHOWN: tuple[ColumnElement[bool], ...] = (
    signature.c.state == State.STANDING,
    signature.c.hidden.is_(False),
    signature.c.awaits != Approval.ALL,
)
"""What the public sees."""
HAS_CODE = signature.c.uscc != literal_column("''")


def of_name(company: str) -> ColumnElement[bool]:
    """Whether it was signed by this name, however that is spelled."""
    return and_(
        signature.c.short_key == short_name(company),
        signature.c.company_key == company_key(company),
    )


async def insert_all(
    connection: AsyncConnection, initiative_id: int, signatures: Sequence[Signature]
) -> None:
    """Numbers, attempts and standing companies are unique: the database is the judge of that."""
    if not signatures:
        return
    await connection.execute(
        insert(signature), [_values(initiative_id, signed) for signed in signatures]
    )


async def retire_all(
    connection: AsyncConnection, initiative_id: int, retired: Sequence[Signature]
) -> None:
    """Stores what became of these entries; all else about them stays as it was signed."""
    if not retired:
        return
    await connection.execute(
        update(signature)
        .where(
            signature.c.initiative_id == initiative_id,
            signature.c.number == bindparam("retired"),
            signature.c.state == State.STANDING,
        )
        .values(state=bindparam("became"), replaced_by=bindparam("by")),
        [
            {"retired": entry.number, "became": entry.state, "by": entry.replaced_by}
            for entry in retired
        ],
    )


async def by_attempts(
    connection: AsyncConnection, initiative_id: int, attempts: Collection[str]
) -> dict[str, Signature]:
    rows = await connection.execute(_BY_ATTEMPTS, {"of": initiative_id, "attempts": list(attempts)})
    return {row.attempt: to_signature(row) for row in rows}


async def standing_of_companies(
    connection: AsyncConnection, initiative_id: int, companies: Collection[Company]
) -> dict[int, Signature]:
    """Standing signatures with the code or the name of any of these, by number.

    Each question has its index; asked as one, SQLite would look through every signature.
    """
    names = {company.key for company in companies}
    shorts = {short_name(company.name) for company in companies}
    rows = await connection.execute(
        _STANDING_BY_NAMES, {"of": initiative_id, "shorts": list(shorts), "asked": list(names)}
    )
    found = {row.number: to_signature(row) for row in rows}
    if codes := {company.uscc for company in companies if company.uscc}:
        rows = await connection.execute(
            _STANDING_BY_CODES, {"of": initiative_id, "asked": list(codes)}
        )
        found |= {row.number: to_signature(row) for row in rows}
    return found


# Whoever signs waits for these: they are made once.
_OF_ONE = select(signature).where(signature.c.initiative_id == bindparam("of"))
_BY_ATTEMPTS = _OF_ONE.where(signature.c.attempt.in_(bindparam("attempts", expanding=True)))
_STANDING_BY_NAMES = _OF_ONE.where(
    signature.c.short_key.in_(bindparam("shorts", expanding=True)),
    # Of few rows, then; SQLite would look for each of these with each of those.
    (signature.c.company_key + literal_column("''")).in_(bindparam("asked", expanding=True)),
    signature.c.state == State.STANDING,
)
_STANDING_BY_CODES = _OF_ONE.where(
    signature.c.uscc.in_(bindparam("asked", expanding=True)),
    # In the words of the index, which holds only these.
    text("state = 'standing' AND uscc <> ''"),
)


async def by_receipt(connection: AsyncConnection, receipt: str) -> tuple[int, Signature] | None:
    """The initiative's id and the signature behind a receipt."""
    row = (
        await connection.execute(select(signature).where(signature.c.receipt == receipt))
    ).one_or_none()
    return (row.initiative_id, to_signature(row)) if row else None


async def needing_attention(
    connection: AsyncConnection, initiative_id: int, limit: int
) -> list[Signature]:
    """What waits for approval or is hidden, oldest first."""
    rows = await connection.execute(
        select(signature)
        .where(
            signature.c.initiative_id == initiative_id,
            signature.c.state == State.STANDING,
            or_(signature.c.awaits != Approval.NOTHING, signature.c.hidden),
        )
        .order_by(signature.c.number)
        .limit(limit)
    )
    return [to_signature(row) for row in rows]


async def newest(
    connection: AsyncConnection, initiative_id: int, limit: int, meeting_id: int | None = None
) -> list[Signature]:
    """All there is for the organizer, hidden ones too, newest first; at one meeting or at all."""
    query = select(signature).where(signature.c.initiative_id == initiative_id)
    if meeting_id is not None:
        query = query.where(signature.c.meeting_id == meeting_id)
    rows = await connection.execute(query.order_by(signature.c.number.desc()).limit(limit))
    return [to_signature(row) for row in rows]


async def change_all(
    connection: AsyncConnection, initiative_id: int, changed: Sequence[Signature]
) -> None:
    """Stores what moderation may change: whether it is hidden, what it awaits, its index."""
    if not changed:
        return
    await connection.execute(
        update(signature)
        .where(
            signature.c.initiative_id == initiative_id,
            signature.c.number == bindparam("changed"),
        )
        .values(
            hidden=bindparam("is_hidden"), awaits=bindparam("waits"), cursor=bindparam("indexed")
        ),
        [
            {
                "changed": entry.number,
                "is_hidden": entry.hidden,
                "waits": entry.awaits,
                "indexed": entry.index,
            }
            for entry in changed
        ],
    )


async def erase_all(
    connection: AsyncConnection, initiative_id: int, erased: Sequence[Signature]
) -> None:
    """Stores what erasing has left of these entries; what became of them is stored elsewhere."""
    if not erased:
        return
    names = (
        *("cursor", "company", "company_key", "uscc", "short_key", "representative", "title"),
        *("phone", "publish", "device", "ink", "awaits", "company_salt", "person_salt"),
        "erased_at",
    )
    values = [(entry.number, _values(initiative_id, entry)) for entry in erased]
    await connection.execute(
        update(signature)
        .where(
            signature.c.initiative_id == initiative_id,
            signature.c.number == bindparam("erased_number"),
        )
        .values({name: bindparam(f"left_{name}") for name in names}),
        [
            {"erased_number": number, **{f"left_{name}": row[name] for name in names}}
            for number, row in values
        ],
    )


async def by_numbers(
    connection: AsyncConnection, initiative_id: int, numbers: Collection[int]
) -> dict[int, Signature]:
    rows = await connection.execute(
        select(signature).where(
            signature.c.initiative_id == initiative_id, signature.c.number.in_(numbers)
        )
    )
    return {row.number: to_signature(row) for row in rows}


async def numbered_after(
    connection: AsyncConnection, initiative_id: int, number: int, limit: int
) -> list[Signature]:
    """All there is beyond a number, oldest first."""
    rows = await connection.execute(
        select(signature)
        .where(signature.c.initiative_id == initiative_id, signature.c.number > number)
        .order_by(signature.c.number)
        .limit(limit)
    )
    return [to_signature(row) for row in rows]


def _values(initiative_id: int, signed: Signature) -> dict[str, Any]:
    return {
        "initiative_id": initiative_id,
        "number": signed.number,
        "cursor": signed.index,
        "receipt": signed.receipt,
        "attempt": signed.attempt,
        "meeting_id": signed.meeting_id,
        "link_id": signed.link_id,
        "company": signed.company.name,
        "company_key": signed.company.key,
        "uscc": signed.company.uscc,
        "representative": signed.person.name,
        "title": signed.person.title,
        "phone": signed.person.phone,
        "publish": signed.person.publish,
        "vouched": signed.vouched,
        "text_digest": signed.text,
        "signed_at": signed.signed_at,
        "state": signed.state,
        "hidden": signed.hidden,
        "device": signed.device,
        "ink": signed.ink,
        "awaits": signed.awaits,
        "replaces": signed.replaces,
        "replaced_by": signed.replaced_by,
        "assisted": signed.assisted,
        "short_key": short_name(signed.company.name),
        "entry": signed.entry,
        "company_salt": (signed.salts.company or None) if signed.salts else None,
        "person_salt": (signed.salts.person or None) if signed.salts else None,
        "erased_at": signed.erased_at,
    }


def to_signature(row: Row[Any]) -> Signature:
    return Signature(
        number=row.number,
        index=row.cursor,
        receipt=row.receipt,
        attempt=row.attempt,
        meeting_id=row.meeting_id,
        company=Company(row.company, row.uscc),
        person=Person(row.representative, row.title, row.phone, row.publish),
        vouched=Vouched(row.vouched),
        text=row.text_digest,
        signed_at=row.signed_at,
        state=State(row.state),
        hidden=row.hidden,
        link_id=row.link_id,
        device=row.device,
        ink=row.ink,
        awaits=Approval(row.awaits),
        replaces=row.replaces,
        replaced_by=row.replaced_by,
        assisted=row.assisted,
        entry=row.entry,
        salts=Salts(row.company_salt or b"", row.person_salt or b""),
        erased_at=row.erased_at,
    )
