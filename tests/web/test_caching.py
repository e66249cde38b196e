"""Caches on the way: the crowd is served from them, and nobody gets what is another's."""

import re

import httpx
import pytest

from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from tests.delegate import Delegate, Page
from tests.organizer import set_up
from tests.site import SLUG, Site
from tests.web.shared_cache import SharedCache

BASE = f"/i/{SLUG}"
PAGES = (
    "/",
    BASE,
    f"{BASE}/signatories",
    f"{BASE}/signatories?q=示例",
    f"{BASE}/register",
    "/verify",
)
FILES = (
    f"{BASE}/signatories.json",
    f"{BASE}/signatories.json?after=1&limit=2",
    f"{BASE}/register/checkpoint",
    f"{BASE}/register/key",
    f"{BASE}/register/growth/1",
    f"{BASE}/register/tile/entries/000.p/1",
)
NOT_KEPT = (
    f"{BASE}/wall",
    f"{BASE}/wall.json",
    "/verify?q=示例",
    "/organizer",
    "/organizer/login",
    "/healthz",
    "/readyz",
    "/metrics",
    "/nothing",
    f"{BASE}/nothing",
    "/v/123",
)
ENGLISH = {"accept_language": "en-GB,en;q=0.9"}
CHINESE = {"accept_language": "zh-CN,zh;q=0.9"}


@pytest.fixture
async def cache(site: Site) -> SharedCache:
    """Before a site that one company has signed; the client that signed is another."""
    await (await site.delegate()).sign(company="示例公开公司")
    return SharedCache(site.another_client(), site.clock)


def _language(response: httpx.Response) -> str:
    return re.findall(r'<html lang="([\w-]+)"', response.text)[0]


@pytest.mark.parametrize("path", [*PAGES, *FILES])
async def test_a_crowd_is_served_from_the_cache(cache: SharedCache, path: str) -> None:
    first = await cache.get(path, **CHINESE)
    assert first.status_code == 200
    assert "set-cookie" not in first.headers
    for _ in range(100):
        assert (await cache.get(path, **CHINESE)).content == first.content
    assert cache.asked == 1


@pytest.mark.parametrize("path", [*PAGES, *FILES])
async def test_what_has_not_changed_is_not_made_again(
    cache: SharedCache, path: str, site: Site
) -> None:
    policy = (await cache.get(path, **CHINESE)).headers["content-security-policy"]
    for _ in range(5):
        site.clock.pass_(minutes=5)
        again = await cache.get(path, **CHINESE)
        assert again.headers["content-security-policy"] == policy
    assert cache.rendered == 1


@pytest.mark.parametrize("path", PAGES)
async def test_everybody_gets_the_own_language(cache: SharedCache, path: str) -> None:
    for _ in range(2):
        assert _language(await cache.get(path, **CHINESE)) == "zh-CN"
        assert _language(await cache.get(path, **ENGLISH)) == "en"
        assert _language(await cache.get(path, **CHINESE, cookie="lang=en")) == "en"
        assert _language(await cache.get(path, **ENGLISH, cookie="lang=zh")) == "zh-CN"
        assert _language(await cache.get(path)) == "zh-CN"


async def test_a_choice_of_language_is_nobody_elses(cache: SharedCache) -> None:
    for _ in range(2):
        chosen = await cache.get(f"{BASE}?lang=en", **CHINESE)
        assert "lang=en" in chosen.headers["set-cookie"]
        assert _language(chosen) == "en"
    assert cache.asked == 2
    assert not cache.kept


@pytest.mark.parametrize("path", NOT_KEPT)
async def test_the_rest_is_kept_nowhere(cache: SharedCache, path: str) -> None:
    await cache.get(path, **CHINESE)
    assert not cache.kept


async def test_nothing_that_was_asked_for_with_cookies_is_kept(
    cache: SharedCache, site: Site
) -> None:
    for path in (*PAGES, f"{BASE}/signatories.json"):
        answer = await cache.get(path, cookie="device=abc")
        assert answer.headers["cache-control"].startswith(("private", "no-store")), path
    assert not cache.kept


async def test_sign_pages_and_receipts_are_kept_nowhere(
    cache: SharedCache, site: Site, delegate: Delegate
) -> None:
    receipt = (await delegate.sign(company="示例另一公司")).headers["location"]
    for path in (delegate.link, receipt, f"{receipt}/receipt.json"):
        assert (await cache.get(path)).status_code == 200
    assert not cache.kept


async def test_a_rehearsal_stays_in_the_hall(cache: SharedCache, site: Site) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    await site.services.rehearsing.start(initiative_id, "dujiangyan", by=OPERATOR)
    delegate = await site.delegate()
    assert (await delegate.sign(company="示例彩排公司")).status_code == 303
    cookies = "; ".join(f"{name}={value}" for name, value in site.client.cookies.items())
    rehearsal = f"{BASE}~dujiangyan"
    for path in (rehearsal, f"{rehearsal}/signatories", f"{rehearsal}/signatories.json"):
        seen = await cache.get(path, cookie=cookies)
        assert seen.status_code == 200
        assert "示例彩排公司" in seen.text
        assert seen.headers["cache-control"] == "no-store"
        assert (await cache.get(path)).status_code == 404
    for path in (*PAGES, f"{BASE}/signatories.json"):
        assert "示例彩排公司" not in (await cache.get(path)).text


async def test_an_organizer_leaves_nothing_in_the_cache(cache: SharedCache, site: Site) -> None:
    desk = await set_up(site)
    cookies = "; ".join(f"{name}={value}" for name, value in desk.client.cookies.items())
    assert cookies
    screen = await site.services.organizing.standing_link(SLUG, LinkKind.SCREEN)
    key = site.services.tokens.link(screen.id)
    for path in (
        *PAGES,
        f"{BASE}/wall",
        f"{BASE}/wall?key={key}",
        f"/organizer/initiatives/{SLUG}",
        f"/organizer/signatures/{SLUG}",
    ):
        await cache.get(path, cookie=cookies)
    assert not cache.kept


async def test_whoever_has_signed_sees_it_and_others_soon(cache: SharedCache, site: Site) -> None:
    """A cache may be five seconds behind by itself, and thirty while it asks anew."""
    path = f"{BASE}/signatories"
    await cache.get(path)
    delegate = await site.delegate()
    await delegate.sign(company="示例新到公司")
    cookies = "; ".join(f"{name}={value}" for name, value in site.client.cookies.items())
    assert "示例新到公司" in Page((await cache.get(path, cookie=cookies)).text).text
    site.clock.pass_(seconds=5)
    await cache.get(path)  # still the old one; it is asked for anew meanwhile
    assert "示例新到公司" in Page((await cache.get(path)).text).text


async def test_each_thing_that_is_shown_makes_another_answer(
    cache: SharedCache, site: Site, delegate: Delegate
) -> None:
    """Whatever is done, what was kept is not what is shown afterwards."""
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    moderating = site.services.moderating
    steps = {
        "signed": lambda: delegate.sign(company="示例又一公司"),
        "hidden": lambda: moderating.hide(initiative_id, 1, by=OPERATOR, reason=""),
        "shown": lambda: moderating.restore(initiative_id, 1, by=OPERATOR, reason=""),
    }
    for name, step in steps.items():
        before = {path: (await cache.origin.get(path)).headers["etag"] for path in PAGES[:3]}
        await step()
        for path, tag in before.items():
            answer = await cache.origin.get(path, headers={"if-none-match": tag})
            assert answer.status_code == 200, (name, path)
            assert answer.headers["etag"] != tag
