"""The texts of initiatives: the draft, the versions, which of them are superseded."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.initiatives import Text
from pledge.domain.signatures import State
from pledge.domain.texts import Draft, Version
from pledge.store.schema import signature, text_body, text_draft, text_version


async def draft_of(connection: AsyncConnection, initiative_id: int) -> Draft | None:
    row = (
        await connection.execute(
            select(text_draft).where(text_draft.c.initiative_id == initiative_id)
        )
    ).one_or_none()
    if row is None:
        return None
    texts = {tag: Text(**text) for tag, text in row.texts.items()}
    return Draft(texts, row.changed_at, row.changed_by)


async def keep_draft(connection: AsyncConnection, initiative_id: int, draft: Draft) -> None:
    """In place of the one that there is; the initiative's head must be locked."""
    await drop_draft(connection, initiative_id)
    await connection.execute(
        insert(text_draft).values(
            initiative_id=initiative_id,
            texts={tag: asdict(text) for tag, text in draft.texts.items()},
            changed_at=draft.changed_at,
            changed_by=draft.changed_by,
        )
    )


async def drop_draft(connection: AsyncConnection, initiative_id: int) -> None:
    await connection.execute(delete(text_draft).where(text_draft.c.initiative_id == initiative_id))


async def versions(connection: AsyncConnection, initiative_id: int) -> list[Version]:
    """Newest first."""
    signed = await signed_by_text(connection, initiative_id)
    rows = await connection.execute(
        select(text_version)
        .where(text_version.c.initiative_id == initiative_id)
        .order_by(text_version.c.number.desc())
    )
    return [
        Version(row.number, row.digest, row.created_at, row.superseded, signed.get(row.digest, 0))
        for row in rows
    ]


async def by_hash(connection: AsyncConnection, initiative_id: int, sha256: str) -> Text | None:
    """A published text in one language, by the hash of its source."""
    row = (
        await connection.execute(
            select(text_body.c.title, text_body.c.markdown)
            .where(text_body.c.initiative_id == initiative_id, text_body.c.sha256 == sha256)
            .limit(1)
        )
    ).one_or_none()
    return Text(row.title, row.markdown) if row else None


async def signed_by_text(connection: AsyncConnection, initiative_id: int) -> Mapping[str, int]:
    """How many signatures stand, by the digest of the text that they refer to."""
    rows = await connection.execute(
        select(signature.c.text_digest, func.count().label("signed"))
        .where(signature.c.initiative_id == initiative_id, signature.c.state == State.STANDING)
        .group_by(signature.c.text_digest)
    )
    return {row.text_digest: row.signed for row in rows}


async def remove(connection: AsyncConnection, initiative_id: int, digest: str) -> None:
    """Of a version that nobody can have signed."""
    for table in (text_body, text_version):
        await connection.execute(
            delete(table).where(table.c.initiative_id == initiative_id, table.c.digest == digest)
        )


async def superseded(connection: AsyncConnection, initiative_id: int) -> frozenset[str]:
    """Digests of the texts whose signatories are asked to sign the current one."""
    rows = await connection.execute(
        select(text_version.c.digest).where(
            text_version.c.initiative_id == initiative_id, text_version.c.superseded
        )
    )
    return frozenset(rows.scalars())


async def supersede_all_but(connection: AsyncConnection, initiative_id: int, digest: str) -> None:
    """Asks everybody who has signed another text than this one."""
    await connection.execute(
        update(text_version)
        .where(text_version.c.initiative_id == initiative_id)
        .values(superseded=text_version.c.digest != digest)
    )
