"""The signatures in the console: searched, looked at, amended; signed for those without a phone."""

import csv
import io
import json
from typing import Any

import httpx
import pytest

from pledge.domain.initiatives import Approval
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR, Role
from pledge.domain.signatures import Company
from pledge.store import organizers
from tests.delegate import Delegate, Page
from tests.handwriting import handwriting, sent
from tests.site import SLUG, Site

PASSWORD = "a long enough password"
LIST = f"/organizer/signatures/{SLUG}"
CODES = ("91510000MA0000001F", "91510000MA0000002J")
INK = sent(handwriting(5))


@pytest.fixture
async def desk(site: Site) -> Site:
    """A site whose client is an organizer's."""
    await site.services.organizing.add_organizer("organizer@example.org", PASSWORD, [SLUG])
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": "organizer@example.org", "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    return site


async def _press(site: Site, path: str, **fields: str) -> httpx.Response:
    token = Page((await site.client.get("/organizer/initiatives")).text).value("token")
    return await site.client.post(path, data={"token": token, **fields})


async def _found(site: Site, **query: str) -> list[int]:
    """The numbers that a search lists, as they can be ticked."""
    answer = await site.client.get(LIST, params=query)
    assert answer.status_code == 200
    return [int(name[1:]) for name in Page(answer.text).inputs if name[1:].isdecimal()]


async def _sign(site: Site, company: str, **typed: Any) -> str:
    """Signs on a phone of its own; the receipt's path."""
    async with site.another_client() as phone:
        link = typed.pop("link", None) or await site.link()
        answer = await Delegate(phone, link).sign(company=company, **typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def _text(site: Site, path: str) -> str:
    answer = await site.client.get(path)
    assert answer.status_code == 200
    return Page(answer.text).text


@pytest.mark.parametrize(
    "q",
    [
        "消防科技",
        "示例 消防（四川）科技",
        "李某",
        "1380 000-1234",
        "13800001234",
        "1f",
        "MA0000001",
    ],
)
async def test_a_search_finds_by_company_person_code_and_phone(desk: Site, q: str) -> None:
    await _sign(
        desk,
        "示例消防(四川)科技有限公司" if "四川" in q else "示例消防科技有限公司",
        uscc=CODES[0],
        representative="李某某",
        phone="138 0000 1234",
    )
    await _sign(desk, "样本电缆有限公司", representative="王某某", phone="13900000000")
    assert await _found(desk, q=q) == [1]
    assert await _found(desk, q="2") == [2]
    assert await _found(desk, q="没有%") == []


@pytest.mark.parametrize("q", ["Élodie", "élodie", "ÉLODIE", "ÅNGSTRÖM", "å", "Ｗａｎｇ", "𠮷"])
async def test_a_search_finds_letters_of_any_script_in_capitals_or_not(desk: Site, q: str) -> None:
    await _sign(desk, "示例一有限公司", representative="Élodie Ångström ｗａｎｇ 𠮷")
    await _sign(desk, "示例二有限公司", representative="Elodie Angstrom")
    assert await _found(desk, q=q) == [1]


async def test_a_search_is_narrowed_by_meeting_link_state_and_vouching(desk: Site) -> None:
    kiosk = await desk.link(kind=LinkKind.KIOSK, meeting="jinan")
    await _sign(desk, "示例一公司")
    await _sign(desk, "示例二公司", link=kiosk)
    await _sign(desk, "示例三公司")
    moderating, initiative_id = desk.services.moderating, await _id(desk)
    await moderating.set_approval(initiative_id, Approval.ALL, by=OPERATOR)
    await _sign(desk, "示例四公司")
    await _sign(desk, "示例五公司")
    await _sign(desk, "示例六公司")
    await moderating.hide(initiative_id, 3, by=OPERATOR)
    await desk.services.amending.withdraw(initiative_id, 5, by=OPERATOR, reason="测试")
    await desk.services.amending.merge(initiative_id, 6, 4, sure=True, by=OPERATOR, reason="测试")
    assert await _found(desk, meeting="jinan") == [2]
    assert await _found(desk, link="kiosk") == [2]
    assert await _found(desk, vouched="present") == [2]
    assert await _found(desk, state="standing") == [2, 1]
    assert await _found(desk, state="hidden") == [3]
    assert await _found(desk, state="waiting") == [4]
    assert await _found(desk, state="withdrawn") == [5]
    assert await _found(desk, state="replaced") == [6]
    assert await _found(desk, meeting="jinan", state="hidden") == []
    assert await _found(desk, state="nonsense", link="x", meeting="x") == [6, 5, 4, 3, 2, 1]
    dossier = await desk.services.reviewing.dossier(initiative_id, 2)
    assert dossier is not None
    assert await _found(desk, link=str(dossier.link.id)) == [2]


async def _id(site: Site) -> int:
    return await site.services.organizing.initiative_id(SLUG)


async def test_suspected_duplicates_stand_side_by_side(desk: Site) -> None:
    for company in (
        "示例阀门有限公司",
        "样本电缆厂",
        "示例阀门股份有限公司",
        "样本电缆公司",
        "另一公司",
    ):
        await _sign(desk, company)
    assert await _found(desk, duplicates="yes") in ([4, 2, 3, 1], [3, 1, 4, 2])
    assert "示例阀门股份有限公司" in await _text(desk, f"{LIST}/1")


async def test_pages_hold_fifty_and_go_on_with_the_search(desk: Site) -> None:
    await desk.sign_many(1, 60)
    assert len(await _found(desk)) == 50
    answer = await desk.client.get(LIST, params={"q": "示例", "page": "2"})
    assert len([name for name in Page(answer.text).inputs if name[1:].isdecimal()]) == 10
    assert "q=%E7%A4%BA%E4%BE%8B&page=1" in answer.text.replace("&amp;", "&")
    assert len(await _found(desk, page="99")) == 10
    assert (await desk.client.get(LIST, params={"page": "x"})).status_code == 400


async def test_several_are_changed_at_once_and_it_is_said_how_many(desk: Site) -> None:
    for company in ("示例一公司", "示例二公司", "示例三公司"):
        await _sign(desk, company)
    hidden = await _press(desk, LIST, action="hide", n1="yes", n2="yes", n9="yes", reason="恶作剧")
    assert hidden.status_code == 303
    text = await _text(desk, hidden.headers["location"])
    assert "已更改 2 条签署" in text
    assert "另有 1 条" in text
    assert [item["number"] for item in await desk.items()] == [3]
    await _press(desk, LIST, action="restore", n1="yes", n2="yes")
    gone = await _press(desk, f"{LIST}?state=standing", action="withdraw", n1="yes", reason="来函")
    assert "state=standing" in gone.headers["location"]
    assert sorted(item["number"] for item in await desk.items()) == [2, 3]
    assert "恶作剧" in await _text(desk, f"/organizer/audit/{SLUG}")


async def test_what_is_missing_is_said_and_nothing_is_lost(desk: Site) -> None:
    await _sign(desk, "示例一公司")
    without = await _press(desk, LIST, action="withdraw", n1="yes")
    assert without.status_code == 422
    assert "请填写原因" in without.text
    assert "checked" in Page(without.text).inputs["n1"]
    nothing = await _press(desk, LIST, action="hide", reason="恶作剧")
    assert nothing.status_code == 422
    assert "请至少勾选一条签署" in nothing.text
    assert Page(nothing.text).value("reason") == "恶作剧"
    assert (await _press(desk, LIST, action="hide", n1="yes", reason="长" * 200)).status_code == 422
    assert (await _press(desk, LIST, action="nonsense", n1="yes")).status_code == 400
    assert len(await desk.items()) == 1


async def test_an_entry_shows_all_that_is_known_of_it(desk: Site) -> None:
    receipt = await _sign(
        desk,
        "示例消防科技有限公司",
        uscc=CODES[0],
        representative="李某某",
        title="总经理",
        phone="13800001234",
        ink=INK,
        publish="yes",
        link=await desk.link(kind=LinkKind.KIOSK, meeting="jinan"),
    )
    answer = await desk.client.get(f"{LIST}/1")
    text = Page(answer.text).text
    for shown in ("示例消防科技有限公司", CODES[0], "李某某", "总经理", "13800001234", receipt):
        assert shown in text
    for shown in ("现场签署", "签到台", "10:00:00", "山东·济南", "可公开姓名全称", "有效"):
        assert shown in text
    assert 'class="ink"' in answer.text
    for nowhere in ("9", "0", "99999999999999999999"):
        assert (await desk.client.get(f"{LIST}/{nowhere}")).status_code == 404


async def test_it_says_what_else_was_signed_in_the_same_browser(desk: Site) -> None:
    async with desk.another_client() as phone:
        delegate = Delegate(phone, await desk.link())
        for company in ("示例一公司", "示例二公司"):
            await delegate.sign(company=company)
    assert "同一浏览器还签署了 序号 2" in await _text(desk, f"{LIST}/1")


CORRECT = {"company": "示例消防科技有限公司", "representative": "张某某", "reason": "错别字"}


async def test_a_correction_takes_the_place_of_the_old_entry(desk: Site) -> None:
    receipt = await _sign(desk, "示例消防科技有限公可", ink=INK, publish="yes")
    before = (await desk.items())[0]
    done = await _press(desk, f"{LIST}/1", action="correct", **CORRECT)
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}/2?done=correct")
    [item] = await desk.items()
    assert (item["number"], item["company"]) == (2, "示例消防科技有限公司")
    assert (item["signed_at"], item["ink"]) == (before["signed_at"], before["ink"])
    assert "已更换" in await _text(desk, f"{LIST}/1")
    for number in (1, 2):  # one company, one signing
        shown = await _text(desk, f"{LIST}/{number}")
        assert "疑似同一企业" not in shown
        assert "同一浏览器还签署了" not in shown
    for told in ("示例消防科技有限公可", "示例消防科技有限公司", "错别字", "organizer@example.org"):
        assert told in await _text(desk, f"{LIST}/2")
    old = await desk.client.get(receipt)
    assert "本条目已更正" in old.text
    [onward] = [part for part in old.text.split('"') if part.startswith("/r/")]
    assert "示例消防科技有限公司" in await _text(desk, onward)
    twice = await _press(desk, f"{LIST}/1", action="correct", **CORRECT)
    assert twice.headers["location"] == f"{LIST}/1?done=late"
    assert len(await desk.items()) == 1


async def test_a_name_that_is_taken_is_refused_with_the_way_to_the_other_entry(desk: Site) -> None:
    await _sign(desk, "示例消防科技有限公司")
    await _sign(desk, "示例消防科技公司")
    refused = await _press(desk, f"{LIST}/2", action="correct", **CORRECT)
    assert refused.status_code == 422
    assert "该企业已有另一条有效签署" in refused.text
    assert f'<p class="take__error"><a href="{LIST}/1">' in refused.text
    for wrong in ({"company": ""}, {"uscc": "x"}, {"phone": "x"}, {"representative": "!"}):
        answer = await _press(desk, f"{LIST}/2", action="correct", **{**CORRECT, **wrong})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
        assert "错别字" in answer.text
    same = {"company": "示例消防科技公司", "title": "质量负责人", "phone": "13800000000"}
    nothing = await _press(desk, f"{LIST}/2", action="correct", **{**CORRECT, **same})
    assert "内容没有变化" in nothing.text


async def test_another_representative_is_not_shown_to_the_first(desk: Site) -> None:
    receipt = await _sign(desk, "示例一公司", ink=INK, publish="yes")
    without = await _press(desk, f"{LIST}/1", action="replace", representative="李某某")
    assert without.status_code == 422
    done = await _press(
        desk, f"{LIST}/1", action="replace", representative="李某某", reason="企业来函"
    )
    assert done.status_code == 303
    [item] = await desk.items()
    assert (item["number"], item["representative"], item["ink"]) == (2, "李", None)
    old = await desk.client.get(receipt)
    assert "已由第 2 号替换" in old.text
    assert "李某某" not in old.text
    assert old.text.count("/r/") == old.text.count(receipt)


async def test_a_withdrawn_company_gets_a_link_and_signs_anew(desk: Site) -> None:
    receipt = await _sign(desk, "示例一公司")
    await _press(desk, f"{LIST}/1", action="withdraw", reason="企业来函")
    assert await desk.items() == []
    assert "签署已撤回" in await _text(desk, receipt)
    await _press(desk, f"{LIST}/1", action="invite")
    page = (await desk.client.get(f"{LIST}/1")).text
    [link] = {part for part in page.split('"') if part.startswith("http") and "/s/" in part}
    await _sign(desk, "示例一公司", link=link)
    assert [item["number"] for item in await desk.items()] == [2]
    late = await _press(desk, f"{LIST}/1", action="invite")
    assert late.headers["location"].endswith("done=late")


async def test_merging_two_codes_is_asked_twice(desk: Site) -> None:
    await _sign(desk, "示例一有限公司", uscc=CODES[0])
    await _sign(desk, "示例一公司", uscc=CODES[1])
    merge = {"action": "merge", "stays": "1", "reason": "同一家企业"}
    asked = await _press(desk, f"{LIST}/2", **merge)
    assert asked.status_code == 422
    for shown in ("不像是同一家企业", *CODES):
        assert shown in asked.text
    assert (await _press(desk, f"{LIST}/2", **{**merge, "stays": "x"})).status_code == 422
    assert (await _press(desk, f"{LIST}/2", **{**merge, "stays": "9"})).status_code == 422
    assert (await _press(desk, f"{LIST}/2", **{**merge, "stays": "2"})).status_code == 422
    done = await _press(desk, f"{LIST}/2", **merge, sure="yes")
    assert done.headers["location"] == f"{LIST}/1?done=merge"
    assert [item["number"] for item in await desk.items()] == [1]


async def test_exports_say_how_each_entry_stands(desk: Site) -> None:
    for company in ("示例一公可", "示例二公司", "示例三公司", "示例四公司"):
        await _sign(desk, company)
    await _press(desk, f"{LIST}/1", action="correct", **{**CORRECT, "company": "示例一公司"})
    await _press(desk, f"{LIST}/2", action="withdraw", reason="来函")
    await _press(desk, f"{LIST}/3", action="hide")
    table = (await desk.client.get(f"/organizer/exports/{SLUG}.csv")).content.decode("utf-8-sig")
    states = {row["序号"]: row["状态"] for row in csv.DictReader(io.StringIO(table))}
    assert states == {"1": "已更换", "2": "已撤回", "3": "已隐藏", "4": "有效", "5": "有效"}
    told = json.loads((await desk.client.get(f"/organizer/exports/{SLUG}.json")).content)
    assert [item["state"] for item in told["items"]] == [
        *("replaced", "withdrawn", "hidden", "standing", "standing")
    ]
    listed = await _text(desk, f"/i/{SLUG}/signatories")
    assert "示例一公司" in listed
    for gone in ("示例一公可", "示例二公司", "示例三公司"):
        assert gone not in listed


async def test_the_dashboard_hides_and_is_come_back_to(desk: Site) -> None:
    await _sign(desk, "示例一公司")
    home = f"/organizer/initiatives/{SLUG}"
    hidden = await _press(desk, f"{LIST}/1", action="hide", back="progress")
    assert hidden.headers["location"] == f"{home}#newest"
    approved = await _press(desk, LIST, action="approve", back="progress", n1="yes")
    assert approved.headers["location"] == f"{home}#attention"
    chosen = await _press(desk, f"{LIST}/approval", approval="all")
    assert chosen.headers["location"] == home
    assert (await _press(desk, f"{LIST}/approval", approval="x")).status_code == 400


ASSIST = {
    "meeting": "jinan",
    "company": "示例消防科技有限公司",
    "representative": "李某某",
    "consent": "yes",
}


async def _assist(site: Site, path: str = f"{LIST}/assist", **typed: str) -> httpx.Response:
    form = Page((await site.client.get(path)).text)
    return await site.client.post(path, data={**form.hidden, **ASSIST, **typed})


async def test_staff_signs_for_a_delegate_without_a_phone(desk: Site) -> None:
    signed = await _assist(desk, ink=INK, publish="yes")
    assert signed.headers["location"] == f"{LIST}/assist?meeting=jinan&signed=1"
    [item] = await desk.items()
    assert (item["representative"], item["meeting"]) == ("李某某", "山东·济南")
    assert "序号 1" in await _text(desk, signed.headers["location"])
    text = await _text(desk, f"{LIST}/1")
    for shown in ("工作人员录入", "现场签署", "工作人员代录签署", "organizer@example.org"):
        assert shown in text
    assert await _found(desk, assisted="yes") == [1]


async def test_the_same_attempt_signs_once(desk: Site) -> None:
    form = Page((await desk.client.get(f"{LIST}/assist")).text)
    for _ in range(2):
        answer = await desk.client.post(f"{LIST}/assist", data={**form.hidden, **ASSIST})
        assert answer.headers["location"].endswith("signed=1")
    assert len(await desk.items()) == 1


@pytest.mark.parametrize(
    ("typed", "says", "status"),
    [
        ({"consent": ""}, "请向本人确认后勾选", 422),
        ({"company": ""}, "请填写企业全称", 422),
        ({"uscc": "x"}, "18", 422),
        ({"meeting": "nowhere"}, "请选择场次", 422),
        ({"ink": "rubbish"}, "签名", 422),
        ({"text": "x"}, "倡议书文本已更新", 422),
        ({"company": "示例 消防科技有限公司"}, "该企业已经签署", 409),
    ],
)
async def test_assisted_signing_keeps_the_rules_of_any(
    desk: Site, typed: dict[str, str], says: str, status: int
) -> None:
    if status == 409:
        await _sign(desk, ASSIST["company"])
    answer = await _assist(desk, **typed)
    assert answer.status_code == status
    assert says in Page(answer.text).text
    assert "李某某" in answer.text
    assert len(await desk.items()) == (1 if status == 409 else 0)
    if status == 409:
        assert f"{LIST}/1" in answer.text


async def test_nobody_is_signed_for_while_signing_is_closed(desk: Site) -> None:
    await _press(desk, f"/organizer/initiatives/{SLUG}/state", status="closed")
    answer = await _assist(desk)
    assert answer.status_code == 422
    assert "签署未开放" in answer.text


async def test_a_rehearsal_has_signatures_of_its_own(desk: Site) -> None:
    await _press(desk, f"/organizer/initiatives/{SLUG}/rehearsal", action="start", meeting="jinan")
    rehearsal = f"/organizer/signatures/{SLUG}~jinan"
    signed = await _assist(desk, f"{rehearsal}/assist")
    assert signed.status_code == 303
    assert "示例消防科技有限公司" in await _text(desk, rehearsal)
    done = await _press(desk, f"{rehearsal}/1", action="withdraw", reason="彩排")
    assert "专属链接" not in await _text(desk, done.headers["location"])
    real = await _assist(desk)
    assert real.status_code == 422
    assert "正在彩排" in real.text
    assert await desk.items() == []


async def test_the_roster_is_offered_while_a_company_is_typed(desk: Site) -> None:
    inviting, initiative_id = desk.services.inviting, await _id(desk)
    name = await inviting.receive(initiative_id, "", "r.csv", "企业名称\n样本有限公司\n".encode())
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)
    page = (await desk.client.get(f"{LIST}/assist")).text
    assert '<option value="样本有限公司">' in page


async def test_personal_links_of_others_are_never_shown(desk: Site) -> None:
    """A withdrawn entry shows the newest link of its own company alone."""
    await desk.link(kind=LinkKind.INVITATION, company=Company("示例二公司"))
    await _sign(desk, "示例一公司")
    await _press(desk, f"{LIST}/1", action="withdraw", reason="来函")
    assert "/s/" not in (await desk.client.get(f"{LIST}/1")).text


async def test_staff_amends_but_makes_no_links(desk: Site) -> None:
    made = await desk.services.organizing.add_organizer("staff@example.org", PASSWORD, [SLUG])
    async with desk.services.organizing._database.writing() as connection:
        await organizers.grant(connection, made.id, await _id(desk), Role.STAFF)
    await _sign(desk, "示例一公司")
    async with desk.another_client() as client:
        form = Page((await client.get("/organizer/login")).text)
        fields = {"email": "staff@example.org", "password": PASSWORD, **form.hidden}
        await client.post("/organizer/login", data=fields)
        token = Page((await client.get(f"{LIST}/1")).text).value("token")
        sent = {"token": token, "action": "withdraw", "reason": "来函"}
        assert (await client.post(f"{LIST}/1", data=sent)).status_code == 303
        assert 'value="invite"' not in (await client.get(f"{LIST}/1")).text
        refused = await client.post(f"{LIST}/1", data={"token": token, "action": "invite"})
        assert refused.status_code == 403
