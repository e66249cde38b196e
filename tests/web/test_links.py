"""Signing links: made, named, limited, counted and revoked; and what the limits do in the hall."""

import asyncio
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from pledge.domain.audit import Action
from pledge.domain.links import Limits, LinkKind
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Company
from tests.delegate import Delegate, Page
from tests.site import SLUG, Site, open_site
from tests.web.organizer import log_in, press

LINKS = f"/organizer/links/{SLUG}"


@pytest.fixture
async def organized(site: Site) -> Site:
    await log_in(site)
    return site


async def _limited(site: Site, **limits: object) -> tuple[int, str]:
    """A new poster link: its id and its path."""
    link = await site.services.linking.create(
        await site.services.organizing.initiative_id(SLUG),
        LinkKind.POSTER,
        by=OPERATOR,
        limits=Limits(**limits),  # type: ignore[arg-type]
    )
    return link.id, f"/s/{site.services.tokens.link(link.id)}"


async def _use(site: Site, link_id: int) -> int:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    linked = await site.services.linking.one(initiative_id, link_id)
    assert linked is not None
    return linked.link.used


async def _actions(site: Site) -> list[Action]:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    log = await site.services.auditing.log(initiative_id, q="", action="", page=1)
    return [entry.action for entry in log.entries]


# In force


async def test_of_fifty_at_once_exactly_ten_sign(site: Site) -> None:
    link_id, path = await _limited(site, most=10)
    form = await Delegate(site.client, path).open()

    async def one(number: int) -> int:
        delegate = Delegate(site.client, path)
        answer = await delegate.post(
            form, company=f"示例{number}公司", attempt=f"attempt-of-fifty-{number:04}"
        )
        return answer.status_code

    answers = Counter(await asyncio.gather(*(one(number) for number in range(50))))
    assert answers == {303: 10, 410: 40}
    assert await _use(site, link_id) == 10
    assert len(await site.items()) == 10


async def test_of_two_processes_no_more_sign_than_may(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as one, open_site(tmp_path / "data") as other:
        link_id, path = await _limited(one, most=7)
        form = await Delegate(one.client, path).open()

        async def sign(number: int) -> int:
            delegate = Delegate((one, other)[number % 2].client, path)
            answer = await delegate.post(
                form, company=f"示例{number}公司", attempt=f"attempt-of-two-{number:06}"
            )
            return answer.status_code

        answers = Counter(await asyncio.gather(*(sign(number) for number in range(24))))
        assert answers == {303: 7, 410: 17}
        assert await _use(one, link_id) == 7


async def test_the_last_one_who_signed_still_gets_the_receipt(site: Site) -> None:
    _, path = await _limited(site, most=1)
    delegate = Delegate(site.client, path)
    form = await delegate.open()
    first = await delegate.post(form)
    again = await delegate.post(form)
    assert (again.status_code, again.headers["location"]) == (303, first.headers["location"])
    late = await delegate.post(form, company="示例另一公司", attempt="another-attempt-000000")
    assert late.status_code == 410


@pytest.mark.parametrize(("language", "says"), [("zh", "名额已满"), ("en", "As many have signed")])
async def test_whoever_comes_too_late_is_told_what_to_do(
    site: Site, language: str, says: str
) -> None:
    _, path = await _limited(site, most=1)
    await Delegate(site.client, path).sign()
    answer = await site.client.get(path, headers={"accept-language": language})
    assert answer.status_code == 410
    text = Page(answer.text).text
    assert says in text
    assert ("扫描其他二维码" if language == "zh" else "Scan another QR code") in text


async def test_a_company_that_is_refused_is_not_counted(site: Site) -> None:
    link_id, path = await _limited(site, most=2)
    delegate = Delegate(site.client, path)
    await delegate.sign()
    assert (await delegate.sign()).status_code == 409
    assert (await delegate.sign(company="示例二公司", consent=None)).status_code == 422
    assert await _use(site, link_id) == 1
    assert (await delegate.sign(company="示例二公司")).status_code == 303


async def test_a_link_admits_from_and_until(site: Site) -> None:
    now = site.clock.now
    _, path = await _limited(
        site, admits_from=now + timedelta(hours=1), expires_at=now + timedelta(hours=2)
    )
    early = await site.client.get(path)
    assert early.status_code == 403
    assert "8月10日 11:00" in Page(early.text).text
    site.clock.pass_(hours=1)
    assert (await site.client.get(path)).status_code == 200
    site.clock.pass_(hours=1)
    assert (await site.client.get(path)).status_code == 410


async def test_a_form_that_was_opened_in_time_can_not_be_sent_too_late(site: Site) -> None:
    _, path = await _limited(site, expires_at=site.clock.now + timedelta(hours=1))
    delegate = Delegate(site.client, path)
    form = await delegate.open()
    site.clock.pass_(hours=1)
    assert (await delegate.post(form)).status_code == 410


async def test_a_rehearsal_is_let_in_before_the_time_and_counts_nothing(site: Site) -> None:
    link_id, path = await _limited(site, most=1, admits_from=site.clock.now + timedelta(hours=20))
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    latest = (await site.services.linking.meeting(initiative_id, "")).key
    await site.services.rehearsing.start(initiative_id, latest, by=OPERATOR)
    for number in range(3):
        answer = await Delegate(site.client, path).sign(company=f"示例{number}公司")
        assert answer.status_code == 303
    await site.services.rehearsing.end(initiative_id, latest, by=OPERATOR)
    assert await _use(site, link_id) == 0


async def test_every_link_counts_its_own(site: Site) -> None:
    (first, first_path), (second, second_path) = [await _limited(site) for _ in range(2)]
    for number, path in enumerate((first_path, second_path, first_path)):
        await Delegate(site.client, path).sign(company=f"示例{number}公司")
    assert (await _use(site, first), await _use(site, second)) == (2, 1)


# On the walls


async def test_revoking_the_screens_link_takes_the_code_off_the_walls(organized: Site) -> None:
    screen = await organized.services.organizing.wall_link(SLUG)
    assert screen is not None
    async with organized.another_client() as wall:
        key = organized.services.tokens.link(screen.id)
        await wall.get(f"/i/{SLUG}/wall?key={key}", follow_redirects=True)
        state = (await wall.get(f"/i/{SLUG}/wall.json")).json()
        assert state["code"]["every"]
        await press(organized, f"{LINKS}/{screen.id}/revoke", action="revoke")
        after = (await wall.get(f"/i/{SLUG}/wall.json")).json()
        assert after["code"] is None
        assert after["cursor"] > state["cursor"]  # an event has made the wall ask at once


async def test_a_wall_does_not_make_a_link_that_lets_in_more_than_may(organized: Site) -> None:
    await press(organized, LINKS, kind="screen", meeting="dujiangyan", most="1")
    address = f"/i/{SLUG}/wall.json?meeting=dujiangyan"
    link = await organized.services.organizing.screen_link(SLUG, meeting="dujiangyan")
    assert link is not None
    token = organized.services.tokens.code(link.id, organized.clock.now)
    assert (await organized.client.get(address)).json()["code"]["every"]
    assert (await Delegate(organized.client, f"/s/{token}").sign()).status_code == 303
    assert (await organized.client.get(address)).json()["code"] is None


# In the console


async def test_a_link_is_made_with_a_name_and_limits(organized: Site) -> None:
    answer = await press(
        organized,
        LINKS,
        kind="poster",
        meeting="jinan",
        name="入口海报",
        most="50",
        admits_from="2023-08-10T09:30",
        expires_at="2023-08-10T18:00",
    )
    assert answer.status_code == 303
    made = await organized.client.get(answer.headers["location"])
    assert made.status_code == 200
    page = Page((await organized.client.get(LINKS)).text)
    for shown in ("入口海报", "山东·济南", "/ 50", "8月10日 09:30 – 8月10日 18:00", "可签署"):
        assert shown in page.text, shown
    [path] = set(re.findall(r"/s/[A-Z2-7]{24}", (await organized.client.get(LINKS)).text))
    await Delegate(organized.client, path).sign()
    assert "最近 8月10日" in Page((await organized.client.get(LINKS)).text).text
    assert (await _actions(organized))[0] is Action.LINK_MADE


@pytest.mark.parametrize(
    ("kind", "company", "is_stage"),
    [("kiosk", "", False), ("stage", "", True), ("invitation", "示例消防科技有限公司", False)],
)
async def test_every_kind_can_be_made(
    organized: Site, kind: str, company: str, is_stage: bool
) -> None:
    answer = await press(organized, LINKS, kind=kind, meeting="jinan", company=company)
    page = (await organized.client.get(answer.headers["location"])).text
    [path] = set(re.findall(r"/s/[A-Z2-7]{24}", page))
    form = (await organized.client.get(path)).text
    assert ('data-station="stage"' in form) == is_stage
    assert company in form


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"kind": "nonsense"}, "请选择链接的用途"),
        ({"meeting": "nowhere"}, "请选择场次"),
        ({"most": "0"}, "1 至 1000000"),
        ({"most": "many"}, "1 至 1000000"),
        ({"most": "000000001" + "9" * 20}, "1 至 1000000"),
        ({"admits_from": "tomorrow"}, "请填写日期和时间"),
        ({"expires_at": "1023-08-10T10:00"}, "请检查年份"),
        ({"admits_from": "2023-08-10T10:00", "expires_at": "2023-08-10T10:00"}, "晚于开始时间"),
        ({"name": "长" * 61}, "最多 60 个字"),
        ({"name": "a\u202eb"}, "无法显示"),
        ({"kind": "invitation"}, "请填写企业全称"),
        ({"kind": "invitation", "company": "示例公司", "uscc": "123"}, "18"),
        ({"kind": "invitation", "company": "示例公司", "most": "2"}, "只供一家企业"),
    ],
)
async def test_a_wrong_field_is_said_and_nothing_typed_is_lost(
    organized: Site, typed: dict[str, str], says: str
) -> None:
    fields = {"kind": "poster", "meeting": "jinan", "name": "海报", "most": "5", **typed}
    if typed.get("kind") == "invitation" and "most" not in typed:
        fields["most"] = ""
    answer = await press(organized, LINKS, **fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert says in page.text
    assert page.value("name") == fields["name"]
    assert page.value("most") == fields["most"]
    assert "尚未生成" in page.text


async def test_a_link_is_renamed_and_its_limits_are_changed(organized: Site) -> None:
    link_id, path = await _limited(organized, most=1)
    await Delegate(organized.client, path).sign()
    assert (await organized.client.get(path)).status_code == 410
    answer = await press(organized, f"{LINKS}/{link_id}", name="签到处", most="2")
    assert answer.status_code == 303
    assert (await organized.client.get(path)).status_code == 200
    assert "签到处" in Page((await organized.client.get(LINKS)).text).text
    wrong = await press(organized, f"{LINKS}/{link_id}", name="签到处", most="none")
    assert wrong.status_code == 422
    assert Page(wrong.text).value("most") == "none"
    assert (await _actions(organized))[0] is Action.LINK_CHANGED


async def test_revoking_asks_first_and_deletes_nothing(organized: Site) -> None:
    link_id, path = await _limited(organized)
    await Delegate(organized.client, path).sign()
    asked = Page((await organized.client.get(f"{LINKS}/{link_id}/revoke")).text).text
    assert "海报等印有此二维码的物料" in asked
    assert "1 份签署不受影响" in asked
    assert (await organized.client.get(path)).status_code == 200
    assert (await press(organized, f"{LINKS}/{link_id}/revoke")).status_code == 400
    for _tap in range(2):
        answer = await press(organized, f"{LINKS}/{link_id}/revoke", action="revoke")
        assert answer.status_code == 303
    assert (await organized.client.get(path)).status_code == 410
    assert len(await organized.items()) == 1
    assert "已停用" in Page((await organized.client.get(LINKS)).text).text
    assert (await _actions(organized)).count(Action.LINK_REVOKED) == 1
    changed = await press(organized, f"{LINKS}/{link_id}", name="再来")
    assert changed.status_code == 303
    assert "再来" not in (await organized.client.get(LINKS)).text


async def test_another_initiatives_link_is_not_found(organized: Site) -> None:
    for path in (f"{LINKS}/999999", f"{LINKS}/999999/revoke"):
        assert (await organized.client.get(path)).status_code == 404


async def test_invitations_of_the_roster_are_counted_and_not_listed(organized: Site) -> None:
    services = organized.services
    initiative_id = await services.organizing.initiative_id(SLUG)
    table = "企业名称\n" + "\n".join(f"示例{number}有限公司" for number in range(120))
    name = await services.inviting.receive(initiative_id, "jinan", "r.csv", table.encode())
    checked = await services.inviting.check(initiative_id, name)
    assert checked is not None
    await services.inviting.invite(initiative_id, checked, by=OPERATOR)
    roster = await services.inviting.roster(initiative_id)
    own = services.tokens.link(roster.invitations[0].link_id)
    await Delegate(organized.client, f"/s/{own}").sign()
    page = await organized.client.get(LINKS)
    assert "120 家企业各有专属链接，其中 1 家" in Page(page.text).text
    assert own not in page.text


async def test_many_links_come_in_pages(organized: Site) -> None:
    for number in range(51):
        await organized.link(
            kind=LinkKind.INVITATION, company=Company(f"示例{number}有限公司"), meeting="jinan"
        )
    first = (await organized.client.get(LINKS)).text
    assert "示例50有限公司" in first
    assert "示例0有限公司" not in first
    assert "示例0有限公司" in (await organized.client.get(f"{LINKS}?page=99")).text
    assert (await organized.client.get(f"{LINKS}?page=x")).status_code == 400


async def test_walls_that_ask_at_once_share_one_link(site: Site) -> None:
    """Another one would go on admitting when the organizer limits or revokes the one they see."""
    organizing = site.services.organizing
    found = await asyncio.gather(*(organizing.screen_link(SLUG) for _ in range(4)))
    assert len({link.id for link in found if link}) == 1
