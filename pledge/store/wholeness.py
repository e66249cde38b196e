"""Examining a SQLite file that nobody changes: whether it is whole, and what is in it.

Each register's tree is made anew from its entries and held against the tiles and the head, in
constant memory. Databases of all revisions can be examined, as they were before registers, too.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pledge.errors import PledgeError
from pledge.register.tiles import HASH, WIDTH, Tile, grown, read_range
from pledge.register.trees import leaf_hash

_ROWS = 16 * WIDTH


class NotWhole(PledgeError):
    """The database is damaged, or its registers are not what was appended."""


@dataclass(frozen=True)
class Register:
    slug: str
    size: int
    root: bytes


@dataclass(frozen=True)
class Contents:
    """What a database holds, by which a copy of it is known."""

    revision: str
    """Of the schema."""
    initiatives: int
    """Without rehearsals."""
    signatures: int
    registers: tuple[Register, ...]


def examine(path: Path) -> Contents:
    """Raises NotWhole, with the first thing that is wrong."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            return _examined(opened)
    except sqlite3.Error as error:
        raise NotWhole(f"the database can't be read: {error}") from None


def _examined(connection: sqlite3.Connection) -> Contents:
    [[sound], *_] = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if sound != "ok":
        raise NotWhole(f"the database is damaged: {str(sound).splitlines()[-1]}")
    if dangling := connection.execute("PRAGMA foreign_key_check").fetchone():
        raise NotWhole(f"the database is damaged: {dangling[0]} names a {dangling[2]} that is gone")
    [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    [initiatives] = connection.execute(
        "SELECT count(*) FROM initiative WHERE rehearses IS NULL"
        if _has_column(connection, "initiative", "rehearses")
        else "SELECT count(*) FROM initiative"
    ).fetchone()
    [signatures] = connection.execute("SELECT count(*) FROM signature").fetchone()
    return Contents(str(revision), initiatives, signatures, tuple(_registers(connection)))


def _registers(connection: sqlite3.Connection) -> Iterator[Register]:
    if not _has_column(connection, "head", "registered"):
        return
    for initiative_id, slug, size in connection.execute(
        "SELECT initiative.id, slug, registered FROM initiative"
        " JOIN head ON head.initiative_id = initiative.id"
        " WHERE registered IS NOT NULL ORDER BY slug"
    ).fetchall():
        root = _root(connection, initiative_id, slug, size)
        yield Register(slug, size, root)


def _root(connection: sqlite3.Connection, initiative_id: int, slug: str, said: int) -> bytes:
    size = tiles = 0
    at_edge: dict[Tile, bytes] = {}
    for leaves in _leaves(connection, initiative_id, slug):
        changed = grown(size, at_edge, leaves)
        size += len(leaves)
        at_edge = {tile: held for tile, held in changed.items() if _is_partial(held)} | {
            tile: held for tile, held in at_edge.items() if tile not in changed
        }
        for tile, held in changed.items():
            if not _is_partial(held):
                _compare(connection, initiative_id, slug, tile, held)
                tiles += 1
    for tile, held in at_edge.items():
        _compare(connection, initiative_id, slug, tile, held)
    [stored] = connection.execute(
        "SELECT count(*) FROM register_tile WHERE initiative_id = ?", (initiative_id,)
    ).fetchone()
    if size != said or stored != tiles + len(at_edge):
        raise NotWhole(f"the register of {slug} holds {size} entries and should hold {said}")
    return read_range((0, size), at_edge)


def _leaves(connection: sqlite3.Connection, initiative_id: int, slug: str) -> Iterator[list[bytes]]:
    """The hashes of the entries, some thousand at a time."""
    found = connection.execute(
        'SELECT "index", entry FROM register_entry WHERE initiative_id = ? ORDER BY "index"',
        (initiative_id,),
    )
    expected = 0
    while rows := found.fetchmany(_ROWS):
        if [index for index, _entry in rows] != list(range(expected, expected + len(rows))):
            raise NotWhole(f"the register of {slug} lacks an entry")
        expected += len(rows)
        yield [leaf_hash(entry) for _index, entry in rows]


def _compare(
    connection: sqlite3.Connection, initiative_id: int, slug: str, tile: Tile, held: bytes
) -> None:
    stored = connection.execute(
        'SELECT hashes FROM register_tile WHERE initiative_id = ? AND level = ? AND "index" = ?',
        (initiative_id, tile.level, tile.index),
    ).fetchone()
    if stored != (held,):
        raise NotWhole(f"the register of {slug} does not hold what was appended to it")


def _is_partial(held: bytes) -> bool:
    return len(held) < WIDTH * HASH


def _has_column(connection: sqlite3.Connection, table: str, column: str) -> bool:
    return bool(
        connection.execute(
            "SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, column)
        ).fetchone()
    )
