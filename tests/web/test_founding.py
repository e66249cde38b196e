"""Initiatives are made and duplicated in the console."""

import httpx
import pytest
from sqlalchemy import update

from pledge.domain.initiatives import Status
from pledge.domain.rights import OPERATOR, Role
from pledge.store import organizers
from pledge.store.schema import organizer
from tests.delegate import Page
from tests.site import SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
LIST = "/organizer/initiatives"
PLAN = {
    "title_zh": "示例质量承诺书",
    "title_en": "",
    "slug": "quality-2026",
    "place": "四川·成都",
    "date": "2026-12-01",
}


@pytest.fixture
async def desk(site: Site) -> Site:
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    await _log_in(site.client, EMAIL)
    return site


async def _log_in(client: httpx.AsyncClient, email: str) -> None:
    form = Page((await client.get("/organizer/login")).text)
    fields = {"email": email, "password": PASSWORD, **form.hidden}
    assert (await client.post("/organizer/login", data=fields)).status_code == 303


async def _make(
    site: Site, client: httpx.AsyncClient | None = None, **typed: str
) -> httpx.Response:
    client = client or site.client
    token = Page((await client.get(LIST)).text).value("token")
    return await client.post(LIST, data={"token": token, **typed})


async def test_a_new_one_is_its_makers_draft(desk: Site) -> None:
    made = await _make(desk, **PLAN)
    assert made.headers["location"] == f"{LIST}/quality-2026"
    shown = await desk.client.get(f"{LIST}/quality-2026")
    assert "示例质量承诺书" in shown.text
    assert "四川·成都" in shown.text
    assert "2026年12月1日" in shown.text
    assert "撰写并发布文本" in shown.text
    assert (await desk.client.get("/i/quality-2026")).status_code == 404
    log = await desk.client.get("/organizer/audit/quality-2026")
    assert "新建倡议" in log.text


async def test_it_cannot_open_before_there_is_something_to_sign(desk: Site) -> None:
    await _make(desk, **PLAN)
    organizing = desk.services.organizing
    initiative_id = await organizing.initiative_id("quality-2026")
    assert not await organizing.set_status(initiative_id, Status.OPEN, by=OPERATOR)
    home = f"{LIST}/quality-2026"
    token = Page((await desk.client.get(home)).text).value("token")
    times = {"token": token, "opens_at": "2023-09-10T10:30", "closes_at": ""}
    refused = await desk.client.post(f"{home}/schedule", data=times)
    assert refused.status_code == 422
    assert "目前还无法签署" in refused.text


async def test_its_first_text_is_number_one(desk: Site) -> None:
    await _make(desk, **PLAN)
    text = f"{LIST}/quality-2026/text"
    assert (await desk.client.get(f"{text}/1")).status_code == 404
    shown = Page((await desk.client.get(text)).text)
    written = {"title_zh": "示例质量承诺书", "text_zh": "我们承诺。", "action": "publish"}
    await desk.client.post(text, data={**shown.hidden, **written})
    asked = Page((await desk.client.get(f"{text}/publish")).text)
    await desk.client.post(f"{text}/publish", data=asked.hidden)
    assert "我们承诺。" in (await desk.client.get(f"{text}/1")).text
    assert "第 2 版" not in (await desk.client.get(text)).text


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"title_zh": ""}, "title_zh", "至少用一种语言"),
        ({"title_zh": "长" * 101}, "title_zh", "101"),
        ({"slug": ""}, "slug", "请填写"),
        ({"slug": SLUG}, "slug", "已被"),
        ({"slug": f"{SLUG}~jinan"}, "slug", "小写字母"),
        ({"slug": "Quality"}, "slug", "小写字母"),
        ({"slug": "-x"}, "slug", "小写字母"),
        ({"slug": "x" * 81}, "slug", "小写字母"),
        ({"place": " "}, "place", "城市"),
        ({"place": "长" * 101}, "place", "101"),
        ({"date": ""}, "date", "日期"),
        ({"date": "2026-02-30"}, "date", "日期"),
        ({"date": "0000"}, "date", "日期"),
    ],
)
async def test_wrong_fields_are_said_in_place_and_nothing_is_lost(
    desk: Site, typed: dict[str, str], field: str, says: str
) -> None:
    answer = await _make(desk, **{**PLAN, **typed})
    assert answer.status_code == 422
    message = answer.text.partition(f'id="{field}-error">')[2].partition("</p>")[0]
    assert says in message
    for name, value in {**PLAN, **typed}.items():
        assert Page(answer.text).value(name) == value


async def test_a_duplicate_has_everything_but_signatures_links_and_team(desk: Site) -> None:
    await desk.sign_many(1, 2)
    organizing = desk.services.organizing
    await organizing.add_organizer("colleague@example.org", PASSWORD, [SLUG])
    form = Page((await desk.client.get(f"{LIST}?copy={SLUG}")).text)
    assert form.value("title_zh") == "消防产品质量提升倡议书"
    titles = {"title_zh": "示例新倡议书", "title_en": "Another sample"}
    made = await _make(desk, copy=SLUG, slug="again", **titles)
    assert made.headers["location"] == f"{LIST}/again"
    found = await desk.services.publishing.by_slug("again")
    model = await desk.services.publishing.by_slug(SLUG)
    assert found is not None
    assert model is not None
    copy, original = found.initiative, model.initiative
    assert found.standing.status is Status.DRAFT
    assert found.standing.total == 0
    assert copy.title("zh") == "示例新倡议书"
    assert copy.text.texts["zh"].markdown == original.text.texts["zh"].markdown
    assert (copy.organs, copy.privacy, copy.contact) == (
        original.organs,
        original.privacy,
        original.contact,
    )
    assert [(one.key, one.place) for one in copy.meetings] == [
        (one.key, one.place) for one in original.meetings
    ]
    assert not copy.letterings
    assert await organizing.set_status(copy.id, Status.OPEN, by=OPERATOR)
    async with desk.another_client() as client:
        await _log_in(client, "colleague@example.org")
        assert (await client.get(f"{LIST}/again")).status_code == 404


async def test_a_duplicate_takes_what_is_being_written_along(desk: Site) -> None:
    await _make(desk, **PLAN)
    text = f"{LIST}/quality-2026/text"
    shown = Page((await desk.client.get(text)).text)
    written = {"title_zh": "示例质量承诺书", "text_zh": "草稿一行", "action": "save"}
    await desk.client.post(text, data={**shown.hidden, **written})
    made = await _make(desk, copy="quality-2026", slug="quality-2027", title_zh="示例二〇二七")
    assert made.status_code == 303
    copied = (await desk.client.get(f"{LIST}/quality-2027/text")).text
    assert "草稿一行" in copied
    assert "示例二〇二七" in copied


async def test_a_duplicate_without_a_title_is_refused(desk: Site) -> None:
    answer = await _make(desk, copy=SLUG, slug="again", title_zh="示例")
    assert answer.status_code == 422
    assert 'id="title_en-error"' in answer.text


@pytest.mark.parametrize(
    ("role", "status"), [(Role.EDITOR, 303), (Role.STAFF, 403), (Role.VIEWER, 403), (None, 404)]
)
async def test_only_who_may_edit_it_duplicates_it(
    desk: Site, role: Role | None, status: int
) -> None:
    await _make(desk, **PLAN)
    organizing = desk.services.organizing
    made = await organizing.add_organizer("x@example.org", PASSWORD, ["quality-2026"])
    if role:
        async with organizing._database.writing() as connection:
            await organizers.grant(connection, made.id, await organizing.initiative_id(SLUG), role)
    async with desk.another_client() as client:
        await _log_in(client, "x@example.org")
        titles = {"title_zh": "示例", "title_en": "Sample"}
        answer = await _make(desk, client, copy=SLUG, slug="again", **titles)
        assert answer.status_code == status
        offered = f"?copy={SLUG}" in (await client.get(LIST)).text
        assert offered == (status == 303)


async def test_an_account_that_may_not_make_initiatives_makes_none(desk: Site) -> None:
    made = await desk.services.organizing.add_organizer("x@example.org", PASSWORD, [SLUG])
    async with desk.services.organizing._database.writing() as connection:
        await connection.execute(update(organizer).values(creates=organizer.c.id != made.id))
    async with desk.another_client() as client:
        await _log_in(client, "x@example.org")
        assert "新建倡议" not in (await client.get(LIST)).text
        assert (await _make(desk, client, **PLAN)).status_code == 403
