"""`/r/{id}/certificate.pdf` and `.png`: what a certificate says, who gets one, and what is kept."""

import asyncio
import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from pypdf import PdfReader

from pledge import certifying
from pledge.certifying import PICTURE_SIZE
from pledge.content import read_content
from pledge.domain.certificates import CertificateNumber, parsed_number
from pledge.domain.initiatives import Approval
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.presses import MOST_WAITING
from pledge.sealing import Seal
from tests.handwriting import handwriting, sent
from tests.paper import codes, fonts, millimetres, words
from tests.site import ORIGIN, SAMPLE, SLUG, Site
from tests.test_glyphs import NOWHERE
from tests.web.organizer import log_in

INK = sent(handwriting(5))
LONG = "示例省示例市示例高新技术产业开发区消防安全设备与应急救援装备研发制造集团股份有限公司"
LATIN = "Exampleshire International Fire Protection Equipment Manufacturing (Łódź) Company Limited"


async def _signed(site: Site, **typed: Any) -> str:
    """The path of a new receipt."""
    answer = await (await site.delegate()).sign(**typed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def _fetched(site: Site, receipt: str, form: str, **query: str) -> bytes:
    answer = await site.client.get(f"{receipt}/certificate.{form}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_the_pdf_says_what_was_signed(site: Site) -> None:
    receipt = await _signed(site, publish="yes", ink=INK)
    answer = await site.client.get(f"{receipt}/certificate.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    number = re.findall(r'filename="(CY-20230810-0001-\d)\.pdf"', _disposition(answer))[0]
    assert parsed_number(number) == CertificateNumber(1, "20230810", 1)
    said = words(answer.content)
    for expected in (
        "签署证书",
        "示例消防科技有限公司",
        "于二〇二三年八月十日签署《消防产品质量提升倡议书》，",
        "郑重承诺恪守各项约定，接受社会监督。特发此证。",
        "应急管理部消防产品合格评定中心",
        "应急管理部四川消防研究所",
        f"证书编号{number}",
        "企业代表张某某",
        "签署时间2023-08-1010:00:00",
        "签署场次四川·都江堰",
        "不构成合同，不具公章效力，亦非产品认证",
        f"{urlsplit(site.services.registering.site).netloc}/verify",
    ):
        assert expected in said, expected
    assert re.search("核验码[0-9A-HJKMNP-TV-Z]{8}", said)
    assert millimetres(answer.content) == (297, 210)
    [page] = PdfReader(io.BytesIO(answer.content)).pages
    assert "/XObject" not in page["/Resources"] or not page.images  # type: ignore[operator]
    embedded = fonts(answer.content)
    assert all(embedded.values())
    assert all(re.match("[A-Z]{6}\\+Pledge", name) for name in embedded)
    reader = PdfReader(io.BytesIO(answer.content))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"].lower().startswith("zh")
    assert reader.metadata is not None
    assert reader.metadata.title == f"《消防产品质量提升倡议书》签署证书 {number}"


async def test_the_picture_fits_an_album_and_its_code_leads_to_the_check(site: Site) -> None:
    for company in ("示例消防科技有限公司", LONG, LATIN):
        receipt = await _signed(site, company=company, publish="yes", ink=INK)
        for language in ("zh", "en"):
            answer = await site.client.get(f"{receipt}/certificate.png?lang={language}")
            assert answer.headers["content-type"] == "image/png"
            assert _disposition(answer).startswith("inline")
            number = re.findall(r'filename="(.+)\.png"', _disposition(answer))[0]
            assert len(answer.content) < 200_000
            with Image.open(io.BytesIO(answer.content)) as picture:
                assert picture.size == PICTURE_SIZE
            assert codes(answer.content) == [f"{site.services.registering.site}/v/{number}"]


async def test_no_request_decides_where_its_code_leads(site: Site) -> None:
    receipt = await _signed(site)
    elsewhere = {"Host": "pledge.example", "X-Forwarded-Host": "pledge.example"}
    answer = await site.client.get(f"{receipt}/certificate.png", headers=elsewhere)
    [address] = codes(answer.content)
    assert address.startswith(f"{site.services.registering.site}/v/")


async def test_in_english_all_of_it_is(site: Site) -> None:
    receipt = await _signed(site, company="Example Fire Protection Limited", representative="Li Si")
    said = words(await _fetched(site, receipt, "pdf", lang="en"))
    for expected in ("CertificateofSigning", "on10August2023", "Dujiangyan,Sichuan", "SignedbySi"):
        assert expected in said
    assert not re.search("[\u4e00-\u9fff]", said)


@pytest.mark.parametrize("company", [LONG, LATIN, "示例"])
async def test_no_name_is_cut(site: Site, company: str) -> None:
    receipt = await _signed(site, company=company)
    for language in ("zh", "en"):
        content = await _fetched(site, receipt, "pdf", lang=language)
        assert len(PdfReader(io.BytesIO(content)).pages) == 1
        assert company.replace(" ", "") in words(content)


async def test_without_consent_it_says_the_surname_and_shows_no_hand(site: Site) -> None:
    agreed = await _signed(site, publish="yes", ink=INK)
    refused = await _signed(site, company="示例二公司", ink=INK)
    silent = await _signed(site, company="示例三公司", ink=INK)
    with_hand, without = [await _fetched(site, one, "pdf") for one in (agreed, refused)]
    assert "手写签名" in words(with_hand)
    assert "手写签名" not in words(without)
    assert "企业代表张签署时间" in words(without)
    assert "张某某" not in words(without)
    await _arranged(site, representatives=False)
    assert "企业代表" not in words(await _fetched(site, silent, "pdf"))


async def test_none_of_what_is_not_in_the_register_or_not_public(site: Site) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    receipts = [await _signed(site, company=f"示例{n}公司") for n in "一二三"]
    moderating = site.services.moderating
    await moderating.hide(initiative_id, 1, by=OPERATOR)
    await site.services.amending.withdraw(initiative_id, 2, by=OPERATOR, reason="测试")
    await moderating.set_approval(initiative_id, Approval.ALL, by=OPERATOR)
    receipts.append(await _signed(site, company="示例四公司"))
    for place, reason in ((0, "未公示"), (1, "已失效"), (3, "尚待组织方审核")):
        for form in ("pdf", "png"):
            answer = await site.client.get(f"{receipts[place]}/certificate.{form}")
            assert answer.status_code == 409
            assert reason in answer.text
        page = (await site.client.get(receipts[place])).text
        assert "certificate.p" not in page
        assert "证书编号" not in page
        assert "已列入签署名录" not in page
    assert (await site.client.get(f"{receipts[2]}/certificate.pdf")).status_code == 200
    await moderating.approve(initiative_id, 4, by=OPERATOR)
    assert (await site.client.get(f"{receipts[3]}/certificate.pdf")).status_code == 200
    for form in ("pdf", "png"):
        answer = await site.client.get(f"/r/nothing/certificate.{form}")
        assert answer.status_code == 404
    assert (await site.client.get(f"{receipts[2]}/certificate.svg")).status_code == 404


async def test_a_rehearsal_has_none(site: Site) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    await site.services.rehearsing.start(initiative_id, "dujiangyan", by=OPERATOR)
    receipt = await _signed(site)
    answer = await site.client.get(f"{receipt}/certificate.pdf")
    assert answer.status_code == 409
    assert "彩排不颁发证书" in answer.text
    assert "receipt.json" not in (await site.client.get(receipt)).text


async def test_the_receipt_shows_it_and_says_the_same_in_words(site: Site) -> None:
    receipt = await _signed(site, publish="yes", ink=INK)
    page = (await site.client.get(receipt)).text
    [picture] = re.findall("<img [^>]*>", page)
    width, height = PICTURE_SIZE
    assert f'width="{width}" height="{height}"' in picture
    for said in (
        "CY-20230810-0001",
        "示例消防科技有限公司",
        "张某某",
        "《消防产品质量提升倡议书》",
    ):
        assert said in picture
    [source] = re.findall('src="([^"]+)"', picture)
    assert (await site.client.get(source)).headers["content-type"] == "image/png"
    assert "长按证书，选择“保存图片”" in page
    assert f'href="{ORIGIN}{receipt}/certificate.pdf?lang=zh" download' in page
    assert f'href="{ORIGIN}{receipt}/receipt.json"' in page
    assert 'href="/verify"' in page


async def test_on_a_kiosk_it_is_taken_along_and_soon_gone(site: Site) -> None:
    kiosk = await site.delegate(kind=LinkKind.KIOSK)
    receipt = (await kiosk.sign()).headers["location"]
    page = (await site.client.get(receipt)).text
    assert "<img" not in page
    site.clock.pass_(minutes=3)
    later = await site.client.get(f"{receipt}/certificate.png")
    assert (later.status_code, later.headers["location"]) == (303, kiosk.link)
    async with site.another_client() as phone:
        assert (await phone.get(f"{receipt}/certificate.png")).status_code == 200


async def test_asked_again_it_is_the_same_and_only_as_long_as_it_says_the_same(
    site: Site, tmp_path: Path
) -> None:
    receipt = await _signed(site)
    first = await _fetched(site, receipt, "png")
    [kept] = _kept(tmp_path)
    made_at = kept.stat().st_mtime_ns
    assert await _fetched(site, receipt, "png") == first
    assert [path.stat().st_mtime_ns for path in _kept(tmp_path)] == [made_at]
    await _arranged(site, representatives=False)
    assert await _fetched(site, receipt, "png") != first
    [other] = _kept(tmp_path)
    assert other != kept
    await _fetched(site, receipt, "pdf")
    await _fetched(site, receipt, "png", lang="en")
    assert len(_kept(tmp_path)) == 3
    await site.services.certifying.forget(1, [1])
    assert _kept(tmp_path) == []


async def test_another_design_or_seal_is_never_answered_with_what_was_kept(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = await _signed(site)
    await _fetched(site, receipt, "pdf")
    [kept] = _kept(tmp_path)
    monkeypatch.setattr(certifying, "_design", lambda: b"of another version")
    await _fetched(site, receipt, "pdf")
    [redesigned] = _kept(tmp_path)
    assert redesigned.name != kept.name
    seal = Seal(b"another certificate", "", site.clock.now)
    monkeypatch.setattr(site.services.certifying, "_seal", seal)
    await _fetched(site, receipt, "pdf")
    [sealed] = _kept(tmp_path)
    assert sealed.name != redesigned.name


async def test_of_a_person_who_is_erased_no_certificate_tells(site: Site, tmp_path: Path) -> None:
    receipt = await _signed(site, publish="yes", ink=INK)
    for form in ("pdf", "png"):
        await _fetched(site, receipt, form)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    await site.services.erasing.erase(initiative_id, [1], by=OPERATOR, reason="测试")
    await site.services.sweeping.finish(within=20)
    assert _kept(tmp_path) == []
    said = words(await _fetched(site, receipt, "pdf"))
    assert "张" not in said
    assert "手写签名" not in said
    assert "示例消防科技有限公司" in said


async def test_whoever_asks_at_once_shares_one_making(site: Site, tmp_path: Path) -> None:
    receipt = await _signed(site)
    answers = await asyncio.gather(*(_fetched(site, receipt, "png") for _ in range(20)))
    assert len(set(answers)) == 1
    assert len(_kept(tmp_path)) == 1


async def test_the_page_that_checks_it_shows_the_same_code(site: Site) -> None:
    receipt = await _signed(site)
    [address] = codes(await _fetched(site, receipt, "png"))
    [code] = re.findall("核验码([0-9A-Z]{8})", words(await _fetched(site, receipt, "pdf")))
    page = await site.client.get(address.removeprefix(site.services.registering.site))
    assert page.status_code == 200
    assert f"{code[:4]} {code[4:]}" in page.text


async def test_it_names_the_text_that_was_signed(site: Site) -> None:
    receipt = await _signed(site)
    content = read_content(SAMPLE)
    texts = {tag: replace(text, title=f"新{text.title}") for tag, text in content.texts.items()}
    await site.services.organizing.import_initiative(replace(content, texts=texts))
    assert "签署《消防产品质量提升倡议书》" in words(await _fetched(site, receipt, "pdf"))
    later = await _signed(site, company="示例二公司")
    assert "签署《新消防产品质量提升倡议书》" in words(await _fetched(site, later, "pdf"))


async def test_head_says_how_large_it_is(site: Site) -> None:
    receipt = await _signed(site)
    answer = await site.client.head(f"{receipt}/certificate.pdf")
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 10_000


async def test_too_many_at_once_are_asked_to_come_again(site: Site) -> None:
    receipt = await _signed(site)
    presses = site.services.certifying._presses
    presses._waiting = MOST_WAITING
    answer = await site.client.get(f"{receipt}/certificate.png")
    presses._waiting = 0
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "您的签署已经生效" in answer.text


async def test_a_character_that_no_font_has_aborts_nothing_and_organizers_are_told(
    site: Site, tmp_path: Path
) -> None:
    receipt = await _signed(site, company=f"示例{NOWHERE}有限公司")
    said = words(await _fetched(site, receipt, "pdf"))
    assert "示例〓有限公司" in said
    assert codes(await _fetched(site, receipt, "png"))
    assert _kept(tmp_path) == []  # a font may come
    await log_in(site)
    page = (await site.client.get(f"/organizer/signatures/{SLUG}/1")).text
    assert "没有字体可用于下列字符" in page
    assert "U+10FFFD" in page


async def test_what_was_typed_is_never_markup(site: Site) -> None:
    company = '#panic("示例") $x$ *a* [b] \\公司'
    receipt = await _signed(site, company=company)
    assert company.replace(" ", "") in words(await _fetched(site, receipt, "pdf"))


async def _arranged(site: Site, **shows: bool) -> None:
    """What is shown of signatures is changed."""
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    arranging = site.services.arranging
    now = (await arranging.arranged(initiative_id)).arrangement
    wanted = replace(now, shows=replace(now.shows, **shows))
    await arranging.arrange(initiative_id, wanted, seen=now.mark, by=OPERATOR)


def _disposition(answer: Any) -> str:
    return str(answer.headers["content-disposition"])


def _kept(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "data/certificates").rglob("*") if path.is_file()]
