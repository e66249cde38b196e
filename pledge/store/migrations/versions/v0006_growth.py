"""Growth: pages and counts of the list by spans of numbers, names by an index of two characters.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

from pledge.store.schema import Id

revision = "0006"
down_revision = "0005"

_WIDTH = 512


def upgrade() -> None:
    op.create_table(
        "shown_span",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("span", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("meeting_id", Id, autoincrement=False, nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_shown_span_initiative_id")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_shown_span_meeting_id")
        ),
        sa.PrimaryKeyConstraint(
            "initiative_id", "level", "span", "meeting_id", name=op.f("pk_shown_span")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_index",
        sa.Column("initiative_id", Id, autoincrement=False, nullable=False),
        sa.Column("indexed", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_name_index_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", name=op.f("pk_name_index")),
    )
    op.create_table(
        "name_gram",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gram", sa.LargeBinary(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_name_gram_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "block", "gram", name=op.f("pk_name_gram")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_signature_ended",
        "signature",
        ["initiative_id", "number"],
        unique=False,
        sqlite_where=sa.text("state <> 'standing'"),
        postgresql_where=sa.text("state <> 'standing'"),
    )
    op.create_index(
        "ix_signature_meeting_cursor",
        "signature",
        ["initiative_id", "meeting_id", "cursor"],
        unique=False,
    )
    for level, width in enumerate((_WIDTH, _WIDTH**2)):
        op.get_bind().execute(
            sa.text(
                "INSERT INTO shown_span (initiative_id, level, span, meeting_id, shown)"
                " SELECT initiative_id, CAST(:level AS INTEGER), number / :width, meeting_id,"
                " count(*) FROM signature"
                " WHERE state = 'standing' AND NOT hidden AND awaits <> 'all'"
                " GROUP BY initiative_id, 3, meeting_id"
            ),
            {"level": level, "width": width},
        )
