"""Sign pages that are kept: each phone gets the page that would have been made for it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pledge.app import create_app
from pledge.content import read_content
from pledge.domain.initiatives import Status, Text
from pledge.domain.links import Limits, LinkKind
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company
from pledge.web import sign_pages, signing
from tests.delegate import Delegate, Page
from tests.site import ORIGIN, SAMPLE, SLUG, Site, running, settings_for

PLAIN = {"accept-encoding": "identity"}
"""Of what asks for pages that are not compressed, which are never kept ones."""


@dataclass
class Made:
    count: int = 0


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    """How many forms were made anew."""
    counted, make = Made(), signing._form

    def form(*found: Any, **more: Any) -> Any:
        counted.count += 1
        return make(*found, **more)

    monkeypatch.setattr(signing, "_form", form)
    return counted


async def _get(site: Site, path: str, headers: Any = None, **cookies: str) -> httpx.Response:
    """By a phone of its own."""
    async with site.another_client(cookies=cookies) as phone:
        return await phone.get(path, headers=headers)


async def _kept(site: Site, made: Made, path: str) -> httpx.Response:
    """What the second phone gets, which is not made for it."""
    await _get(site, path)
    before = made.count
    answer = await _get(site, path)
    assert answer.status_code == 200
    assert made.count == before
    return answer


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


def _own(page: str) -> list[str]:
    hidden = Page(page).hidden
    return [value for name in ("attempt", "opened") if (value := hidden.get(name))]


def _without(page: str) -> str:
    for value in _own(page):
        page = page.replace(value, "")
    return page


async def _code(site: Site) -> str:
    link = await site.services.organizing.standing_link(SLUG, LinkKind.SCREEN)
    return f"/s/{site.services.tokens.code(link.id, site.clock())}"


@pytest.mark.parametrize("kind", ["poster", "screen", "capitals"])
async def test_it_is_the_page_that_would_have_been_made(site: Site, made: Made, kind: str) -> None:
    path = await _code(site) if kind == "screen" else await site.link()
    if kind == "capitals":
        path = path.replace("/s/", "/S/")
    kept = await _kept(site, made, path)
    anew = await _get(site, path, PLAIN)
    assert _without(kept.text) == _without(anew.text)
    own = {"x-request-id", "content-length", "content-encoding", "set-cookie", "vary"}
    assert {key: value for key, value in kept.headers.items() if key not in own} == {
        key: value for key, value in anew.headers.items() if key not in own
    }
    assert [one.partition("=")[0] for one in kept.headers.get_list("set-cookie")] == sorted(
        one.partition("=")[0] for one in anew.headers.get_list("set-cookie")
    )
    assert kept.headers["vary"] == "Accept-Encoding"
    assert "private" in kept.headers["cache-control"]


async def test_what_is_each_phones_own_is_nobody_elses(site: Site, made: Made) -> None:
    path = await _code(site)
    first, *others = [await _get(site, path) for _ in range(4)]
    assert made.count == 1
    pages = [Page(one.text) for one in (first, *others)]
    assert len({page.value("attempt") for page in pages}) == 4
    assert len({one.cookies["device"] for one in (first, *others)}) == 4
    for one, page in zip((first, *others), pages, strict=True):
        assert one.cookies["opened"] == page.value("opened")
        for cookie in one.headers.get_list("set-cookie"):
            assert "HttpOnly" in cookie
            assert "SameSite=lax" in cookie


@pytest.mark.parametrize("cookie", ["device", "station"])
async def test_a_browser_that_has_a_name_keeps_it(site: Site, made: Made, cookie: str) -> None:
    path = await site.link()
    await _kept(site, made, path)
    assert "set-cookie" not in (await _get(site, path, **{cookie: "known"})).headers
    assert made.count == 1


async def test_a_kept_form_signs_even_after_its_code_has_gone(site: Site, made: Made) -> None:
    path = await _code(site)
    await _get(site, path)
    async with site.another_client() as client:
        phone = Delegate(client, path)
        form = await phone.open()
        assert made.count == 1
        site.clock.pass_(minutes=20)
        assert (await phone.post(form)).status_code == 303
    assert (await _get(site, path)).status_code == 410


async def test_head_is_answered_without_a_page(site: Site, made: Made) -> None:
    path = await site.link()
    await _kept(site, made, path)
    async with site.another_client() as phone:
        answer = await phone.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_each_language_and_each_host_has_a_page_of_its_own(site: Site, made: Made) -> None:
    path = await site.link()
    english, chinese = {"accept-language": "en"}, {"accept-language": "zh"}
    for _ in range(2):
        assert 'lang="en"' in (await _get(site, path, english)).text
        assert 'lang="zh-CN"' in (await _get(site, path, chinese)).text
        assert 'lang="en"' in (await _get(site, path, chinese, lang="en")).text
        assert 'lang="en"' in (await _get(site, f"{path}?lang=en", chinese)).text
        other = await _get(site, path, {"host": "other.test"})
        assert "pledge.test" not in other.text
        assert "other.test" not in (await _get(site, path)).text


@pytest.mark.parametrize(
    "twice",
    [
        [("host", "evil.test"), ("host", "pledge.test")],
        [("accept-language", "en"), ("accept-language", "zh")],
        [("cookie", "lang=en"), ("cookie", "device=1")],
    ],
    ids=lambda twice: twice[0][0],
)
async def test_who_says_something_twice_changes_nothing_for_others(
    site: Site, twice: list[tuple[str, str]]
) -> None:
    path = await site.link()
    sent = [*twice, ("accept-encoding", "gzip")]
    async with site.another_client() as phone:
        # Not by `get`, which would send the last one alone.
        await phone.send(httpx.Request("GET", f"{ORIGIN}{path}", headers=sent))
    answer = await _get(site, path, {"accept-language": "zh"})
    assert 'lang="zh-CN"' in answer.text
    assert "evil.test" not in answer.text


async def test_strangers_do_not_drive_out_what_is_asked_for(site: Site, made: Made) -> None:
    path = await site.link()
    await _kept(site, made, path)
    for number in range(sign_pages._MOST + 10):
        await _get(site, path, {"host": f"host-{number}.test"})
        if number % 100 == 0:
            await _get(site, path)
    before = made.count
    await _get(site, path)
    assert made.count == before
    assert len(site.services.sign_pages._pages) == sign_pages._MOST


async def test_what_organizers_do_is_seen_at_once(site: Site, made: Made) -> None:
    path = await site.link()
    await _kept(site, made, path)
    content = read_content(SAMPLE)
    text = content.texts["zh"]
    newer = Text(text.title, text.markdown + "\n新增一款。\n")
    organizing = site.services.organizing
    await organizing.import_initiative(replace(content, texts={**content.texts, "zh": newer}))
    assert "新增一款" in (await _kept(site, made, path)).text

    await (await site.delegate()).sign()
    answer = await _kept(site, made, path)
    assert _without(answer.text) == _without((await _get(site, path, PLAIN)).text)

    await organizing.set_status(await _id(site), Status.CLOSED, by=OPERATOR)
    assert (await _get(site, path)).status_code == 410
    await organizing.set_status(await _id(site), Status.OPEN, by=OPERATOR)
    await _kept(site, made, path)

    token = site.services.tokens.scanned(path.removeprefix("/s/"))
    assert token is not None
    assert await site.services.linking.revoke(await _id(site), token.link_id, by=OPERATOR)
    assert (await _get(site, path)).status_code == 410


async def test_a_rehearsal_is_kept_for_nobody(site: Site, made: Made) -> None:
    path = await site.link()
    before = await _kept(site, made, path)
    assert "彩排" not in before.text
    initiative_id, rehearsing = await _id(site), site.services.rehearsing
    assert await rehearsing.start(initiative_id, "dujiangyan", by=OPERATOR)
    for _ in range(2):
        rehearsed = await _get(site, path)
        assert "彩排" in rehearsed.text
        assert "rehearsing" in rehearsed.cookies
    await rehearsing.end(initiative_id, "dujiangyan", by=OPERATOR)
    after = await _get(site, path)
    assert "彩排" not in after.text
    assert "rehearsing" not in after.cookies


async def test_time_ends_what_is_kept(site: Site, made: Made) -> None:
    link = await site.services.linking.create(
        await _id(site),
        LinkKind.POSTER,
        by=OPERATOR,
        limits=Limits(expires_at=site.clock() + timedelta(hours=1)),
    )
    path, code = f"/s/{site.services.tokens.link(link.id)}", await _code(site)
    await _kept(site, made, path)
    await _kept(site, made, code)
    site.clock.pass_(minutes=2)
    assert (await _get(site, code)).status_code == 410
    await _kept(site, made, path)
    site.clock.pass_(hours=1)
    assert (await _get(site, path)).status_code == 410


@pytest.mark.parametrize("kind", [LinkKind.INVITATION, LinkKind.KIOSK])
async def test_what_is_one_companys_or_one_tablets_is_not_kept(
    site: Site, made: Made, kind: LinkKind
) -> None:
    company = Company("示范阀门股份有限公司") if kind is LinkKind.INVITATION else None
    path = await site.link(kind, company=company)
    for count in (1, 2, 3):
        await _get(site, path)
        assert made.count == count


async def test_what_another_process_writes_is_seen_as_soon_as_the_database_is_asked(
    site: Site, made: Made, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sign_pages, "_FRESH", 0)
    path = await site.link()
    await _kept(site, made, path)
    other = create_app(settings_for(tmp_path / "data"), clock=site.clock)
    async with running(other) as phone:
        assert (await Delegate(phone, path).sign()).status_code == 303
        organizing = other.state.services.organizing
        before = made.count
        answer = await _get(site, path)
        assert made.count == before + 1
        assert _without(answer.text) == _without((await _get(site, path, PLAIN)).text)
        await organizing.set_status(await _id(site), Status.CLOSED, by=OPERATOR)
        assert (await _get(site, path)).status_code == 410


@pytest.mark.parametrize(
    "outage", [OperationalError("", None, Exception()), PoolTimeout()], ids=["away", "full"]
)
async def test_while_the_database_is_away_phones_are_asked_to_try_again(
    site: Site, made: Made, monkeypatch: pytest.MonkeyPatch, outage: Exception
) -> None:
    monkeypatch.setattr(sign_pages, "_FRESH", 0)
    path = await site.link()
    expected = dict((await _kept(site, made, path)).headers)
    asked = 0

    async def away(_link_id: int) -> None:
        nonlocal asked
        asked += 1
        raise outage

    with monkeypatch.context() as patch:
        patch.setattr(site.services.publishing, "behind_link", away)
        answer = await _get(site, path)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == expected["x-frame-options"]
    assert answer.headers["x-request-id"]
    assert "重新提交" in answer.text
    assert asked == 1
    assert (await _get(site, path)).status_code == 200
