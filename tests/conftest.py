"""Fixtures of all tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.delegate import Delegate
from tests.site import Site, open_site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    """The sample initiative, open for signing, nobody has signed."""
    async with open_site(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def delegate(site: Site) -> Delegate:
    return await site.delegate()
