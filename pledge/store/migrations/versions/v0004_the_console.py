"""The console: people, texts in the making, links with limits, new entries for old ones, notices.

Revision ID: 0004
Revises: 0003
"""

from collections import Counter
from datetime import datetime

import sqlalchemy as sa
from alembic import op

from pledge.domain.rosters import short_name
from pledge.domain.seats import seat_key
from pledge.store.schema import Id, Instant

revision = "0004"
down_revision = "0003"

_CHUNK = 1000


def upgrade() -> None:
    _add(
        "feed",
        sa.Column("cause", sa.String(length=10), server_default="", nullable=False),
    )
    _add(
        "head",
        sa.Column("opens_at", Instant(), nullable=True),
        sa.Column("closes_at", Instant(), nullable=True),
    )
    _add(
        "initiative",
        sa.Column("asks", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("shows", sa.JSON(), server_default="{}", nullable=False),
    )
    _add(
        "meeting",
        sa.Column("venue", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("time", sa.String(length=5), server_default="", nullable=False),
    )
    _add(
        "organizer",
        sa.Column("creates", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("totp", sa.String(length=64), server_default="", nullable=False),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
    )
    _add(
        "session",
        sa.Column("seen_at", Instant(), nullable=True),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
    )
    _add(
        "signature",
        sa.Column("replaces", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by", sa.BigInteger(), nullable=True),
        sa.Column("assisted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("short_key", sa.Text(), server_default="", nullable=False),
    )
    _add(
        "signing_link",
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("admits_from", Instant(), nullable=True),
        sa.Column("most", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
    )
    _add(
        "invitation",
        sa.Column("seat_key", sa.Text(), server_default="", nullable=False),
    )
    _add(
        "text_version",
        sa.Column("superseded", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index("ix_signature_short", "signature", ["initiative_id", "short_key"], unique=False)
    op.create_index(
        "ix_signature_link", "signature", ["initiative_id", "link_id", "number"], unique=False
    )
    op.create_index(
        "ix_signature_replaced",
        "signature",
        ["initiative_id", "replaced_by"],
        unique=False,
        sqlite_where=sa.text("replaced_by IS NOT NULL"),
        postgresql_where=sa.text("replaced_by IS NOT NULL"),
    )
    op.create_table(
        "admission",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("initiative_id", Id, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("creates", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("invited_by", sa.String(length=254), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_admission_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission")),
        sa.UniqueConstraint("digest", name=op.f("uq_admission_digest")),
    )
    op.create_index(
        op.f("ix_admission_initiative_id"), "admission", ["initiative_id"], unique=False
    )
    op.create_table(
        "audit",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("after", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_audit_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(
        op.f("ix_audit_initiative_id_id"), "audit", ["initiative_id", "id"], unique=False
    )
    op.create_index(
        op.f("ix_audit_initiative_id_number"), "audit", ["initiative_id", "number"], unique=False
    )
    op.create_table(
        "export",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("who", sa.String(length=254), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rows", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.String(length=64), server_default="", nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("beat_at", Instant(), nullable=True),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_export_initiative_id")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_export")),
    )
    op.create_index(
        op.f("ix_export_initiative_id_created_at"),
        "export",
        ["initiative_id", "created_at"],
        unique=False,
    )
    op.create_table(
        "logo",
        sa.Column("initiative_id", Id, autoincrement=False, nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_logo_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", name=op.f("pk_logo")),
    )
    op.create_table(
        "notice_target",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), server_default="", nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", Instant(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_notice_target_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_target")),
    )
    op.create_index(
        op.f("ix_notice_target_initiative_id"), "notice_target", ["initiative_id"], unique=False
    )
    op.create_table(
        "text_draft",
        sa.Column("initiative_id", Id, autoincrement=False, nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("changed_by", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_text_draft_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", name=op.f("pk_text_draft")),
    )
    op.create_table(
        "pace",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("meeting_id", Id, autoincrement=False, nullable=False),
        sa.Column("minute", Instant(), nullable=False),
        sa.Column("signed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_pace_initiative_id")
        ),
        sa.ForeignKeyConstraint(["meeting_id"], ["meeting.id"], name=op.f("fk_pace_meeting_id")),
        sa.PrimaryKeyConstraint("initiative_id", "meeting_id", "minute", name=op.f("pk_pace")),
    )
    op.create_table(
        "presence",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("meeting_id", Id, nullable=True),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("left_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_presence_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_presence_meeting_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "name", name=op.f("pk_presence")),
    )
    op.execute('UPDATE initiative SET asks = \'{"ink": "required"}\' WHERE ink_required')
    op.drop_column("initiative", "ink_required")
    op.execute(
        "UPDATE signing_link SET used = (SELECT count(*) FROM signature"
        " WHERE signature.link_id = signing_link.id"
        " AND signature.initiative_id = signing_link.initiative_id),"
        " used_at = (SELECT max(signed_at) FROM signature"
        " WHERE signature.link_id = signing_link.id"
        " AND signature.initiative_id = signing_link.initiative_id)"
    )
    _count_and_shorten()
    _order_seats()


def _count_and_shorten() -> None:
    """What is kept beside each signature from now on, for those that are there."""
    connection = op.get_bind()
    signature = sa.table(
        "signature",
        sa.column("initiative_id", Id),
        sa.column("number", sa.BigInteger),
        sa.column("meeting_id", Id),
        sa.column("company", sa.Text),
        sa.column("short_key", sa.Text),
        sa.column("signed_at", Instant()),
    )
    pace = sa.table(
        "pace",
        sa.column("initiative_id", Id),
        sa.column("meeting_id", Id),
        sa.column("minute", Instant()),
        sa.column("signed", sa.BigInteger),
    )
    change = (
        sa.update(signature)
        .where(
            signature.c.initiative_id == sa.bindparam("of"),
            signature.c.number == sa.bindparam("no"),
        )
        .values(short_key=sa.bindparam("short"))
    )
    signed: Counter[tuple[int, int, datetime]] = Counter()
    ids = connection.execute(sa.text("SELECT id FROM initiative")).scalars().all()
    for initiative_id in ids:
        number = 0
        while found := connection.execute(
            sa.select(signature)
            .where(signature.c.initiative_id == initiative_id, signature.c.number > number)
            .order_by(signature.c.number)
            .limit(_CHUNK)
        ).all():
            connection.execute(
                change,
                [
                    {"of": row.initiative_id, "no": row.number, "short": short_name(row.company)}
                    for row in found
                ],
            )
            signed.update(
                (row.initiative_id, row.meeting_id, row.signed_at.replace(second=0, microsecond=0))
                for row in found
            )
            number = found[-1].number
    if signed:
        names = ("initiative_id", "meeting_id", "minute", "signed")
        connection.execute(
            sa.insert(pace),
            [dict(zip(names, (*key, number), strict=True)) for key, number in signed.items()],
        )


def _order_seats() -> None:
    connection = op.get_bind()
    invitation = sa.table(
        "invitation",
        sa.column("id", Id),
        sa.column("seat", sa.Text),
        sa.column("seat_key", sa.Text),
    )
    for row in connection.execute(sa.select(invitation.c.id, invitation.c.seat)).all():
        connection.execute(
            sa.update(invitation)
            .where(invitation.c.id == row.id)
            .values(seat_key=seat_key(row.seat))
        )


def _add(table: str, *columns: sa.Column) -> None:  # type: ignore[type-arg]
    for column in columns:
        op.add_column(table, column)
