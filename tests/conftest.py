"""Fixtures of all tests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pledge import passwords
from tests import databases
from tests.databases import Engine
from tests.delegate import Delegate
from tests.site import Site, open_site

_OF_STORAGE = {"tests.site", "tests.server", "tests.databases"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=[one.value for one in Engine],
        default=Engine.SQLITE.value,
        help="the database of the sites; on postgresql only tests that have to do with one run",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL runs what may differ there: what opens sites, serves them, or asks databases.

    All the rest, and what is marked as SQLite's own, is deselected and counted as such.
    """
    if config.getoption("engine") == Engine.SQLITE:
        return
    same = [item for item in items if not _may_differ(item)]
    config.hook.pytest_deselected(items=same)
    items[:] = [item for item in items if _may_differ(item)]


def _may_differ(item: pytest.Item) -> bool:
    if item.get_closest_marker("sqlite") or not isinstance(item, pytest.Function):
        return False
    known = {getattr(value, "__module__", "") for value in vars(item.module).values()}
    return bool(known & _OF_STORAGE) or databases in vars(item.module).values()


@pytest.fixture(autouse=True, scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The database of all sites."""
    chosen = Engine(request.config.getoption("engine"))
    with databases.serving_postgresql() if chosen is Engine.POSTGRESQL else nullcontext():
        yield chosen


@pytest.fixture(autouse=True)
def databases_end(engine: Engine) -> Iterator[None]:
    with databases.dropping():
        yield


@pytest.fixture(autouse=True, scope="session")
def hasty_passwords() -> Iterator[None]:
    """Hashes as quickly as argon2 can; servers in processes of their own hash as in earnest."""
    hasty = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", hasty)
        patch.setattr(passwords, "NOBODYS", hasty.hash("nobody's"))
        yield


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """The sample initiative, open for signing, nobody has signed."""
    async with open_site(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def delegate(site: Site) -> Delegate:
    return await site.delegate()
