"""The command `pledge migrate-database`."""

import asyncio
import time

import click

from pledge.moving import move

_TELL_EVERY = 2.0


@click.command("migrate-database")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def migrate_database(source: str, target: str) -> None:
    """Move everything from one database into an empty one, such as from SQLite to PostgreSQL.

    Both are addresses as PLEDGE_DATABASE_URL takes them: sqlite:////srv/pledge/pledge.db,
    postgresql://user@host/name. The site must be stopped. All is verified, the registers too, and
    moved as a whole or not at all. The keys stay where they are: bring them along yourself.
    """
    moved = asyncio.run(move(source, target, _Progress()))
    for slug, (size, root) in moved.registers.items():
        click.echo(f"register of {slug}: {size} entries, root {root}", err=True)
    click.echo(
        f"moved and verified: {sum(moved.rows.values())} rows of {len(moved.rows)} tables, "
        f"{moved.rows['signature']} signatures, {len(moved.registers)} registers"
    )


class _Progress:
    """A line a table, and now and then one in between."""

    def __init__(self) -> None:
        self._told_at = 0.0

    def __call__(self, table: str, moved: int, rows: int) -> None:
        now = time.monotonic()
        if moved == rows or now - self._told_at > _TELL_EVERY:
            self._told_at = now
            click.echo(f"{table}: {moved} of {rows}", err=True)
