"""Several nodes on one PostgreSQL, each `pledge serve` with a folder of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.nodes.nodes import Nodes
from tests.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def server_of_nodes() -> Iterator[Postgres]:
    with postgres(hasty=True) as server:
        yield server


@pytest.fixture
async def nodes(server_of_nodes: Postgres, tmp_path: Path) -> AsyncIterator[Nodes]:
    """None is started yet, and the database is empty."""
    opened = Nodes(server_of_nodes, tmp_path)
    opened.create()
    try:
        yield opened
    finally:
        await opened.end()
