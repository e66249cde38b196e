"""`/organizer/meetings/{slug}`: added, changed, put in order, removed, and shown to the public."""

import pytest

from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from tests.console_forms import Organizer, organizer_of
from tests.delegate import Page
from tests.site import SLUG, Site

MEETINGS = f"/organizer/meetings/{SLUG}"
NEW = {
    "place-zh": "四川·成都",
    "venue-zh": "示例会议中心一号厅",
    "date": "2023年9月1日",
    "time": "9：30",
    "key": "chengdu",
}


@pytest.fixture
async def desk(site: Site) -> Organizer:
    return await organizer_of(site)


async def _order(site: Site) -> list[str]:
    found = await site.services.publishing.by_slug(SLUG)
    assert found is not None
    return [meeting.key for meeting in found.initiative.meetings]


async def test_a_meeting_is_added_as_the_last_and_signed_at(desk: Organizer) -> None:
    assert (await desk.send(MEETINGS, **NEW)).status_code == 303
    assert (await _order(desk.site))[-1] == "chengdu"
    delegate = await desk.site.delegate()
    text = (await delegate.open()).text
    for shown in ("四川·成都", "示例会议中心一号厅", "2023年9月1日 09:30"):
        assert shown in text
    assert (await delegate.sign()).status_code == 303
    assert [item["meeting"] for item in await desk.site.items()] == ["四川·成都"]
    assert "增加场次" in await desk.text(f"/organizer/audit/{SLUG}")


async def test_totals_by_meeting_and_one_over_all(desk: Organizer) -> None:
    for number, meeting in enumerate(("jinan", "jinan", "tianjin")):
        delegate = await desk.site.delegate(meeting=meeting)
        await delegate.sign(company=f"示例{number}有限公司")
    lines = "企业名称\n示例甲有限公司\n示例乙有限公司\n".encode()
    inviting = desk.site.services.inviting
    initiative_id = await desk.site.services.organizing.initiative_id(SLUG)
    checked = await inviting.check(
        initiative_id, await inviting.receive(initiative_id, "jinan", "r.csv", lines)
    )
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)
    text = "".join((await desk.text(MEETINGS)).split())
    assert "山东·济南" in text
    assert "Asia/Shanghai22" in text  # two signed and two invited in Jinan
    assert "全部场次32" in text
    public = "".join(Page((await desk.client.get(f"/i/{SLUG}")).text).text.split())
    assert "山东·济南2023年2家" in public
    assert "天津2023年1家" in public
    listed = await desk.client.get(f"/i/{SLUG}/signatories?meeting=jinan")
    assert "找到 2 家" in Page(listed.text).text or listed.text.count("ledger__row") >= 2


async def test_another_zone_changes_how_times_are_shown_and_nothing_else(desk: Organizer) -> None:
    await (await desk.site.delegate()).sign()
    [before] = await desk.site.items()
    one = f"{MEETINGS}/at/dujiangyan"
    assert (await desk.send(one, zone="Europe/Paris", **{"venue-en": "Hall 1"})).status_code == 303
    [after] = await desk.site.items()
    assert before["signed_at"].endswith("+08:00")
    assert after["signed_at"].endswith("+02:00")
    assert after["signed_at"][11:13] == "04"  # ten o'clock in Shanghai
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"signed_at"}
    log = await desk.text(f"/organizer/audit/{SLUG}")
    assert "时区：Asia/Shanghai" in log
    assert "时区：Europe/Paris" in log
    assert "会场（英文）：Hall 1" in log


async def test_the_order_is_that_of_the_numbers(desk: Organizer) -> None:
    keys = await _order(desk.site)
    places = {f"place-{key}": str(10 - at) for at, key in enumerate(keys)}
    answer = await desk.send(MEETINGS, f"{MEETINGS}/order", **places)
    assert answer.status_code == 303
    assert await _order(desk.site) == keys[::-1]
    rest = {f"place-{key}": "x" for key in keys if key != "tianjin"}
    assert (await desk.send(MEETINGS, f"{MEETINGS}/order", **rest)).status_code == 303
    assert (await _order(desk.site))[0] == "tianjin"


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"key": "jinan"}, "key", "已有场次使用此代号"),
        ({"key": "Cheng Du"}, "key", "小写字母"),
        ({"key": "a~b"}, "key", "小写字母"),
        ({"date": "2023-02-30"}, "date", "日期无法识别"),
        ({"date": "明天"}, "date", "日期无法识别"),
        ({"date": ""}, "date", "日期无法识别"),
        ({"time": "25:00"}, "time", "时间无法识别"),
        ({"zone": "Mars/Base"}, "zone", "时区无法识别"),
        ({"zone": "../../etc/passwd"}, "zone", "时区无法识别"),
        ({"place-zh": " "}, "place-zh", "请填写此项"),
        ({"place-zh": "示" * 61}, "place-zh", "60"),
    ],
)
async def test_a_mistake_is_said_at_its_field(
    desk: Organizer, typed: dict[str, str], field: str, says: str
) -> None:
    before = await _order(desk.site)
    for page, fields in ((MEETINGS, NEW), (f"{MEETINGS}/at/dujiangyan", {})):
        answer = await desk.send(page, **{**fields, "venue-en": "as typed", **typed})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert says in answer.text
        assert "as typed" in answer.text
    assert await _order(desk.site) == before


async def test_a_year_alone_is_a_date(desk: Organizer) -> None:
    assert (await desk.send(MEETINGS, **{**NEW, "date": "2024", "time": ""})).status_code == 303
    assert "2024年" in (await (await desk.site.delegate()).open()).text


async def test_a_meeting_goes_only_while_nothing_refers_to_it(desk: Organizer) -> None:
    one = f"{MEETINGS}/at/jinan"
    site, organizing = desk.site, desk.site.services.organizing
    await site.services.rehearsing.start(await organizing.initiative_id(SLUG), "jinan", by=OPERATOR)
    refused = await desk.send(one, action="remove")
    assert (refused.status_code, "1 场彩排" in refused.text) == (422, True)
    assert (await desk.send(one, key="elsewhere")).status_code == 422
    await site.services.rehearsing.end(await organizing.initiative_id(SLUG), "jinan", by=OPERATOR)
    await organizing.create_link(SLUG, LinkKind.POSTER, meeting="shenyang")
    refused = await desk.send(f"{MEETINGS}/at/shenyang", action="remove")
    assert (refused.status_code, "1 个签署链接" in refused.text) == (422, True)
    assert (await desk.send(one, action="remove")).status_code == 303
    assert "jinan" not in await _order(site)
    assert (await desk.client.get(one)).status_code == 404
    assert "删除场次" in await desk.text(f"/organizer/audit/{SLUG}")


async def test_what_was_signed_there_keeps_its_meeting(desk: Organizer) -> None:
    await (await desk.site.delegate(meeting="jinan")).sign()
    refused = await desk.send(f"{MEETINGS}/at/jinan", action="remove")
    assert (refused.status_code, "1 个签署、1 个签署链接" in refused.text) == (422, True)
    english = await desk.client.post(
        f"{MEETINGS}/at/jinan",
        data={**await desk.form(f"{MEETINGS}/at/jinan"), "action": "remove"},
        headers={"accept-language": "en"},
    )
    assert "1 signature, 1 signing link" in english.text


async def test_the_last_meeting_stays(desk: Organizer) -> None:
    *others, last = await _order(desk.site)
    for key in others:
        assert (await desk.send(f"{MEETINGS}/at/{key}", action="remove")).status_code == 303
    refused = await desk.send(f"{MEETINGS}/at/{last}", action="remove")
    assert (refused.status_code, "唯一的场次" in refused.text) == (422, True)


async def test_walls_learn_of_a_meeting_s_new_name(desk: Organizer) -> None:
    before = (await desk.client.get(f"/i/{SLUG}/wall.json")).json()
    changed = {"place-zh": "四川·成都"}
    assert (await desk.send(f"{MEETINGS}/at/dujiangyan", **changed)).status_code == 303
    after = (await desk.client.get(f"/i/{SLUG}/wall.json")).json()
    assert after["revision"] != before["revision"]
    assert after["cursor"] == before["cursor"] + 1
    assert "四川·成都" in (await desk.client.get(f"/i/{SLUG}/wall")).text
