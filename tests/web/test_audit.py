"""`/organizer/audit/{slug}`: who did what, when and why."""

import csv
import io

import pytest

from pledge.domain.initiatives import Status
from pledge.domain.rights import OPERATOR, Actor
from pledge.domain.signatures import Person
from tests.delegate import Page
from tests.site import SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
LOG = f"/organizer/audit/{SLUG}"


@pytest.fixture
async def desk(site: Site) -> Site:
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    return site


async def test_what_is_done_stands_there_with_who_and_what_was_before(desk: Site) -> None:
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.sign_many(1, 1)
    home = f"/organizer/initiatives/{SLUG}"
    token = Page((await desk.client.get(home)).text).value("token")
    await desk.client.post(f"{home}/state", data={"token": token, "status": "closed"})
    by = Actor("colleague@example.org")
    await desk.services.moderating.hide(initiative_id, 1, by=by, reason="测试条目")
    page = Page((await desk.client.get(LOG)).text).text.partition("变更内容")[2]
    assert page.index("隐藏签署") < page.index("开放或结束签署") < page.index("导入内容文件")
    for words in (EMAIL, "colleague@example.org", "示例1有限公司", "测试条目", "状态：开放"):
        assert words in page, words
    assert "状态：已结束" in page


async def test_it_is_searched_and_filtered(desk: Site) -> None:
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.sign_many(1, 3)
    for number in (1, 2, 3):
        await desk.services.moderating.hide(initiative_id, number, by=OPERATOR)
    await desk.services.organizing.set_status(initiative_id, Status.CLOSED, by=OPERATOR)
    for query, found in (
        ({"q": "示例2有限"}, 1),
        ({"q": "closed"}, 1),
        ({"q": "%"}, 0),
        ({"action": "hidden"}, 3),
        ({"action": "nonsense"}, 7),
        ({"action": "hidden", "page": "99"}, 3),
    ):
        page = Page((await desk.client.get(LOG, params=query)).text)
        assert f"共 {found} 条" in page.text, query


async def test_words_in_any_script_are_found_in_capitals_or_not(desk: Site) -> None:
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.sign_many(1, 2)
    by = Actor("ümit@example.org")
    await desk.services.moderating.hide(initiative_id, 1, by=by, reason="Ärger über 𠮷")
    person = Person("Élodie 𠮷")
    await desk.services.amending.replace(initiative_id, 2, person, by=OPERATOR, reason="")
    for q in ("Ümit", "ÄRGER", "ärger ÜBER", "éLODIE", "ÉLODIE", "élodie 𠮷"):
        page = Page((await desk.client.get(LOG, params={"q": q})).text)
        assert "共 1 条" in page.text, q


async def test_the_whole_log_is_fetched_as_a_table(desk: Site) -> None:
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.sign_many(1, 1)
    by = Actor("=cmd()@example.org")
    await desk.services.moderating.hide(initiative_id, 1, by=by, reason="=1+1")
    answer = await desk.client.get(f"{LOG}.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["操作"] for row in rows] == ["导入内容文件", "调整角色", "新建签署链接", "隐藏签署"]
    assert (rows[3]["操作人"], rows[3]["原因"]) == ("'=cmd()@example.org", "'=1+1")
    assert rows[3]["序号"] == "1"


async def test_nothing_is_recorded_of_what_changed_nothing(desk: Site) -> None:
    initiative_id = await desk.services.organizing.initiative_id(SLUG)
    await desk.sign_many(1, 1)
    for _ in range(2):
        await desk.services.moderating.hide(initiative_id, 1, by=OPERATOR)
    page = Page((await desk.client.get(LOG)).text)
    assert "共 4 条" in page.text
