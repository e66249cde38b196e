"""The databases under the faults: SQLite's file, or PostgreSQL on one server for all of them.

Each fault names the engines that it strikes, whatever the run's own engine is.
"""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.crash.sites import Base
from tests.postgres import Postgres, postgres

_numbers = count(1)


@pytest.fixture(scope="session")
def server_of_all() -> Iterator[Postgres]:
    """It keeps what it has acknowledged when it is killed."""
    with postgres() as server:
        yield server


@pytest.fixture
def postgresql(server_of_all: Postgres, tmp_path: Path) -> Base:
    """A site's own database on it; the server runs, whatever the last test has done to it."""
    if not server_of_all.answers():
        server_of_all.start()
    name = f"faults_{next(_numbers)}"
    server_of_all.sql(f"CREATE DATABASE {name}")
    return Base(tmp_path, server_of_all, name)


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Base:
    """One engine after the other."""
    if request.param == "sqlite":
        return Base(tmp_path)
    found: Base = request.getfixturevalue("postgresql")
    return found
