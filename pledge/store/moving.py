"""Moving everything that a database holds into an empty one, of either engine.

Rows go table by table, those first that others refer to, some thousand at a time. What the schema
has of references in a circle is filled in at the end.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Table, func, insert, inspect, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.errors import PledgeError
from pledge.register.tiles import HASH, WIDTH, Tile, grown, read_range
from pledge.register.trees import EMPTY, leaf_hash
from pledge.store import registers
from pledge.store.copying import kept_from_others
from pledge.store.database import Database, sqlite_file
from pledge.store.migrating import Revision, revision, upgraded_alone
from pledge.store.schema import head, initiative, known_key, metadata

_BATCH = 1000
_LEAVES = 4 * WIDTH
_WHOLE = WIDTH * HASH

Told = Callable[[str, int, int], None]
"""Told the table, how many of its rows are moved, and how many there are."""


class NotMoved(PledgeError):
    """The target is as empty as it was."""


@asynccontextmanager
async def still(database: Database, address: str) -> AsyncIterator[AsyncConnection]:
    """A database of which nothing changes meanwhile. Raises NotMoved, and InUse of a file."""
    if (file := sqlite_file(address)) is not None:
        if not file.is_file():
            raise NotMoved(f"there is no database in {file}")
        with kept_from_others(file):
            pass  # nobody had it open; from here on our own lock keeps writers out
    async with database.writing(within=None) as connection:
        if file is None:
            await connection.execute(
                text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            )
            if (await connection.execute(_OTHERS)).scalar_one():
                raise NotMoved("the source is in use: stop the site on all nodes first")
        match await revision(connection):
            case Revision.CURRENT:
                yield connection
            case Revision.NONE:
                raise NotMoved("the source holds nothing")
            case Revision.OLDER:
                raise NotMoved(
                    "the source is of an older version: start this version on it once, stop it "
                    "again, and then move it"
                )
            case Revision.UNKNOWN:
                raise NotMoved("the source is of a newer version: use that one to move it")


_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'pledge' AND pid <> pg_backend_pid()"
)


@asynccontextmanager
async def filled(database: Database) -> AsyncIterator[AsyncConnection]:
    """A database with the newest schema and no rows, for one transaction. Raises NotMoved."""
    async with upgraded_alone(database, _refuse_what_is_used) as connection:
        yield connection


async def _refuse_what_is_used(connection: AsyncConnection) -> None:
    tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    match await revision(connection):
        case Revision.NONE if tables:
            raise NotMoved(f"the target holds tables already, such as {min(tables)}")
        case Revision.CURRENT if used := await _with_rows(connection):
            raise NotMoved(f"the target holds rows already, in {', '.join(used)}")
        case Revision.OLDER | Revision.UNKNOWN:
            raise NotMoved("the target is of another version: make an empty database")


async def _with_rows(connection: AsyncConnection) -> list[str]:
    found = []
    for table in metadata.sorted_tables:
        some = await connection.execute(select(literal(1)).select_from(table).limit(1))
        if some.first() is not None:
            found.append(table.name)
    return found


async def move_rows(source: AsyncConnection, target: AsyncConnection, told: Told) -> dict[str, int]:
    """How many rows each table has now, which is as many as there were. Raises NotMoved."""
    moved = {}
    for table in metadata.sorted_tables:
        if table is known_key:  # those of the nodes that are to come
            continue
        moved[table.name] = await _move(table, source, target, told)
    for table in metadata.sorted_tables:
        await _close_circles(table, source, target)
        await _go_on_numbering(table, target)
    for name, rows in moved.items():
        [found] = (await target.execute(_counted(metadata.tables[name]))).one()
        if found != rows:
            raise NotMoved(f"{name} has {found} rows and should have {rows}; nothing was moved")
    return moved


async def roots(connection: AsyncConnection) -> dict[str, tuple[int, str]]:
    """Of each register its size and root, made anew from its entries. Raises NotMoved."""
    rows = await connection.execute(
        select(initiative.c.id, initiative.c.slug, head.c.registered)
        .join(head, head.c.initiative_id == initiative.c.id)
        .where(head.c.registered.is_not(None))
        .order_by(initiative.c.slug)
    )
    found = {}
    for initiative_id, slug, size in rows.all():
        root = await _root(connection, initiative_id, size)
        if root is None:
            raise NotMoved(
                f"the register of {slug} is not what its entries make: restore a backup first"
            )
        found[slug] = (size, root.hex())
    return found


async def _root(connection: AsyncConnection, initiative_id: int, size: int) -> bytes | None:
    """None if entries are missing or the stored tiles say something else."""
    at_edge: dict[Tile, bytes] = {}
    for start in range(0, size, _LEAVES):
        end = min(size, start + _LEAVES)
        entries = await registers.entries(connection, initiative_id, start, end)
        if len(entries) != end - start:
            return None
        changed = grown(start, at_edge, [leaf_hash(entry) for entry in entries])
        at_edge = {tile: held for tile, held in (at_edge | changed).items() if len(held) % _WHOLE}
        whole = {tile: held for tile, held in changed.items() if not len(held) % _WHOLE}
        if await registers.hashes(connection, initiative_id, list(whole)) != whole:
            return None
    if await registers.hashes(connection, initiative_id, list(at_edge)) != at_edge:
        return None
    return read_range((0, size), at_edge) if size else EMPTY


async def _move(table: Table, source: AsyncConnection, target: AsyncConnection, told: Told) -> int:
    [there] = (await source.execute(_counted(table))).one()
    later = _circular(table)
    moved = 0
    ordered = select(table).order_by(*table.primary_key)
    rows = await source.stream(ordered.execution_options(yield_per=_BATCH))
    async for batch in rows.partitions(_BATCH):
        values = [{**row._mapping, **dict.fromkeys(later)} for row in batch]
        await target.execute(insert(table), values)
        moved += len(values)
        told(table.name, moved, there)
    return moved


async def _close_circles(table: Table, source: AsyncConnection, target: AsyncConnection) -> None:
    for name in _circular(table):
        column = table.c[name]
        rows = await source.execute(select(*table.primary_key, column).where(column.is_not(None)))
        for row in rows:
            own = [key == row._mapping[key.name] for key in table.primary_key]
            change = update(table).where(*own).values({name: row._mapping[name]})
            await target.execute(change)


async def _go_on_numbering(table: Table, target: AsyncConnection) -> None:
    """New rows get numbers after those that came along. SQLite does so by itself."""
    column = table.autoincrement_column
    if target.dialect.name != "postgresql" or column is None:
        return
    sequence = func.pg_get_serial_sequence(f'"{table.name}"', column.name)
    newest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
    await target.execute(select(func.setval(sequence, newest, False)))


def _circular(table: Table) -> list[str]:
    """Columns that refer to rows of tables that come later."""
    return [key.parent.name for key in table.foreign_keys if key.use_alter]


def _counted(table: Table) -> Any:
    return select(func.count()).select_from(table)
