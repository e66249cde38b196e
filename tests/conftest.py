"""Fixtures of all tests, and which of them run on another engine."""

import inspect
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from argon2 import PasswordHasher

from pledge import passwords
from tests import databases
from tests.databases import Engine
from tests.delegate import Delegate
from tests.site import Site, open_site

_STORE = Path(__file__).with_name("store")
_OF_STORAGE = {"tests.site", "tests.server", "tests.databases"}
_OF_ALL = {"engine", "databases_end"}
"""Fixtures of every test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=[one.value for one in Engine],
        default=Engine.SQLITE.value,
        help="the database of the sites; on postgresql only tests that have to do with one run",
    )
    parser.addoption(
        "--of-each",
        type=int,
        default=sys.maxsize,
        help="most sets of parameters of each test outside of tests/store, mostly what is typed",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL runs what may differ there: what opens sites, serves them, or asks databases.

    All the rest, and what is marked as SQLite's own, is deselected and counted as such.
    """
    left = items
    if config.getoption("engine") != Engine.SQLITE:
        left = [item for item in left if _may_differ(item)]
    left = _first_of_each(left, config.getoption("of_each"))
    kept = set(left)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = left


def _first_of_each(items: list[pytest.Item], most: int) -> list[pytest.Item]:
    kept: list[pytest.Item] = []
    seen: Counter[object] = Counter()
    for item in items:
        test = (item.path, getattr(item, "originalname", item.name))
        seen[test] += 1
        if seen[test] <= most or item.path.is_relative_to(_STORE):
            kept.append(item)
    return kept


def _may_differ(item: pytest.Item) -> bool:
    if item.get_closest_marker("sqlite") or not isinstance(item, pytest.Function):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs
    made = [one.func for name in fixtures.keys() - _OF_ALL for one in fixtures[name]]
    return any(_reaches_storage(one, set()) for one in [item.function, *made])


def _reaches_storage(function: Any, seen: set[Any]) -> bool:
    """Whether it names what opens, serves or asks, or a function of the tests that does."""
    if hasattr(function, "hypothesis"):
        function = function.hypothesis.inner_test
    function = inspect.unwrap(function)
    if not isinstance(function, FunctionType) or function in seen:
        return False
    seen.add(function)
    named = [function.__globals__.get(name) for name in _names(function.__code__)]
    return any(
        one is databases
        or getattr(one, "__module__", "") in _OF_STORAGE
        or (getattr(one, "__module__", "").startswith("tests.") and _reaches_storage(one, seen))
        for one in named
    )


def _names(code: CodeType) -> set[str]:
    """Those within it, too."""
    inner = (_names(one) for one in code.co_consts if isinstance(one, CodeType))
    return set(code.co_names).union(*inner)


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
