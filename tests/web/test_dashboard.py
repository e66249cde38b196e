"""The dashboard of the day: what it shows, to whom, and of which walls and tablets it knows."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.links import LinkKind
from pledge.domain.pace import chart
from pledge.domain.rights import OPERATOR, Role
from pledge.store import organizers
from tests.delegate import Delegate, Page
from tests.server import served
from tests.site import SLUG, Site, open_site
from tests.web.organizer import HOME, PASSWORD, log_in, press
from tests.web.test_templates import Balanced

MEETING = f"{HOME}?meeting=jinan"


@pytest.fixture
async def organized(site: Site) -> Site:
    await log_in(site)
    return site


async def _invite(site: Site, table: str, meeting: str = "jinan") -> None:
    inviting, initiative_id = site.services.inviting, await _id(site)
    name = await inviting.receive(initiative_id, meeting, "r.csv", table.encode())
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def _text(site: Site, path: str = HOME, **headers: str) -> str:
    answer = await site.client.get(path, headers=headers)
    assert answer.status_code == 200
    return " ".join(Page(answer.text).text.split())


# Progress


async def test_signed_of_invited_at_one_meeting_and_at_all(organized: Site) -> None:
    await _invite(organized, "企业名称,桌号\n示例一公司,A-01\n示例二公司,A-01\n示例三公司,B-02\n")
    await _invite(organized, "企业名称\n示例四公司\n", "dujiangyan")
    jinan = Delegate(organized.client, await organized.link(meeting="jinan"))
    for company in ("示例一公司", "示例外公司", "示例四公司"):
        await jinan.sign(company=company)
    here = await _text(organized, MEETING)
    assert "已签署 3 ／ 应邀 3 家" in here
    assert "名册完成 33%（1 家）" in here
    assert "名册外 1" in here
    everywhere = await _text(organized)
    assert "应邀 4 家" in everywhere
    assert "（2 家）" in everywhere
    assert (await organized.client.get(f"{HOME}?meeting=nowhere")).status_code == 404


async def test_who_is_missing_is_told_by_table_with_their_links(organized: Site) -> None:
    rows = "示例一公司,A-01\n示例二公司,A-01\n示例三公司,B-02\n示例四公司,\n"
    await _invite(organized, f"企业名称,桌号\n{rows}")
    delegate = Delegate(organized.client, await organized.link())
    await delegate.sign(company="示例二公司")
    html = (await organized.client.get(HOME)).text
    listed = html[html.index('id="missing"') : html.index('id="hall"')]
    text = " ".join(Page(listed).text.split())
    assert "桌号 A-011 家 示例一公司" in text
    assert "桌号 B-021 家 示例三公司" in text
    assert text.index("未排桌1 家 示例四公司") > text.index("B-02")
    assert "示例二公司" not in text
    first = re.findall(r'href="(http://pledge\.test/s/[A-Z2-7]+)"', listed)
    assert len(first) == 3
    opened = await organized.client.get(httpx.URL(first[0]).path)
    assert "示例一公司" in opened.text
    found = await _text(organized, f"{HOME}?q=b-02")
    assert "示例三公司" in found
    assert "示例一公司" not in found
    assert "没有名称、联系人或桌号" in await _text(organized, f"{HOME}?q=nobody")


async def test_who_is_missing_is_found_by_letters_of_any_script(organized: Site) -> None:
    await _invite(
        organized, "企业名称,桌号,联系人\n示例一公司,Étage-2,\n示例二公司,B-02,Ömer Çelik\n"
    )
    for q, company in (("étage", "一"), ("ÉTAGE-2", "一"), ("ömer ÇELIK", "二"), ("çelik", "二")):
        day = await organized.services.watching.day(await _id(organized), q=q)
        assert [one.company for one in day.missing.companies] == [f"示例{company}公司"], q


@pytest.mark.parametrize("seed", range(4))
async def test_the_database_counts_a_roster_as_the_rules_do(site: Site, seed: int) -> None:
    """Codes, names, namesakes with another code, confirmed pairs: the same as `signed_by`."""
    codes = ["91510000MA0000001F", ""]
    await _invite(
        site,
        "企业名称,统一社会信用代码\n"
        + "\n".join(
            f"示例{number}公司,{codes[(number + seed) % 2] if number < 2 else ''}"
            for number in range(8)
        ),
    )
    delegate = Delegate(site.client, await site.link(meeting="jinan"))
    for number in range(seed, 10, 2):
        code = codes[0] if number == seed else ""
        await delegate.sign(company=f"示例{number}公司", uscc=code)
    services, initiative_id = site.services, await _id(site)
    roster = await services.inviting.roster(initiative_id)
    spare = next(one for one in roster.invitations if one.id not in roster.signed)
    await services.inviting.confirm(initiative_id, spare.id, 1, by=OPERATOR)
    roster = await services.inviting.roster(initiative_id)
    day = await services.watching.day(initiative_id)
    assert (day.progress.invited, day.progress.signed) == (8, len(roster.signed))
    assert {one.company for one in day.missing.companies} == {
        one.company.name for one in roster.invitations if one.id not in roster.signed
    }
    numbers = {signature.number for signature in roster.signed.values()}
    assert day.progress.on_roster == len(numbers)


async def test_a_page_without_a_roster_shows_the_total_alone(organized: Site) -> None:
    await Delegate(organized.client, await organized.link()).sign()
    text = await _text(organized)
    assert "1 家" in text
    assert "未签署" not in text


# Over time


async def test_every_minute_of_signing_is_counted_and_drawn(organized: Site) -> None:
    delegate = Delegate(organized.client, await organized.link(meeting="jinan"))
    for number in range(6):
        await delegate.sign(company=f"示例{number}公司")
        organized.clock.pass_(minutes=1 if number < 4 else 30)
    html = (await organized.client.get(MEETING)).text
    assert 'class="chart"' in html
    assert "高峰 10:00–10:05，5 家" in await _text(organized, MEETING)
    assert 'class="chart"' not in (await organized.client.get(f"{HOME}?meeting=dujiangyan")).text


async def test_the_chart_is_of_the_last_day_and_of_all_of_them_if_asked(organized: Site) -> None:
    delegate = Delegate(organized.client, await organized.link(meeting="jinan"))
    await delegate.sign(company="示例一公司")
    organized.clock.pass_(days=3)
    await delegate.sign(company="示例二公司")
    await log_in(organized)
    assert "8月13日" in await _text(organized, MEETING)
    assert "查看全部日期" in await _text(organized, MEETING)
    every = await _text(organized, f"{MEETING}&span=all")
    assert "只看最近一天" in every


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(
    lambda at: at.replace(second=0, microsecond=0)
)


@given(st.dictionaries(moments, st.integers(1, 500), min_size=1, max_size=40), moments)
def test_a_chart_leaves_nobody_out_and_stays_readable(
    signed: dict[datetime, int], until: datetime
) -> None:
    drawn = chart(signed, until)
    assert drawn is not None
    assert drawn.total == sum(signed.values())
    assert 12 <= len(drawn.bars) <= 24
    assert drawn.top >= drawn.peak.signed
    assert drawn.top % 2 == 0
    steps = {b.starts_at - a.starts_at for a, b in zip(drawn.bars, drawn.bars[1:], strict=False)}
    assert steps == {timedelta(minutes=drawn.minutes)}


def test_a_chart_of_nobody_is_none() -> None:
    assert chart({}, datetime(2023, 8, 10)) is None


# Who sees what


async def test_staff_see_neither_links_nor_exports_nor_what_they_may_not_do(site: Site) -> None:
    await log_in(site)
    made = await site.services.organizing.add_organizer("x@example.org", PASSWORD, [SLUG])
    async with site.services.organizing._database.writing() as connection:
        await organizers.grant(connection, made.id, await _id(site), Role.STAFF)
    await Delegate(site.client, await site.link()).sign()
    async with site.another_client() as client:
        await log_in(site, client, "x@example.org")
        staff = (await client.get(HOME)).text
    owner = (await site.client.get(HOME)).text
    for address in (
        "/organizer/exports/",
        "/organizer/links/",
        "/ceremony",
        "/rehearsal",
        "/state",
    ):
        assert address in owner
    for address in ("/organizer/exports/", "/organizer/links/", "/ceremony", "/rehearsal"):
        assert address not in staff
    assert 'name="status"' not in staff
    assert 'value="hide"' in staff


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_it_is_well_formed(organized: Site, language: str) -> None:
    await _invite(organized, "企业名称,桌号\n示例一公司,A-01\n示例二公司,A-01\n")
    await Delegate(organized.client, await organized.link()).sign(company="示例一公司")
    organized.client.headers["accept-language"] = language
    links = f"/organizer/links/{SLUG}"
    for path in (HOME, f"{HOME}?meeting=jinan&q=a&span=all", links, f"{links}/1"):
        Balanced((await organized.client.get(path)).text)


async def test_what_is_done_leads_back_to_the_meeting(organized: Site) -> None:
    answer = await press(organized, f"{HOME}/state?meeting=jinan", status="closed")
    assert answer.headers["location"] == f"{HOME}?meeting=jinan&done=closed"
    answer = await press(
        organized, f"{HOME}/ceremony?meeting=jinan", scene="standby", back="progress"
    )
    assert answer.headers["location"] == f"{HOME}?meeting=jinan#hall"
    page = (await organized.client.get(HOME)).text
    assert re.search(r'value="standby"[^>]* aria-pressed="true"', page)


async def test_a_rehearsal_is_led_from_its_own_dashboard(organized: Site) -> None:
    latest = (await organized.services.linking.meeting(await _id(organized), "")).key
    await press(organized, f"{HOME}/rehearsal", action="start", meeting=latest)
    real = (await organized.client.get(HOME)).text
    assert "大屏正在显示彩排" in real
    assert 'name="scene"' not in real
    rehearsed = (await organized.client.get(f"{HOME}~{latest}")).text
    assert 'name="scene"' in rehearsed
    assert "/organizer/links/" not in rehearsed


# Walls and tablets


async def _wall(site: Site, client: httpx.AsyncClient) -> None:
    """A browser that was made a screen of the hall by its key, and shows the wall."""
    link = await site.services.organizing.wall_link(SLUG)
    assert link is not None
    key = site.services.tokens.link(link.id)
    await client.get(f"/i/{SLUG}/wall?key={key}", follow_redirects=True)
    assert (await client.get(f"/i/{SLUG}/wall.json")).json()["ask"] == 10


async def test_a_wall_is_connected_as_long_as_it_asks(organized: Site) -> None:
    assert "没有大屏或平板接入" in await _text(organized)
    async with organized.another_client() as wall:
        await _wall(organized, wall)
        await organized.services.attending.write_down()
        assert "已连接" in await _text(organized)
        organized.clock.pass_(seconds=20)
        assert "10:00:00 起失联" in await _text(organized)
        await wall.get(f"/i/{SLUG}/wall.json")
        await organized.services.attending.write_down()
        assert "已连接" in await _text(organized)
    organized.clock.pass_(hours=1)
    await organized.services.attending.write_down()
    assert "没有大屏或平板接入" in await _text(organized)


async def test_whoever_else_looks_at_the_wall_is_not_counted(organized: Site) -> None:
    async with organized.another_client() as stranger:
        await stranger.get(f"/i/{SLUG}/wall")
        stranger.cookies.set("screen", "a" * 26)
        assert (await stranger.get(f"/i/{SLUG}/wall.json")).json()["ask"] == 30
        await organized.services.attending.write_down()
    assert "没有大屏或平板接入" in await _text(organized)


async def test_a_tablet_says_that_it_is_there(organized: Site) -> None:
    kiosk = await organized.link(kind=LinkKind.KIOSK, meeting="jinan")
    async with organized.another_client() as tablet:
        for _time in range(3):
            assert (await tablet.post(f"{kiosk}/here")).status_code == 204
    await organized.services.attending.write_down()
    text = await _text(organized)
    assert "山东·济南" in text
    assert text.count("已连接") == 1
    poster = await organized.link()
    assert (await organized.client.post(f"{poster}/here")).status_code == 404
    assert (await organized.client.post("/s/NOTHING/here")).status_code == 404


async def test_a_tablet_is_remembered_in_a_rehearsal_too(organized: Site) -> None:
    latest = (await organized.services.linking.meeting(await _id(organized), "")).key
    kiosk = await organized.link(kind=LinkKind.KIOSK)
    await organized.services.rehearsing.start(await _id(organized), latest, by=OPERATOR)
    await organized.client.post(f"{kiosk}/here")
    await organized.services.attending.write_down()
    for path in (HOME, f"{HOME}~{latest}"):
        assert "已连接" in await _text(organized, path)


async def test_of_two_processes_the_later_word_holds(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as one, open_site(tmp_path / "data") as other:
        kiosk = await one.link(kind=LinkKind.KIOSK)
        cookies: dict[str, str] = {}
        for seconds, site in ((0, one), (5, other), (1, one)):
            site.clock.now = datetime.fromisoformat("2023-08-10T02:00:00+00:00")
            site.clock.pass_(seconds=seconds)
            answer = await site.client.post(f"{kiosk}/here", headers=_cookie(cookies))
            cookies |= dict(answer.cookies)
            await site.services.attending.write_down()
        [screen] = (await one.services.watching.day(await _id(one))).screens
        assert screen.seen_at.second == 5


def _cookie(cookies: dict[str, str]) -> dict[str, str]:
    return {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


async def test_a_wall_that_is_closed_is_lost_at_once_and_one_that_is_open_is_not(
    tmp_path: Path,
) -> None:
    """Over real connections, with the event stream that a wall holds open."""
    async with served(tmp_path) as server, server.client() as desk, server.client() as wall:
        path = server.printed["Organizer set-up (works once)"].removeprefix(server.origin)
        form = Page((await desk.get(path)).text)
        account = {"email": "o@example.org", "password": PASSWORD, "again": PASSWORD}
        assert (await desk.post(path, data={**account, **form.hidden})).status_code == 303
        address = server.printed["Wall"].removeprefix(server.origin)
        await wall.get(address, follow_redirects=True)
        await wall.get(f"/i/{SLUG}/wall.json")
        async with wall.stream("GET", f"/i/{SLUG}/events?stage") as stream:
            lines = stream.aiter_lines()
            await anext(lines)
            await _shows(desk, lambda text: "已连接" in text)
        await _shows(desk, lambda text: "起失联" in text and "已连接" not in text)


async def _shows(desk: httpx.AsyncClient, holds: Callable[[str], bool]) -> None:
    """Looks at the dashboard until it shows something; it must within the tests' patience."""
    async with asyncio.timeout(15):
        while not holds(Page((await desk.get(HOME)).text).text):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
