"""The register: every signature enters an append-only log; those signed before it do so here.

Revision ID: 0005
Revises: 0004
"""

from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import sqlalchemy as sa
from alembic import op

from pledge.register.entries import SALT, Entry, Kind, SignedFields, commitment
from pledge.register.tiles import grown
from pledge.register.trees import leaf_hash
from pledge.store.schema import Id, Instant

revision = "0005"
down_revision = "0004"

_CHUNK = 1000


def upgrade() -> None:
    op.add_column("head", sa.Column("registered", sa.BigInteger(), nullable=True))
    for column in (
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.Column("company_salt", sa.LargeBinary(), nullable=True),
        sa.Column("person_salt", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", Instant(), nullable=True),
    ):
        op.add_column("signature", column)
    op.create_table(
        "register_entry",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("refers", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_register_entry_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "index", name=op.f("pk_register_entry")),
    )
    op.create_index(
        "ix_register_entry_refers",
        "register_entry",
        ["initiative_id", "refers"],
        unique=False,
        sqlite_where=sa.text("refers IS NOT NULL"),
        postgresql_where=sa.text("refers IS NOT NULL"),
    )
    op.create_table(
        "register_tile",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_register_tile_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "level", "index", name=op.f("pk_register_tile")),
    )
    op.create_table(
        "register_stamp",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("stamped_at", Instant(), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_register_stamp_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_stamp")),
    )
    op.create_index(
        op.f("ix_register_stamp_initiative_id_id"),
        "register_stamp",
        ["initiative_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_register_stamp_waiting",
        "register_stamp",
        ["initiative_id", "authority"],
        unique=True,
        sqlite_where=sa.text("stamped_at IS NULL"),
        postgresql_where=sa.text("stamped_at IS NULL"),
    )
    _erasures()
    _register_what_was_signed()


def _erasures() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=False),
        sa.Column("swept_at", Instant(), nullable=True),
        sa.Column("fault", sa.String(length=10), server_default="", nullable=False),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_erasure_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(
        op.f("ix_erasure_initiative_id_id"), "erasure", ["initiative_id", "id"], unique=False
    )


def _register_what_was_signed() -> None:
    """In the order of numbers; what became of them follows, as of the moment of this upgrade."""
    connection = op.get_bind()
    initiatives = connection.execute(
        sa.text("SELECT id, slug FROM initiative WHERE rehearses IS NULL ORDER BY id")
    ).all()
    for initiative_id, slug in initiatives:
        register = _Register(connection, initiative_id)
        ended: list[tuple[Kind, int, int]] = []
        number = 0
        while found := _signed_after(connection, initiative_id, number):
            number = found[-1].number
            register.add(_signings(connection, initiative_id, slug, found, register.size, ended))
        at = _instant(datetime.now(UTC))
        register.add(
            [Entry(kind, no, slug, at, refers=entry).encoded for kind, no, entry in ended],
            [entry for _kind, _no, entry in ended],
        )
        connection.execute(
            sa.text("UPDATE head SET registered = :size WHERE initiative_id = :initiative_id"),
            {"size": register.size, "initiative_id": initiative_id},
        )


_signature = sa.table(
    "signature",
    sa.column("initiative_id", Id),
    *(sa.column(name, sa.BigInteger) for name in ("number", "meeting_id", "entry")),
    *(sa.column(name, sa.Text) for name in ("company", "uscc", "representative", "title")),
    *(sa.column(name, sa.Text) for name in ("phone", "vouched", "text_digest", "state", "ink")),
    *(sa.column(name, sa.Boolean) for name in ("publish", "hidden")),
    *(sa.column(name, sa.LargeBinary) for name in ("company_salt", "person_salt")),
    sa.column("signed_at", Instant()),
)


def _signed_after(connection: sa.Connection, initiative_id: int, number: int) -> list[Any]:
    return list(
        connection.execute(
            sa.select(_signature)
            .where(_signature.c.initiative_id == initiative_id, _signature.c.number > number)
            .order_by(_signature.c.number)
            .limit(_CHUNK)
        )
    )


def _signings(
    connection: sa.Connection,
    initiative_id: int,
    slug: str,
    found: list[Any],
    size: int,
    ended: list[tuple[Kind, int, int]],
) -> list[bytes]:
    """Entries of these rows, which learn their index and their salts."""
    meetings = connection.execute(
        sa.text("SELECT id, key FROM meeting WHERE initiative_id = :id"), {"id": initiative_id}
    )
    keys = {row.id: row.key for row in meetings}
    texts: dict[str, dict[str, str]] = {}
    for digest, language, hashed in connection.execute(
        sa.text("SELECT digest, language, sha256 FROM text_body WHERE initiative_id = :id"),
        {"id": initiative_id},
    ):
        texts.setdefault(digest, {})[language] = hashed
    entries = []
    salted = []
    for index, row in enumerate(found, start=size):
        company, person = token_bytes(SALT), token_bytes(SALT)
        salted.append(
            {
                "of": initiative_id,
                "no": row.number,
                "at": index,
                "salt": company,
                "other_salt": person,
            }
        )
        fields = {
            "name": row.representative,
            "title": row.title,
            "phone": row.phone,
            "publish": "true" if row.publish else "false",
        }
        signed = SignedFields(
            meeting=keys[row.meeting_id],
            vouched=row.vouched,
            text=texts[row.text_digest],
            ink=sha256(row.ink.encode()).hexdigest() if row.ink else "",
            company=commitment({"name": row.company, "uscc": row.uscc}, company),
            person=commitment(fields, person),
        )
        at = _instant(row.signed_at)
        entries.append(Entry(Kind.SIGNED, row.number, slug, at, signed=signed).encoded)
        if row.hidden:
            ended.append((Kind.HIDDEN, row.number, index))
        if row.state != "standing":
            ended.append((Kind(row.state), row.number, index))
    connection.execute(
        sa.update(_signature)
        .where(
            _signature.c.initiative_id == sa.bindparam("of"),
            _signature.c.number == sa.bindparam("no"),
        )
        .values(
            entry=sa.bindparam("at"),
            company_salt=sa.bindparam("salt"),
            person_salt=sa.bindparam("other_salt"),
        ),
        salted,
    )
    return entries


class _Register:
    def __init__(self, connection: sa.Connection, initiative_id: int):
        self._connection = connection
        self._initiative_id = initiative_id
        self._edge: dict[Any, bytes] = {}
        self.size = 0

    def add(self, entries: list[bytes], refers: list[int] | None = None) -> None:
        if not entries:
            return
        self._connection.execute(
            sa.insert(
                sa.table(
                    "register_entry",
                    sa.column("initiative_id"),
                    sa.column("index"),
                    sa.column("entry"),
                    sa.column("refers"),
                )
            ),
            [
                {
                    "initiative_id": self._initiative_id,
                    "index": self.size + place,
                    "entry": entry,
                    "refers": refers[place] if refers else None,
                }
                for place, entry in enumerate(entries)
            ],
        )
        changed = grown(self.size, self._edge, [leaf_hash(entry) for entry in entries])
        tiles = sa.table(
            "register_tile",
            sa.column("initiative_id"),
            sa.column("level"),
            sa.column("index"),
            sa.column("hashes"),
        )
        for tile, held in changed.items():
            where = {
                "initiative_id": self._initiative_id,
                "level": tile.level,
                "index": tile.index,
            }
            if tile in self._edge:
                self._connection.execute(sa.update(tiles).filter_by(**where).values(hashes=held))
            else:
                self._connection.execute(sa.insert(tiles).values(hashes=held, **where))
        self._edge |= changed
        self.size += len(entries)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
