"""Names are looked for in the one index of names, however many have signed."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.signatures import Company, Signature
from pledge.store import listing, missing, searches, signatures
from pledge.store.database import open_database
from tests import databases
from tests.site import open_site

Question = Callable[[AsyncConnection, Signature], Awaitable[object]]

QUESTIONS: dict[str, Question] = {
    "who has signed for these companies": lambda connection, _: signatures.standing_of_companies(
        connection, 1, [Company(f"示例{number}消防有限公司") for number in range(50)]
    ),
    "what may be of one company": lambda connection, entry: searches.alike(connection, 1, entry),
    "what was signed by this name": lambda connection, entry: listing.named(
        connection, [1], entry.company.name, 1
    ),
    "who is missing": lambda connection, _: missing.companies(
        connection, 1, meeting_id=None, q="", limit=10
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_names_are_found_by_their_index(tmp_path: Path, question: str) -> None:
    async with open_site(tmp_path) as site:
        await site.sign_many(1, 1)
    database = open_database(databases.address(tmp_path))
    async with database.reading() as connection:
        [entry] = (await signatures.by_numbers(connection, 1, [1])).values()
        asked: list[tuple[str, Any]] = []
        assert connection.sync_connection is not None
        event.listen(
            connection.sync_connection,
            "before_cursor_execute",
            lambda _c, _cursor, query, values, _context, _many: asked.append((query, values)),
        )
        await QUESTIONS[question](connection, entry)
        query, values = asked[0]
        if connection.dialect.name == "postgresql":
            await connection.exec_driver_sql("SET enable_seqscan = off")
            plan = await connection.exec_driver_sql(f"EXPLAIN {query}", values)
            steps = [row[0] for row in plan]
            await connection.exec_driver_sql("RESET enable_seqscan")
        else:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
            steps = [row[3] for row in plan]
    await database.close()
    assert re.search(r"uq_signature_name.*short_key", "\n".join(steps), re.DOTALL), steps
