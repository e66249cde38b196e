"""What proxies say is believed of those that are named, and of nobody else."""

import re
from pathlib import Path

import httpx
import pytest

from tests.site import ORIGIN, SLUG, Site, open_site

SPOOFED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.test",
    "Forwarded": "for=127.0.0.1;proto=https;host=elsewhere.test",
    "X-Request-ID": "chosen-by-a-visitor",
}


def peer(site: Site, address: str) -> httpx.AsyncClient:
    """Whoever connects from this address."""
    transport = httpx.ASGITransport(site.app, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


@pytest.mark.parametrize("address", ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::9"])
async def test_from_elsewhere_these_headers_change_nothing(site: Site, address: str) -> None:
    link = await site.link()
    async with peer(site, address) as visitor:
        for path in ("/", f"/i/{SLUG}", link, "/organizer/login", f"/i/{SLUG}/signatories.json"):
            plain = await visitor.get(path)
            visitor.cookies.clear()
            spoofed = await visitor.get(path, headers=SPOOFED)
            visitor.cookies.clear()
            assert _lasting(spoofed) == _lasting(plain), path
            assert spoofed.headers["x-request-id"] != SPOOFED["X-Request-ID"]
        assert (await visitor.get("/metrics", headers=SPOOFED)).status_code == 404


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3"])
async def test_of_a_named_proxy_they_are_believed(tmp_path: Path, address: str) -> None:
    named = {"PLEDGE_TRUSTED_PROXIES": "10.0.0.0/8", "PLEDGE_METRICS_FROM": "198.51.100.7"}
    async with open_site(tmp_path / "data", **named) as site, peer(site, address) as proxy:
        assert (await proxy.get("/metrics")).status_code == 404
        forwarded = {"X-Forwarded-For": "192.0.2.1, 198.51.100.7", "X-Request-ID": "proxy-00000001"}
        answer = await proxy.get("/metrics", headers=forwarded)
        assert answer.status_code == 200
        assert answer.headers["x-request-id"] == "proxy-00000001"
        # What the visitor has put before the address that the proxy saw is not believed.
        forwarded = {"X-Forwarded-For": "198.51.100.7, 192.0.2.1"}
        assert (await proxy.get("/metrics", headers=forwarded)).status_code == 404


def _lasting(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Without what is new in each answer: tokens, and the cookies that go with them."""
    text = re.sub(r'value="[\w.-]{16,}"', "", answer.text)
    cookies = [
        re.sub(r"^(\w+)=[^;]*|expires=[^;]*", r"\1", one)
        for one in answer.headers.get_list("set-cookie")
    ]
    return answer.status_code, text, cookies
