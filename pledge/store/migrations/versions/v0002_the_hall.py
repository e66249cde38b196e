"""The hall: ink, approval, scenes, launches, the stage, rehearsals.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from pledge.store.schema import Id, Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _add(
        "initiative",
        sa.Column("ink_required", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # Column and reference in one statement: the only way that SQLite takes to a table with rows.
    id_type = Id.compile(dialect=op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE initiative ADD COLUMN rehearses {id_type}"
        " CONSTRAINT fk_initiative_rehearses REFERENCES meeting (id)"
    )
    op.create_index("uq_initiative_rehearses", "initiative", ["rehearses"], unique=True)
    _add(
        "head",
        sa.Column("approval", sa.String(length=4), server_default="", nullable=False),
        sa.Column("scene", sa.String(length=10), server_default="", nullable=False),
        sa.Column("scene_page", sa.Integer(), nullable=True),
        sa.Column("scene_at", Instant(), nullable=True),
        sa.Column("scene_ends_at", Instant(), nullable=True),
    )
    _add(
        "signing_link",
        sa.Column("stage", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    _add(
        "signature",
        sa.Column("ink", sa.Text(), server_default="", nullable=False),
        sa.Column("awaits", sa.String(length=4), server_default="", nullable=False),
    )
    op.create_index(
        "ix_signature_attention",
        "signature",
        ["initiative_id", "number"],
        unique=False,
        sqlite_where=sa.text("awaits <> '' OR hidden"),
        postgresql_where=sa.text("awaits <> '' OR hidden"),
    )
    _add("feed", sa.Column("subject", sa.BigInteger(), nullable=True))
    op.create_table(
        "launch",
        sa.Column("initiative_id", Id, nullable=False),
        sa.Column("cursor", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.Column("list_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_launch_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", "cursor", name=op.f("pk_launch")),
    )
    op.create_table(
        "stage",
        sa.Column("initiative_id", Id, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["initiative_id"], ["initiative.id"], name=op.f("fk_stage_initiative_id")
        ),
        sa.PrimaryKeyConstraint("initiative_id", name=op.f("pk_stage")),
    )


def _add(table: str, *columns: sa.Column) -> None:  # type: ignore[type-arg]
    for column in columns:
        op.add_column(table, column)
