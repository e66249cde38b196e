"""The organizer's console, as far as it goes: set-up, login, numbers, opening, downloads."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from starlette.routing import Route

from pledge.content import read_content
from pledge.domain.rights import Right, Role
from pledge.store import organizers
from pledge.web.routes import ROUTES
from tests.delegate import Delegate, Page
from tests.site import SAMPLE, SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
HOME = f"/organizer/initiatives/{SLUG}"


async def _set_up(site: Site, **typed: str) -> httpx.Response:
    path = f"/organizer/setup/{site.services.tokens.setup()}"
    form = Page((await site.client.get(path)).text)
    fields = {"email": EMAIL, "password": PASSWORD, "again": PASSWORD, **form.hidden, **typed}
    return await site.client.post(path, data=fields)


async def _log_in(client: httpx.AsyncClient, **typed: str) -> httpx.Response:
    form = Page((await client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden, **typed}
    return await client.post("/organizer/login", data=fields)


async def _press(site: Site, path: str, **fields: str) -> httpx.Response:
    token = Page((await site.client.get(HOME)).text).value("token")
    return await site.client.post(path, data={"token": token, **fields})


@pytest.fixture
async def organized(site: Site) -> Site:
    assert (await _set_up(site)).status_code == 303
    return site


async def test_the_one_time_link_sets_a_password_and_logs_in(site: Site) -> None:
    answer = await _set_up(site)
    assert (answer.status_code, answer.headers["location"]) == (303, "/organizer/initiatives")
    assert "消防产品质量提升倡议书" in (await site.client.get("/organizer/initiatives")).text


async def test_the_one_time_link_works_once(organized: Site) -> None:
    path = f"/organizer/setup/{organized.services.tokens.setup()}"
    assert (await organized.client.get(path)).status_code == 410
    assert (await organized.client.post(path, data={})).status_code == 410


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"email": "nobody"}, "电子邮箱"),
        ({"password": "short", "again": "short"}, "10"),
        ({"again": "another long password"}, "不一致"),
    ],
)
async def test_a_wrong_account_is_said_at_its_field(
    site: Site, typed: dict[str, str], says: str
) -> None:
    answer = await _set_up(site, **typed)
    assert answer.status_code == 422
    assert says in Page(answer.text).text
    assert PASSWORD not in answer.text


async def test_logging_in_and_out(organized: Site) -> None:
    async with organized.another_client() as client:
        refused = await client.get(HOME)
        assert httpx.URL(refused.headers["location"]).params["next"] == HOME
        posted = await client.post(f"{HOME}/state", data={"status": "closed"})
        assert httpx.URL(posted.headers["location"]).params["next"] == "/organizer/initiatives"
        entered = await _log_in(client, next=HOME)
        assert (entered.status_code, entered.headers["location"]) == (303, HOME)
        token = Page((await client.get(HOME)).text).value("token")
        assert (await client.post("/organizer/logout", data={"token": token})).status_code == 303
        assert (await client.get(HOME)).status_code == 303


async def test_a_wrong_password_and_an_unknown_address_are_told_alike(organized: Site) -> None:
    async with organized.another_client() as client:
        wrong = await _log_in(client, password="not this one, sorry")
        unknown = await _log_in(client, email="nobody@example.org")
    assert wrong.status_code == unknown.status_code == 422
    message = "电子邮箱或密码不正确"
    assert message in Page(wrong.text).text
    assert message in Page(unknown.text).text


async def test_logins_are_throttled_by_account_and_recover(organized: Site) -> None:
    async with organized.another_client() as client:
        wrong = [await _log_in(client, password="wrong wrong wrong") for _ in range(11)]
        assert [answer.status_code for answer in wrong] == [422] * 10 + [429]
        assert (await _log_in(client)).status_code == 429
        colleague = await _log_in(client, email="colleague@example.org")
        assert colleague.status_code == 422
        organized.clock.pass_(minutes=16)
        assert (await _log_in(client)).status_code == 303


async def test_wrong_passwords_that_come_at_once_are_throttled_too(organized: Site) -> None:
    async with organized.another_client() as client:
        token = Page((await client.get("/organizer/login")).text).value("token")
        wrong = {"email": EMAIL, "password": "wrong password", "token": token}
        answers = await asyncio.gather(
            *(client.post("/organizer/login", data=wrong) for _ in range(14))
        )
    assert sorted(answer.status_code for answer in answers) == [422] * 10 + [429] * 4


async def test_a_new_password_ends_sessions_and_gives_no_more_rights(organized: Site) -> None:
    organizing = organized.services.organizing
    content = replace(read_content(SAMPLE), slug="other")
    await organizing.add_organizer("other@example.org", PASSWORD, [SLUG])
    await organizing.import_initiative(content, ["other@example.org"])
    await organizing.add_organizer(EMAIL, "another long password")
    assert (await organized.client.get(HOME)).status_code == 303
    async with organized.another_client() as client:
        await _log_in(client, password="another long password")
        assert (await client.get(HOME)).status_code == 200
        assert (await client.get("/organizer/initiatives/other")).status_code == 404


async def test_an_imported_initiative_is_the_only_organizers(organized: Site) -> None:
    content = replace(read_content(SAMPLE), slug="other")
    assert await organized.services.organizing.import_initiative(content) == "created"
    assert (await organized.client.get("/organizer/initiatives/other")).status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.test/", "//elsewhere.test", "/i/x"])
async def test_a_login_never_leads_out_of_the_console(organized: Site, elsewhere: str) -> None:
    async with organized.another_client() as client:
        entered = await _log_in(client, next=elsewhere)
        assert entered.headers["location"] == "/organizer/initiatives"


async def test_forms_of_the_console_need_their_token(organized: Site) -> None:
    for fields in ({"status": "closed"}, {"status": "closed", "token": "rubbish"}):
        answer = await organized.client.post(f"{HOME}/state", data=fields)
        assert answer.status_code == 403
    async with organized.another_client() as client:
        await _log_in(client)
        stolen = Page((await client.get(HOME)).text).value("token")
    answer = await organized.client.post(
        f"{HOME}/state", data={"status": "closed", "token": stolen}
    )
    assert answer.status_code == 403


async def test_sessions_run_out(organized: Site) -> None:
    organized.clock.pass_(hours=13)
    assert (await organized.client.get(HOME)).status_code == 303


async def test_closing_and_opening(organized: Site) -> None:
    link = await organized.link()
    assert (await _press(organized, f"{HOME}/state", status="closed")).status_code == 303
    assert (await organized.client.get(link)).status_code == 410
    assert (await _press(organized, f"{HOME}/state", status="open")).status_code == 303
    assert (await organized.client.get(link)).status_code == 200
    assert (await _press(organized, f"{HOME}/state", status="draft")).status_code == 400


async def test_the_page_shows_numbers_and_the_newest(organized: Site) -> None:
    delegate = await organized.delegate(meeting="jinan")
    await delegate.sign(representative="李某某", title="总经理")
    page = Page((await organized.client.get(HOME)).text)
    for shown in ("示例消防科技有限公司", "李某某", "总经理", "山东·济南"):
        assert shown in page.text


async def test_nobody_sees_an_initiative_they_have_no_role_in(organized: Site) -> None:
    await organized.services.organizing.add_organizer("other@example.org", PASSWORD, [SLUG])
    async with organized.services.organizing._database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM role WHERE organizer_id = 2")
    async with organized.another_client() as client:
        await _log_in(client, email="other@example.org")
        assert SLUG not in (await client.get("/organizer/initiatives")).text
        for path in (HOME, f"/organizer/exports/{SLUG}.csv", f"/organizer/exports/{SLUG}.json"):
            assert (await client.get(path)).status_code == 404
        token = Page((await client.get("/organizer/initiatives")).text).value("token")
        answer = await client.post(f"{HOME}/state", data={"token": token, "status": "closed"})
        assert answer.status_code == 404


def _console_routes() -> list[tuple[str, str, Right]]:
    """Every address of the console that names an initiative: method, path, the right it asks."""
    found = []
    for route in ROUTES:
        if isinstance(route, Route) and route.path.startswith("/organizer/"):
            path = re.sub(r"{\w+:number}", "1", route.path).replace("{slug}", SLUG)
            path = path.replace("{format}", "csv")
            path = re.sub(r"{\w+}", "x", path)
            rights = getattr(route.endpoint, "rights", {})
            for method in sorted((route.methods or set()) - {"HEAD"}):
                if "{slug}" in route.path:
                    assert rights.get(method), f"{route.path} asks for no right"
                    found.append((method, path, rights[method]))
    return found


@asynccontextmanager
async def _organizer(site: Site, role: Role | None) -> AsyncIterator[httpx.AsyncClient]:
    """Logged in, with a role in the sample initiative or only in another one."""
    content = replace(read_content(SAMPLE), slug="other")
    await site.services.organizing.import_initiative(content)
    made = await site.services.organizing.add_organizer("x@example.org", PASSWORD, ["other"])
    if role:
        initiative_id = await site.services.organizing.initiative_id(SLUG)
        async with site.services.organizing._database.writing() as connection:
            await organizers.grant(connection, made.id, initiative_id, role)
    async with site.another_client() as client:
        await _log_in(client, email="x@example.org")
        yield client


async def test_every_address_of_the_console_asks_who_is_there(organized: Site) -> None:
    async with organized.another_client() as stranger:
        for method, path, _right in _console_routes():
            answer = await stranger.request(method, path)
            assert answer.status_code == 303, path
            assert answer.headers["location"].startswith("/organizer/login")
            if method == "POST":
                assert (await organized.client.post(path)).status_code == 403, path


@pytest.mark.parametrize("role", [None, *Role])
async def test_every_address_of_the_console_opens_to_its_roles_alone(
    organized: Site, role: Role | None
) -> None:
    """All addresses, as the route table has them, by all roles: a new one can't be forgotten."""
    async with _organizer(organized, role) as client:
        token = Page((await client.get("/organizer/initiatives/other")).text).value("token")
        for method, path, right in _console_routes():
            data = {"token": token} if method == "POST" else None
            answer = await client.request(method, path, data=data)
            if role is None:
                assert answer.status_code == 404, (method, path)
            elif right not in role.rights:
                assert answer.status_code == 403, (method, path)
            else:
                assert answer.status_code not in (403, 500), (method, path)
        listed = SLUG in (await client.get("/organizer/initiatives")).text
        assert listed == (role is not None)


@pytest.mark.parametrize("number", ["0", str(2**31), "9" * 18, str(2**63), "9" * 5000])
async def test_a_number_that_there_is_not_is_not_found(organized: Site, number: str) -> None:
    token = Page((await organized.client.get(HOME)).text).value("token")
    found = [route for route in ROUTES if isinstance(route, Route) and ":number}" in route.path]
    assert found
    for route in found:
        path = re.sub(r"{\w+:number}", number, route.path).replace("{slug}", SLUG)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            data = {"token": token, "action": "remove"} if method == "POST" else None
            answer = await organized.client.request(method, path, data=data)
            assert answer.status_code in (303, 400, 404), (method, path)


async def test_downloads_hold_what_was_typed(organized: Site) -> None:
    delegate = Delegate(organized.client, await organized.link())
    await delegate.sign(
        company="示例𠮷野（四川）有限公司",
        uscc="91510000MA0000001F",
        representative="𠮷某",
        title="=1+1",
        phone="+86 13800000000",
    )
    answer = await organized.client.get(f"/organizer/exports/{SLUG}.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="{SLUG}.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert row["序号"] == "1"
    assert row["企业名称"] == "示例𠮷野（四川）有限公司"
    assert row["统一社会信用代码"] == "91510000MA0000001F"
    assert row["代表姓名"] == "𠮷某"
    assert row["职务"] == "'=1+1"
    assert row["手机号"] == "'+86 13800000000"
    assert row["场次"] == "四川·都江堰"
    assert row["身份依据"] == "公开链接"
    assert row["签署时间"].startswith("2023-08-10T10:")
    [item] = json.loads((await organized.client.get(f"/organizer/exports/{SLUG}.json")).content)[
        "items"
    ]
    assert (item["title"], item["phone"]) == ("=1+1", "+86 13800000000")
    assert (await organized.client.get(f"/organizer/exports/{SLUG}.doc")).status_code == 404
