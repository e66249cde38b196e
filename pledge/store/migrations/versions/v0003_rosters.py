"""Rosters: invitations, and tables that are being looked through.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from pledge.store.schema import Id, Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("meeting_id", Id, nullable=False),
        sa.Column("link_id", Id, nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("company_key", sa.Text(), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("grouping", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("confirmed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_invitation_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_invitation_meeting_id")
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["signing_link.id"], name=op.f("fk_invitation_link_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint(
            "meeting_id",
            "company_key",
            "uscc",
            name=op.f("uq_invitation_meeting_id_company_key_uscc"),
        ),
    )
    op.create_index(
        op.f("ix_invitation_initiative_id_meeting_id"),
        "invitation",
        ["initiative_id", "meeting_id"],
        unique=False,
    )
    op.create_table(
        "roster_draft",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("meeting_id", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("table", sa.JSON(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_roster_draft_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_roster_draft_meeting_id")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roster_draft")),
    )
    op.create_index(
        op.f("ix_roster_draft_created_at"), "roster_draft", ["created_at"], unique=False
    )
