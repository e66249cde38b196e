"""Sites that have been signed very often, written into the tables at once.

What stands in them is what signing would have left, except that nothing is registered: the
register has a benchmark of its own (`bench.register`). Every twentieth has ink, one in two hundred
is hidden, one in three hundred withdrawn.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.newcomers import FIRST, FORMS, MANY, PLACES, TRADES
from pledge.content import read_content
from pledge.domain.ink import Ink
from pledge.domain.links import LinkKind
from pledge.indexing import Indexing
from pledge.paths import PACKAGE
from pledge.store.database import Database
from pledge.store.migrating import migrate
from pledge.web.services import Services

SLUG = "fire-product-quality"
SAMPLE = PACKAGE / "samples" / f"{SLUG}.md"

_LONGER = 150
"""Characters, with which one name in seventeen overfills a page of the index."""


async def build(database: Database, services: Services, size: int) -> None:
    """The sample initiative, signed so often, at all of its meetings one after the other."""
    await migrate(database)
    await services.organizing.import_initiative(read_content(SAMPLE))
    link = await services.organizing.create_link(SLUG, LinkKind.POSTER)
    async with database.writing(within=None) as connection:
        if connection.dialect.name == "sqlite":
            await connection.execute(text("PRAGMA cache_size = -1000000"))
        dropped = await _without_indexes(connection)
        await _sign(connection, size, link.id)
        for index in dropped:
            await connection.execute(text(index))
        await _age(connection)
        await _count(connection, size)
    if database.writer.dialect.name == "postgresql":
        async with database.reading(within=None) as connection:
            await connection.execute(text("VACUUM (ANALYZE)"))
    await Indexing(database).index()


async def _without_indexes(connection: AsyncConnection) -> list[str]:
    """Takes them away while rows are written; how they are made again."""
    if connection.dialect.name == "sqlite":
        query = (
            "SELECT name, sql FROM sqlite_master"
            " WHERE tbl_name = 'signature' AND type = 'index' AND sql IS NOT NULL"
        )
    else:
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'signature'"
            " AND (indexname LIKE 'ix_%' OR indexname LIKE 'uq_signature_standing%'"
            " OR indexname = 'uq_signature_name')"
        )
    found = (await connection.execute(text(query))).all()
    for name, _how in found:
        await connection.execute(text(f'DROP INDEX "{name}"'))
    return [how for _name, how in found]


async def _age(connection: AsyncConnection) -> None:
    """Splits the pages of the index of names, as if it had grown with them.

    SQLite fills those of an index that is made at once to the brim: nearly each of the next
    signatures would split one, and write five pages.
    """
    if connection.dialect.name == "sqlite":
        longer = f"company_key || printf('%.{_LONGER}c', 'x')"
        shorter = f"substr(company_key, 1, length(company_key) - {_LONGER})"
        for key in (longer, shorter):
            await connection.exec_driver_sql(
                f"UPDATE signature SET company_key = {key} WHERE number % 17 = 1"
            )


async def _sign(connection: AsyncConnection, size: int, link: int) -> None:
    sqlite = connection.dialect.name == "sqlite"
    character = "char({})" if sqlite else "chr({})"
    own = " || ".join(
        character.format(f"CAST({FIRST} + {one} AS INTEGER)")
        for one in (f"n * 7919 % {MANY}", f"n / {MANY}", "n % 97")
    )
    form = f"CASE n % 3 WHEN 0 THEN '{FORMS[0]}' WHEN 1 THEN '{FORMS[1]}' ELSE '{FORMS[2]}' END"
    short = (
        f"substr('{PLACES}', CAST(n * 7 % 20 * 2 + 1 AS INTEGER), 2) || {own}"
        f" || substr('{TRADES}', CAST(n * 13 % 20 * 2 + 1 AS INTEGER), 2)"
    )
    name = f"{short} || {form}"
    at = (
        "strftime('%Y-%m-%d %H:%M:%S.000000', 1691632800 + n / 50, 'unixepoch')"
        if sqlite
        else "to_timestamp(1691632800 + n / 50)"
    )
    numbers = (
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
        f" WHERE n < {size}) "
        if sqlite
        else f"WITH numbers AS (SELECT generate_series(1, {size})::bigint AS n) "
    )
    ink = Ink(tuple(((x, x * 37 % 200, 9), (x + 90, x * 53 % 200, 9)) for x in range(0, 900, 20)))
    false, true = ("0", "1") if sqlite else ("false", "true")
    # Spread over all there may be, in order, so that the index is written from left to right.
    spread = f"(n * {2**62 // size})"
    spread = f"printf('%016x', {spread})" if sqlite else f"lpad(to_hex({spread}), 16, '0')"
    values = {
        "initiative_id": "1",
        "number": "n",
        "cursor": "n",
        "receipt": spread,
        "attempt": spread,
        "meeting_id": f"(SELECT min(id) FROM meeting) + CAST((n - 1) * 8 / {size} AS INTEGER)",
        "link_id": str(link),
        "company": name,
        "company_key": name,
        "uscc": "''",
        "representative": f"'张' || {character.format(f'CAST({FIRST} + n % 997 AS INTEGER)')}",
        "title": "''",
        "phone": "'1390' || n",
        "publish": f"CASE WHEN n % 2 = 0 THEN {true} ELSE {false} END",
        "vouched": "'open'",
        "text_digest": "(SELECT text_digest FROM head WHERE initiative_id = 1)",
        "signed_at": at,
        "state": "CASE WHEN n % 300 = 7 THEN 'withdrawn' ELSE 'standing' END",
        "hidden": f"CASE WHEN n % 200 = 3 THEN {true} ELSE {false} END",
        "device": "'device-' || (n / 3)",
        "ink": f"CASE WHEN n % 20 = 0 THEN '{ink.encode()}' ELSE '' END",
        "short_key": short,
    }
    columns = ", ".join(values)
    await connection.exec_driver_sql(
        f"INSERT INTO signature ({columns}) {numbers} SELECT {', '.join(values.values())}"
        " FROM numbers"
        if not sqlite
        else f"{numbers} INSERT INTO signature ({columns})"
        f" SELECT {', '.join(values.values())} FROM numbers"
    )
    told = "(initiative_id, cursor, kind, number, total, at)"
    selected = f"SELECT 1, n, 'signed', n, n, {at} FROM numbers"
    await connection.exec_driver_sql(
        f"{numbers} INSERT INTO feed {told} {selected}"
        if sqlite
        else f"INSERT INTO feed {told} {numbers} {selected}"
    )


async def _count(connection: AsyncConnection, size: int) -> None:
    counts = "state = 'standing' AND NOT hidden"
    await connection.exec_driver_sql(
        f"UPDATE head SET last_number = {size}, last_cursor = {size}, registered = NULL,"
        f" total = (SELECT count(*) FROM signature WHERE {counts}) WHERE initiative_id = 1"
    )
    await connection.exec_driver_sql(
        "UPDATE meeting SET total ="
        f" (SELECT count(*) FROM signature WHERE meeting_id = meeting.id AND {counts})"
    )
    for level, width in enumerate((512, 512 * 512)):
        await connection.exec_driver_sql(
            "INSERT INTO shown_span (initiative_id, level, span, meeting_id, shown)"
            f" SELECT 1, {level}, number / {width}, meeting_id, count(*) FROM signature"
            f" WHERE {counts} GROUP BY number / {width}, meeting_id"
        )
