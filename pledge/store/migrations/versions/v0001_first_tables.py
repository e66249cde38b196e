"""The first tables: initiatives, texts, meetings, links, signatures, the feed, organizers.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op

from pledge.store.schema import Id, Instant

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "initiative",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("organs", sa.JSON(), nullable=False),
        sa.Column("privacy", sa.JSON(), nullable=False),
        sa.Column("contact", sa.JSON(), nullable=False),
        sa.Column("note", sa.JSON(), nullable=False),
        sa.Column("letterings", sa.JSON(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiative")),
        sa.UniqueConstraint("slug", name=op.f("uq_initiative_slug")),
    )
    op.create_table(
        "organizer",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizer")),
        sa.UniqueConstraint("email", name=op.f("uq_organizer_email")),
    )
    op.create_table(
        "feed",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("cursor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_feed_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "cursor", name=op.f("pk_feed")),
    )
    op.create_table(
        "head",
        sa.Column("initiative_id", Id, autoincrement=False, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("last_cursor", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_head_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", name=op.f("pk_head")),
    )
    op.create_table(
        "meeting",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("event", sa.JSON(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_meeting_initiative_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("initiative_id", "key", name=op.f("uq_meeting_initiative_id_key")),
    )
    op.create_table(
        "role",
        sa.Column("organizer_id", Id, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_role_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["organizer.id"], name=op.f("fk_role_organizer_id")
        ),
        sa.PrimaryKeyConstraint("organizer_id", "initiative_id", name=op.f("pk_role")),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("organizer_id", Id, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organizer_id"], ["organizer.id"], name=op.f("fk_session_organizer_id")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_session")),
    )
    op.create_index(op.f("ix_session_expires_at"), "session", ["expires_at"], unique=False)
    op.create_table(
        "text_version",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_text_version_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "digest", name=op.f("pk_text_version")),
        sa.UniqueConstraint(
            "initiative_id", "number", name=op.f("uq_text_version_initiative_id_number")
        ),
    )
    op.create_table(
        "signing_link",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("meeting_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("company", sa.Text(), server_default="", nullable=False),
        sa.Column("company_key", sa.Text(), server_default="", nullable=False),
        sa.Column("uscc", sa.String(length=18), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_signing_link_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_signing_link_meeting_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_link")),
    )
    op.create_index(
        op.f("ix_signing_link_initiative_id_kind_company_key"),
        "signing_link",
        ["initiative_id", "kind", "company_key"],
        unique=False,
    )
    op.create_table(
        "text_body",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id", "digest"],
            ["text_version.initiative_id", "text_version.digest"],
            name=op.f("fk_text_body_initiative_id_digest"),
        ),
        sa.PrimaryKeyConstraint("initiative_id", "digest", "language", name=op.f("pk_text_body")),
    )
    op.create_table(
        "signature",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.String(length=32), nullable=False),
        sa.Column("attempt", sa.String(length=64), nullable=False),
        sa.Column("meeting_id", Id, nullable=False),
        sa.Column("link_id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("company_key", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("representative", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("publish", sa.Boolean(), nullable=False),
        sa.Column("vouched", sa.String(length=10), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("signed_at", Instant(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id", "text_digest"],
            ["text_version.initiative_id", "text_version.digest"],
            name=op.f("fk_signature_initiative_id_text_digest"),
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_signature_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["signing_link.id"], name=op.f("fk_signature_link_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_signature_meeting_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "number", name=op.f("pk_signature")),
        sa.UniqueConstraint(
            "initiative_id", "attempt", name=op.f("uq_signature_initiative_id_attempt")
        ),
        sa.UniqueConstraint(
            "initiative_id", "cursor", name=op.f("uq_signature_initiative_id_cursor")
        ),
        sa.UniqueConstraint("receipt", name=op.f("uq_signature_receipt")),
    )
    op.create_index(
        "ix_signature_meeting", "signature", ["initiative_id", "meeting_id", "number"], unique=False
    )
    op.create_index(
        "ix_signature_name", "signature", ["initiative_id", "company_key"], unique=False
    )
    op.create_index(
        "uq_signature_standing_name",
        "signature",
        ["initiative_id", "company_key"],
        unique=True,
        sqlite_where=sa.text("state = 'standing' AND uscc = ''"),
        postgresql_where=sa.text("state = 'standing' AND uscc = ''"),
    )
    op.create_index(
        "uq_signature_standing_uscc",
        "signature",
        ["initiative_id", "uscc"],
        unique=True,
        sqlite_where=sa.text("state = 'standing' AND uscc <> ''"),
        postgresql_where=sa.text("state = 'standing' AND uscc <> ''"),
    )
