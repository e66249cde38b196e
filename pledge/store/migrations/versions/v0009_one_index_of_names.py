"""One index of names in place of three, so that signing costs the same however many have signed.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

from pledge.domain.rosters import short_name
from pledge.store.schema import TEXT, Id

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for index in ("uq_signature_standing_name", "ix_signature_name", "ix_signature_short"):
        op.drop_index(index, table_name="signature")
    op.create_index(
        "uq_signature_name",
        "signature",
        [
            "initiative_id",
            "short_key",
            "company_key",
            sa.text("(CASE WHEN state = 'standing' AND uscc = '' THEN 0 ELSE number END)"),
        ],
        unique=True,
    )
    op.add_column("invitation", sa.Column("short_key", TEXT, server_default="", nullable=False))
    _shorten()


def _shorten() -> None:
    connection = op.get_bind()
    invitation = sa.table(
        "invitation",
        sa.column("id", Id),
        sa.column("company", sa.Text),
        sa.column("short_key", sa.Text),
    )
    invited = connection.execute(sa.select(invitation.c.id, invitation.c.company)).all()
    if invited:
        connection.execute(
            sa.update(invitation)
            .where(invitation.c.id == sa.bindparam("of"))
            .values(short_key=sa.bindparam("short")),
            [{"of": row.id, "short": short_name(row.company)} for row in invited],
        )
