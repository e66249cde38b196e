"""Fixtures of all tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from pledge import passwords
from tests.delegate import Delegate
from tests.site import Site, open_site


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
