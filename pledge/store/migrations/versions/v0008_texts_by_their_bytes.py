"""Texts by their bytes: PostgreSQL orders them as SQLite does, and takes as large numbers.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TABLES = """
    admission audit erasure export feed head initiative invitation known_key launch logo meeting
    notice_target organizer presence register_stamp role roster_draft session signature signing_link
    text_body text_draft text_version
""".split()  # noqa: SIM905 -- a list of names reads better as text
"""Those with texts."""

_WIDENED = {
    "head": ("revision", "scene_page"),
    "meeting": ("position",),
    "notice_target": ("attempts",),
    "register_stamp": ("attempts",),
    "text_body": ("position",),
    "text_version": ("number",),
}
"""SQLite has no integers of 32 bits. In addresses there are numbers that those can't hold."""

_TEXTS = sa.text(
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
    " WHERE attrelid = to_regclass(:found) AND attnum > 0 AND NOT attisdropped"
    " AND atttypid IN ('text'::regtype, 'varchar'::regtype) ORDER BY attnum"
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for table in _TABLES:
        # In one go: no row is written anew for its texts, but every index on one is (10 s for a
        # million signatures).
        changes = [
            f'ALTER COLUMN "{column}" TYPE {type_} COLLATE "C"'
            for column, type_ in connection.execute(_TEXTS, {"found": table})
        ]
        changes += [f"ALTER COLUMN {column} TYPE bigint" for column in _WIDENED.get(table, ())]
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
