"""A rehearsal: everything works, everything is marked, nothing of it remains."""

import re
from pathlib import Path

import pytest

from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.errors import NotFound
from tests import databases
from tests.delegate import Delegate, Page
from tests.site import SLUG, Site

REHEARSAL = f"{SLUG}~dujiangyan"


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _start(site: Site) -> None:
    assert await site.services.rehearsing.start(await _id(site), "dujiangyan", by=OPERATOR)


async def test_phones_and_walls_are_marked(site: Site, delegate: Delegate) -> None:
    await _start(site)
    signed = await delegate.sign()
    screen = await site.services.organizing.standing_link(SLUG, LinkKind.SCREEN)
    key = site.services.tokens.link(screen.id)
    assert (await site.client.get(f"/i/{SLUG}/wall?key={key}")).status_code == 303
    for path in (
        delegate.link,
        signed.headers["location"],
        f"/i/{SLUG}/wall",
        f"/i/{REHEARSAL}/signatories",
    ):
        assert "彩排" in Page((await site.client.get(path)).text).text, path


async def test_nothing_rehearsed_is_public_or_exported(site: Site, delegate: Delegate) -> None:
    await delegate.sign(company="示例真实公司")
    await _start(site)
    assert (await delegate.sign(company="示例彩排公司")).status_code == 303
    assert (await delegate.sign(company="示例真实公司")).status_code == 303
    assert [item["company"] for item in await site.items()] == ["示例真实公司"]
    exported = (await site.exported("json")).decode()
    assert "示例彩排公司" not in exported
    for path in ("/", f"/i/{SLUG}", f"/i/{SLUG}/signatories"):
        assert "示例彩排公司" not in (await site.client.get(path)).text


async def test_ending_it_removes_all_of_it(site: Site, delegate: Delegate, tmp_path: Path) -> None:
    await _start(site)
    signed = await delegate.sign(company="示例彩排公司")
    assert await site.services.rehearsing.end(await _id(site), "dujiangyan", by=OPERATOR) == 1
    assert await site.services.rehearsing.end(await _id(site), "dujiangyan", by=OPERATOR) is None
    assert (await site.client.get(signed.headers["location"])).status_code == 404
    assert (await site.client.get(f"/i/{REHEARSAL}/wall.json")).status_code == 404
    assert databases.sql(tmp_path / "data", "SELECT count(*) FROM signature") == [(0,)]
    assert (await delegate.sign(company="示例真实公司")).status_code == 303
    assert [item["number"] for item in await site.items()] == [1]


async def test_what_was_used_in_it_does_not_keep_it_from_ending(
    site: Site, delegate: Delegate
) -> None:
    await _start(site)
    organizing = site.services.organizing
    await organizing.add_organizer("organizer@example.org", "a long enough password")
    with pytest.raises(NotFound):
        await organizing.create_link(REHEARSAL, LinkKind.POSTER)
    screen = await organizing.standing_link(SLUG, LinkKind.SCREEN)
    key = site.services.tokens.link(screen.id)
    async with site.another_client() as wall:
        assert (await wall.get(f"/i/{SLUG}/wall?key={key}")).status_code == 303
        assert (await wall.get(f"/i/{SLUG}/wall.json")).status_code == 200
    await delegate.sign()
    assert await site.services.rehearsing.end(await _id(site), "dujiangyan", by=OPERATOR) == 1


async def test_a_rehearsal_is_not_for_everybody(site: Site, delegate: Delegate) -> None:
    await _start(site)
    await delegate.sign(company="示例彩排公司")
    assert (await site.client.get(f"/i/{REHEARSAL}/signatories")).status_code == 200
    async with site.another_client() as stranger:
        for path in (f"/i/{REHEARSAL}", f"/i/{REHEARSAL}/signatories.json"):
            assert (await stranger.get(path)).status_code == 404, path
        wall = await stranger.get(f"/i/{SLUG}/wall")
        assert wall.status_code == 200
        assert "彩排" not in wall.text
        assert (await stranger.get(f"/i/{SLUG}/wall.json")).json()["total"] == 0


async def test_its_console_leads_nowhere_that_is_not_there(site: Site) -> None:
    await _start(site)
    email, password = "organizer@example.org", "a long enough password"
    await site.services.organizing.add_organizer(email, password)
    form = Page((await site.client.get("/organizer/login")).text)
    await site.client.post(
        "/organizer/login", data={"email": email, "password": password, **form.hidden}
    )
    console = await site.client.get(f"/organizer/initiatives/{REHEARSAL}")
    assert console.status_code == 200
    for path in set(re.findall(r'href="(/[^"]+)"', console.text)):
        answer = await site.client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path


async def test_a_form_from_before_does_not_sign_for_the_other(
    site: Site, delegate: Delegate
) -> None:
    real = await delegate.open()
    await _start(site)
    answer = await delegate.post(real)
    assert answer.status_code == 422
    rehearsed = Page(answer.text)
    assert "现在是彩排" in rehearsed.text
    await site.services.rehearsing.end(await _id(site), "dujiangyan", by=OPERATOR)
    answer = await delegate.post(rehearsed)
    assert answer.status_code == 422
    assert "彩排已经结束" in answer.text
    assert await site.items() == []
    assert (await delegate.post(Page(answer.text))).status_code == 303


async def test_a_second_rehearsal_remembers_nothing_of_the_first(
    site: Site, delegate: Delegate
) -> None:
    for _ in range(2):
        await _start(site)
        assert not await site.services.rehearsing.start(await _id(site), "dujiangyan", by=OPERATOR)
        assert (await delegate.sign(company="示例彩排公司")).status_code == 303
        listed = (await site.client.get(f"/i/{REHEARSAL}/signatories.json")).json()
        assert [item["number"] for item in listed["items"]] == [1]
        await site.services.rehearsing.end(await _id(site), "dujiangyan", by=OPERATOR)


async def test_other_meetings_go_on(site: Site) -> None:
    await _start(site)
    elsewhere = Delegate(site.client, await site.link(meeting="jinan"))
    assert (await elsewhere.sign(company="示例济南公司")).status_code == 303
    assert [item["company"] for item in await site.items()] == ["示例济南公司"]
