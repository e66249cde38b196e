"""The sign page comes with the first round trip: ten TCP segments carry 14 KB (RFC 6928)."""

import gzip

import httpx
import pytest

from tests.delegate import Delegate
from tests.site import Site

LIMIT = 14 * 1024


async def _sent(client: httpx.AsyncClient, path: str, **headers: str) -> bytes:
    """The body as it goes over the wire."""
    async with client.stream("GET", path, headers={"accept-encoding": "gzip", **headers}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        return b"".join([piece async for piece in answer.aiter_raw()])


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_sign_page_fits_into_the_first_round_trip(site: Site, language: str) -> None:
    delegate = await site.delegate()
    sent = await _sent(site.client, delegate.link, **{"accept-language": language})
    assert len(sent) < LIMIT
    html = gzip.decompress(sent).decode()
    assert "<style>" in html
    assert '<link rel="stylesheet"' not in html
    assert "<img" not in html


async def test_its_scripts_are_not_needed_to_show_it(delegate: Delegate) -> None:
    answer = await delegate.client.get(delegate.link)
    assert answer.text.count("<script") == answer.text.count('<script type="module" src="/static/')
