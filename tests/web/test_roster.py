"""`/organizer/roster/{slug}`: from an Excel file to who has not signed yet."""

import csv
import io
import re

import pytest

from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from tests.delegate import Delegate, Page
from tests.site import SLUG, Site

EMAIL, PASSWORD = "organizer@example.org", "a long enough password"
ROSTER = f"/organizer/roster/{SLUG}"

FILE = """参会企业名单,,,,
企业名称,统一社会信用代码,手机,桌号,传真
示例一有限公司,91510000MA0000001F,13800000000,A1,028-1
示例二有限公司,9.1510E+17,2023/8/10,A1,
示例三有限公司,,13900000000,B2,
""".encode("gb18030")


@pytest.fixture
async def desk(site: Site) -> Site:
    await site.services.organizing.add_organizer(EMAIL, PASSWORD)
    form = Page((await site.client.get("/organizer/login")).text)
    fields = {"email": EMAIL, "password": PASSWORD, **form.hidden}
    assert (await site.client.post("/organizer/login", data=fields)).status_code == 303
    return site


async def _upload(site: Site, content: bytes = FILE, name: str = "名单.csv") -> str:
    """Sends the file in; the address at which it is looked through."""
    token = Page((await site.client.get(ROSTER)).text).value("token")
    answer = await site.client.post(
        ROSTER,
        data={"token": token, "meeting": "dujiangyan"},
        files={"file": (name, content, "text/csv")},
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def _press(site: Site, check: str, action: str, **corrected: str) -> str:
    html = (await site.client.get(check)).text
    boxes = re.findall(r'type="checkbox" name="([^"]+)"', html)
    fields = {name: Page(html).value(name) for name in Page(html).inputs if name not in boxes}
    for block in re.findall(r"<select.*?</select>", html, re.S):
        chosen = re.search(r'<option value="([a-z]+)" selected>', block)
        named = re.search(r'name="([^"]+)"', block)
        assert named
        fields[named[1]] = chosen[1] if chosen else ""
    answer = await site.client.post(check, data={**fields, **corrected, "action": action})
    assert answer.status_code in (200, 303), answer.text
    return answer.headers.get("location", "") or answer.text


async def test_problems_are_shown_before_anything_is_stored(desk: Site) -> None:
    check = await _upload(desk)
    page = Page((await desk.client.get(check)).text)
    for words in ("2行可导入", "1行有误", "第 4 行", "已将代码舍入", "这是日期"):
        assert words in page.text, words
    assert page.value("fix-4-uscc") == "9.1510E+17"
    assert "名册为空" in (await desk.client.get(ROSTER)).text


async def test_rows_are_corrected_or_left_out_and_the_rest_is_invited(desk: Site) -> None:
    check = await _upload(desk)
    corrected = {"fix-4-uscc": "91510000MA0000002J", "fix-4-phone": ""}
    again = await _press(desk, check, "check", **corrected)
    assert "3行可导入" in Page(again).text
    home = await _press(desk, check, "import", **corrected)
    assert "added=3" in home
    page = await desk.client.get(home)
    assert "新增 3 家" in page.text
    assert (await desk.client.get(check)).status_code == 303  # done with


async def test_a_row_is_left_out_by_a_tick_and_stays_so(desk: Site) -> None:
    check = await _upload(desk)
    again = await _press(desk, check, "check", **{"skip-4": "1", "skip-5": "1"})
    assert "2行已跳过" in Page(again).text
    assert Page(again).value("skip-5") == "1"
    home = await _press(desk, check, "import", **{"skip-4": "1", "skip-5": "1"})
    assert "added=1" in home


async def test_every_problem_row_can_be_taken_away_with_its_reason(desk: Site) -> None:
    check = await _upload(desk)
    answer = await _press(desk, check, "download")
    [row] = csv.DictReader(io.StringIO(answer.lstrip("\ufeff")))
    assert (row["行号"], row["企业名称"]) == ("4", "示例二有限公司")
    assert "舍入" in row["问题"]
    assert "日期" in row["问题"]


async def test_a_company_is_taken_off_and_its_link_admits_nobody(desk: Site) -> None:
    check = await _upload(desk)
    await _press(desk, check, "import", **{"skip-4": "1"})
    page = (await desk.client.get(ROSTER)).text
    [link] = re.findall(r'示例一<wbr>有限公司.*?href="[^"]*(/s/[A-Z0-9]+)"', page, re.S)
    [invitation] = re.findall(r'示例一<wbr>有限公司.*?name="invitation" value="(\d+)"', page, re.S)
    token = Page(page).value("token")
    for expected in ("示例一有限公司 已移出名册", ""):
        answer = await desk.client.post(
            f"{ROSTER}/remove", data={"token": token, "invitation": invitation}
        )
        assert answer.status_code == 303
        shown = Page((await desk.client.get(answer.headers["location"])).text).text
        assert expected in shown
    assert (await desk.client.get(link)).status_code == 410
    assert "示例一有限公司" not in Page((await desk.client.get(ROSTER)).text).text
    log = Page((await desk.client.get(f"/organizer/audit/{SLUG}")).text).text
    assert log.count("移出名册示例一有限公司") == 1


async def test_each_company_has_a_link_and_leaves_the_missing_by_signing(desk: Site) -> None:
    await _press(desk, await _upload(desk), "import")
    page = (await desk.client.get(ROSTER)).text
    [first, _other] = re.findall(r'href="http://pledge.test(/s/[A-Z2-7]+)"', page)
    form = await Delegate(desk.client, first).open()
    assert form.value("company") == "示例一有限公司"
    assert form.value("uscc") == "91510000MA0000001F"
    assert (await Delegate(desk.client, first).post(form)).status_code == 303
    missing = Page((await desk.client.get(ROSTER)).text).text
    assert "示例三有限公司" in missing
    assert "示例一有限公司" not in missing
    table = (await desk.client.get(f"{ROSTER}/missing.csv")).content.decode("utf-8-sig")
    assert [row["企业名称"] for row in csv.DictReader(io.StringIO(table))] == ["示例三有限公司"]
    state = (await desk.client.get(f"/i/{SLUG}/wall.json")).json()
    assert (state["invited"], state["total"]) == (2, 1)
    assert await desk.services.rehearsing.start(
        await desk.services.organizing.initiative_id(SLUG), "jinan", by=OPERATOR
    )
    elsewhere = (await desk.client.get(f"/i/{SLUG}/wall.json?meeting=jinan")).json()
    assert elsewhere["invited"] == 0


async def test_a_signature_by_another_way_counts_by_identity(desk: Site) -> None:
    await _press(desk, await _upload(desk), "import")
    poster = await desk.delegate(kind=LinkKind.POSTER)
    await poster.sign(company="示例改名有限公司", uscc="91510000MA0000001F")
    assert "示例一有限公司" not in Page((await desk.client.get(ROSTER)).text).text


async def test_near_names_are_suggested_and_merged_only_when_confirmed(desk: Site) -> None:
    await _press(desk, await _upload(desk), "import")
    poster = await desk.delegate(kind=LinkKind.POSTER)
    await poster.sign(company="示例三（四川）有限责任公司")
    page = Page((await desk.client.get(ROSTER)).text)
    assert "疑似同一企业" in page.text
    assert "示例三有限公司" in page.text
    fields = {"token": page.value("token"), "invitation": page.value("invitation"), "number": "2"}
    assert (await desk.client.post(f"{ROSTER}/confirm", data=fields)).status_code == 303
    assert "疑似同一企业" in Page((await desk.client.get(ROSTER)).text).text  # no such signature
    fields["number"] = "1"
    assert (await desk.client.post(f"{ROSTER}/confirm", data=fields)).status_code == 303
    page = Page((await desk.client.get(ROSTER)).text)
    assert "疑似同一企业" not in page.text
    assert "示例三有限公司" not in page.text


async def test_imported_again_it_is_brought_up_to_date(desk: Site) -> None:
    await _press(desk, await _upload(desk), "import")
    changed = FILE.decode("gb18030").replace("B2", "C9").encode("gb18030")
    home = await _press(desk, await _upload(desk, changed), "import")
    assert "added=0&changed=1" in home
    assert "C9" in (await desk.client.get(ROSTER)).text


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "没有数据"), (b"PK\x03\x04x", "无法读取"), (b"x," * 100, "文件过大")],
)
async def test_a_file_that_is_none_is_said_at_the_field(
    desk: Site, content: bytes, says: str
) -> None:
    token = Page((await desk.client.get(ROSTER)).text).value("token")
    answer = await desk.client.post(
        ROSTER, data={"token": token}, files={"file": ("x.csv", content, "text/csv")}
    )
    assert answer.status_code == 422
    assert says in answer.text


async def test_nobody_else_sees_a_roster(desk: Site) -> None:
    check = await _upload(desk)
    async with desk.another_client() as stranger:
        for path in (ROSTER, check, f"{ROSTER}/missing.csv"):
            assert (await stranger.get(path)).status_code == 303
    await desk.services.organizing.add_organizer("other@example.org", PASSWORD)
    async with desk.services.organizing._database.writing() as connection:
        await connection.exec_driver_sql("DELETE FROM role WHERE organizer_id = 2")
    async with desk.another_client() as other:
        form = Page((await other.get("/organizer/login")).text)
        fields = {"email": "other@example.org", "password": PASSWORD, **form.hidden}
        await other.post("/organizer/login", data=fields)
        for path in (ROSTER, check, f"{ROSTER}/missing.csv"):
            assert (await other.get(path)).status_code == 404


async def test_five_thousand_rows_go_in(desk: Site) -> None:
    rows = "".join(f"示例第{number}号有限公司,A{number % 60}\n" for number in range(5000))
    home = await _press(desk, await _upload(desk, f"企业,桌号\n{rows}".encode()), "import")
    assert "added=5000" in home
    page = (await desk.client.get(ROSTER)).text
    assert "应邀 5000 家" in Page(page).text
