"""`/organizer/signatures/{slug}/{number}/erase`: an owner erases a person."""

import re
from pathlib import Path

import pytest

from pledge.certificate_files import FOLDER
from pledge.domain.rights import OPERATOR
from pledge.domain.signatures import Person
from tests.delegate import Delegate, Page
from tests.handwriting import handwriting, sent
from tests.organizer import Organizer, set_up
from tests.paper import words
from tests.site import SLUG, Site
from tests.web.test_events import served, take

LIST = f"/organizer/signatures/{SLUG}"
ENTRY = f"{LIST}/1"
ERASE = f"{ENTRY}/erase"
INK = sent(handwriting(5))
ENGLISH = {"accept-language": "en"}


@pytest.fixture
async def owner(site: Site) -> Organizer:
    return await set_up(site)


async def _sign(site: Site, company: str = "示例消防科技有限公司", **typed: str) -> str:
    """On a phone of its own; the receipt's path."""
    fields = {
        "company": company,
        "representative": "欧阳某某",
        "title": "质量负责人",
        "phone": "13912345678",
        "publish": "yes",
        "ink": INK,
    }
    async with site.another_client() as phone:
        signed = await Delegate(phone, await site.link()).sign(**fields | typed)
    assert signed.status_code == 303, signed.text
    return str(signed.headers["location"])


async def _swept(site: Site) -> None:
    assert await site.services.sweeping.finish(within=20) is None


async def test_an_owner_erases_a_person_and_the_company_stays(site: Site, owner: Organizer) -> None:
    receipt = await _sign(site)
    asked = await owner.page(ERASE)
    for said in ("姓名、职务、手机号", "登记簿", "无法收回", "无法恢复", "第 1 号随之撤回"):
        assert said in asked.text
    assert ERASE in (await owner.client.get(ENTRY)).text
    done = await owner.post(ERASE, reason="本人申请", confirm="1")
    assert (done.status_code, done.headers["location"]) == (303, f"{ENTRY}?done=erase")
    await _swept(site)
    entry = Page((await owner.client.get(done.headers["location"])).text).text
    assert "数据库文件中已无残留" in entry
    for shown in ("示例消防科技有限公司", "已删除个人信息", "（已删除）", "没有可更正的内容"):
        assert shown in entry
    paths = (ENTRY, LIST, f"/organizer/initiatives/{SLUG}", f"/organizer/audit/{SLUG}", receipt)
    for path in (*paths, f"/i/{SLUG}", f"/i/{SLUG}/signatories", f"/i/{SLUG}/wall"):
        for headers in ({}, ENGLISH):
            answer = await owner.client.get(path, headers=headers)
            assert answer.status_code == 200, path
            for gone in ("欧阳", "质量负责人", "13912345678"):
                assert gone not in answer.text, path
            if path != f"/organizer/audit/{SLUG}" and "audit" not in path:
                assert "示例消防科技" in answer.text, path
    [item] = await site.items()
    assert (item["representative"], item["ink"]) == ("", None)


async def test_a_receipt_says_that_its_person_was_erased(site: Site, owner: Organizer) -> None:
    receipt = await _sign(site)
    await owner.post(ERASE, reason="本人申请", confirm="1")
    text = Page((await site.client.get(receipt)).text).text
    assert "该条目的个人信息已删除" in text
    english = Page((await site.client.get(receipt, headers=ENGLISH)).text).text
    assert "The personal data of this entry has been erased." in english
    assert "示例消防科技有限公司" in english
    await owner.post(ERASE, reason="本人申请", confirm="1", company="yes")
    withdrawn = Page((await site.client.get(receipt)).text).text
    assert "签署已撤回" in withdrawn
    assert "示例消防科技" not in withdrawn
    assert "示例消防科技" not in (await owner.client.get(LIST)).text


@pytest.mark.parametrize(
    ("typed", "said", "in_english"),
    [
        ({"confirm": "1"}, "请填写原因", "Please give a reason"),
        ({"reason": "本人申请"}, "请输入页面上方显示的本条目序号", "Please type the number"),
        (
            {"reason": "本人申请", "confirm": "2"},
            "请输入页面上方显示的本条目序号",
            "type the number",
        ),
        ({"reason": "欧阳某某申请", "confirm": "1"}, "请勿写入当事人", "leave out whom"),
        ({"reason": "长" * 200, "confirm": "1"}, "200", "200"),
    ],
)
async def test_what_is_missing_is_said_and_nothing_is_erased(
    site: Site, owner: Organizer, typed: dict[str, str], said: str, in_english: str
) -> None:
    await _sign(site)
    refused = await owner.post(ERASE, **typed)
    assert refused.status_code == 422
    assert said in refused.text
    assert Page(refused.text).value("reason") == typed.get("reason", "")
    owner.client.headers["accept-language"] = "en"
    assert in_english in (await owner.post(ERASE, **typed)).text
    [item] = await site.items()
    assert item["representative"] == "欧阳某某"


async def test_without_the_pages_token_nothing_is_erased(site: Site, owner: Organizer) -> None:
    await _sign(site)
    for token in ({}, {"token": "made up"}):
        sent = {"reason": "本人申请", "confirm": "1", **token}
        assert (await owner.client.post(ERASE, data=sent)).status_code == 403
    assert [item["representative"] for item in await site.items()] == ["欧阳某某"]


async def test_what_is_erased_is_not_erased_again(site: Site, owner: Organizer) -> None:
    await _sign(site)
    assert (await owner.client.get(f"{LIST}/7/erase")).status_code == 404
    await owner.post(ERASE, reason="本人申请", confirm="1")
    assert "此前已删除" in (await owner.page(ERASE)).text
    again = await owner.post(ERASE, reason="本人申请", confirm="1")
    assert again.status_code == 422
    assert "请勾选此项" in again.text
    whole = await owner.post(ERASE, reason="本人申请", confirm="1", company="yes")
    assert whole.status_code == 303
    for answer in (await owner.client.get(ERASE), await owner.client.get(ERASE, headers=ENGLISH)):
        assert (answer.status_code, answer.headers["location"]) == (303, ENTRY)
    entry = (await owner.client.get(ENTRY)).text
    assert "示例消防科技" not in entry
    assert ERASE not in entry
    assert await site.items() == []


async def test_erased_it_is_not_corrected_but_its_representative_replaced(
    site: Site, owner: Organizer
) -> None:
    await _sign(site)
    await owner.post(ERASE, reason="本人申请", confirm="1")
    page = await owner.client.get(ENTRY)
    assert 'value="correct"' not in page.text
    typed = {"company": "示例电缆有限公司", "representative": "王某某"}
    refused = await owner.post(ENTRY, action="correct", **typed)
    assert refused.status_code == 422
    assert "没有可更正的内容" in refused.text
    done = await owner.post(
        ENTRY, action="replace", representative="王某某", publish="yes", reason="企业来函"
    )
    assert done.status_code == 303
    [item] = await site.items()
    assert (item["number"], item["representative"]) == (2, "王某某")
    assert "王某某" in (await owner.page(f"{LIST}/2")).text


async def test_corrections_and_namesakes_are_named(site: Site, owner: Organizer) -> None:
    await _sign(site)
    await _sign(site, "示例电缆有限公司")
    await _sign(site, "示例阀门有限公司", representative="李某某")
    await owner.post(
        ENTRY, action="correct", company="示例消防科技有限公司", representative="欧阳某某"
    )
    html = (await owner.client.get(ERASE)).text
    assert "系同一次签署经更正形成的条目" in html
    assert re.findall(rf'href="{LIST}/(\d+)"', html) == ["1", "1", "4", "1", "4", "2"]
    english = await owner.client.get(ERASE, headers=ENGLISH)
    assert "are one act of signing" in english.text


async def test_exports_that_are_kept_go_and_it_is_said(site: Site, owner: Organizer) -> None:
    await _sign(site)
    services = site.services
    initiative_id = await services.organizing.initiative_id(SLUG)
    await services.long_exports.stop()  # so that it stays where it is
    source = await services.exporting.source(initiative_id, {"format": ["json"]})
    for _ in range(2):
        await services.long_exports.begin(source, audit_too=False, by=OPERATOR)
    claimed = await services.long_exports._next()
    assert claimed is not None
    done = await owner.post(ERASE, reason="本人申请", confirm="1")
    assert done.headers["location"] == f"{ENTRY}?done=erase-exports"
    assert "正在生成的已取消" in (await owner.page(done.headers["location"])).text
    waiting = await services.long_exports.jobs(initiative_id)
    assert len(waiting) == 1, "what has not begun is made later, of what is left"
    assert claimed.name not in {job.name for job in waiting}


async def test_an_export_says_why_fields_are_empty(site: Site, owner: Organizer) -> None:
    await _sign(site)
    await _sign(site, "示例电缆有限公司", representative="李某某")
    await owner.post(ERASE, reason="本人申请", confirm="1")
    rows = (await site.exported("csv", column=["number", "representative", "erased"])).decode()
    assert rows.splitlines() == ["\ufeff序号,代表姓名,个人信息已删除", "1,,是", "2,李某某,否"]


async def test_whoever_follows_is_told_of_the_company_alone(site: Site, owner: Organizer) -> None:
    """Live, and coming back with a cursor from before."""
    await _sign(site)
    async with served(site) as origin:
        [before] = await take(origin, 1, after="0")
        assert before.data["representative"] == "欧阳某某"
        await owner.post(ERASE, reason="本人申请", confirm="1")
        hidden, signed = await take(origin, 2, after="1")
        assert (hidden.kind, hidden.data["number"]) == ("hidden", 1)
        assert (signed.kind, signed.data["number"]) == ("signed", 1)
        assert (signed.data["representative"], signed.data["ink"]) == ("", None)
        assert signed.data["total"] == 1
        for event in await take(origin, 2, after="0"):
            assert event.data.get("representative", "") == ""
        resumed = await take(origin, 1, **{"last-event-id": "2"})
        assert resumed[0].data["company"] == "示例消防科技有限公司"


async def test_a_rehearsal_is_not_erased(site: Site, owner: Organizer) -> None:
    answer = await owner.client.get(f"/organizer/signatures/{SLUG}~dujiangyan/1/erase")
    assert answer.status_code == 404


async def test_a_wrong_person_in_a_company_of_that_name_keeps_the_company(
    site: Site, owner: Organizer
) -> None:
    """The name of the company holds the person's, and stays unless it is asked for."""
    await _sign(site, "欧阳某某消防商店")
    await site.services.amending.replace(
        await site.services.organizing.initiative_id(SLUG),
        1,
        Person("李某某"),
        by=OPERATOR,
        reason="欧阳某某退休",
    )
    await owner.post(ERASE, reason="本人申请", confirm="1")
    log = (await owner.page(f"/organizer/audit/{SLUG}")).text
    assert "欧阳某某消防商店" in log
    assert "■■退休" in log


async def test_certificates_are_made_anew_without_the_person(
    site: Site, owner: Organizer, tmp_path: Path
) -> None:
    receipt = await _sign(site)
    kept = tmp_path / "data" / FOLDER
    before = await site.client.get(f"{receipt}/certificate.pdf")
    assert before.status_code == 200
    assert "欧阳某某" in words(before.content)
    made = {path.name for path in kept.rglob("*.pdf")}
    assert made
    await owner.post(ERASE, reason="本人申请", confirm="1")
    await _swept(site)
    assert list(kept.rglob("*.pdf")) == []
    after = await site.client.get(f"{receipt}/certificate.pdf")
    text = words(after.content)
    assert "欧阳" not in text
    assert "示例消防科技有限公司" in text
    [item] = re.findall(r"CY-\d+-\d+-\d", text)[:1]
    checked = await site.client.get(f"/v/{item}")
    assert checked.status_code == 200
    assert "示例消防科技" in checked.text
    assert "欧阳" not in checked.text
    assert not {path.name for path in kept.rglob("*.pdf")} & made
