"""What is exported is what was signed; for the public, nothing that is private."""

import csv
import io
import json
import re
import subprocess
import tracemalloc
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from pledge.domain.exports import Choice, EntryState, Field, Format, InvalidChoice, chosen
from pledge.domain.initiatives import Approval
from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR, Actor
from pledge.exporting import Exporting
from tests.handwriting import handwriting, sent
from tests.site import SLUG, Site, open_site

STAFF = Actor("staff@example.org")


async def _rows(site: Site, **chosen: Any) -> list[dict[str, str]]:
    content = (await site.exported("csv", **chosen)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content, newline="")))


async def _invite(site: Site, meeting: str, table: str) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    inviting = site.services.inviting
    name = await inviting.receive(initiative_id, meeting, "roster.csv", table.encode())
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)


async def _hide(site: Site, number: int) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    await site.services.moderating.hide(initiative_id, number, by=STAFF)


@pytest.fixture
async def signed(site: Site) -> Site:
    """One is public by name, one by surname, one is hidden, one waits; all of it distinctive."""
    await _invite(
        site,
        "jinan",
        "企业名称,联系人,手机号,桌号,分组,备注\n"
        "示例甲有限公司,联络甲某,13900000001,A-77,密组,密备注\n"
        "示例未签有限公司,联络未某,13900000009,B-88,密组,密备注\n",
    )
    delegate = await site.delegate(meeting="jinan")
    ink = sent(handwriting(1))
    await delegate.sign(
        company="示例甲有限公司",
        uscc="91510000MA0000001F",
        representative="甲公开",
        title="=密职务",
        phone="13800000001",
        ink=ink,
        publish="yes",
    )
    await delegate.sign(
        company="示例乙有限公司",
        representative="乙不公开",
        title="密职务",
        phone="0078600000002",
        ink=ink,
    )
    await delegate.sign(company="示例密隐藏有限公司", representative="丙密", phone="13800000003")
    await _hide(site, 3)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    await site.services.moderating.set_approval(initiative_id, Approval.ALL, by=STAFF)
    elsewhere = await site.delegate(meeting="dujiangyan")
    await elsewhere.sign(company="示例密待审有限公司", representative="丁密", phone="13800000004")
    return site


PRIVATE = (
    *("91510000MA0000001F", "密", "乙不公开", "13800000001", "78600000002", "13800000003"),
    *("联络", "13900000001", "13900000009", "A-77", "示例未签", STAFF.name),
)


def _all_of(content: bytes, name: str) -> str:
    """Everything that a file says, also within the files in it."""
    if content.startswith(b"PK"):
        with ZipFile(io.BytesIO(content)) as archive:
            return "".join(_all_of(archive.read(part), part) for part in archive.namelist())
    if content.startswith(b"%PDF"):
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return content.decode("utf-8", "replace")


@pytest.mark.parametrize("format_", [one.value for one in Format])
async def test_a_public_export_holds_nothing_private(signed: Site, format_: str) -> None:
    """Whatever columns and states are asked for, and in none of a file's parts."""
    content = await signed.exported(format_, extent="public", ink="yes")
    said = _all_of(content, format_)
    for private in PRIVATE:
        assert private not in said
    for public in ("示例甲有限公司", "示例乙有限公司", "甲公开"):
        assert public in re.sub(r"\s", "", said)
    everything = await signed.exported(
        format_, extent="public", column=list(Field), state=list(EntryState)
    )
    assert not any(private in _all_of(everything, format_) for private in PRIVATE)


async def test_a_public_export_has_what_was_consented_to(signed: Site) -> None:
    rows = await _rows(signed, extent="public")
    assert [row["代表姓名"] for row in rows] == ["甲公开", "乙"]
    content = await signed.exported("xlsx", extent="public", ink="yes")
    sheet = load_workbook(io.BytesIO(content))["签署企业"]
    assert [picture.anchor._from.row for picture in sheet._images] == [1]


async def test_states_meetings_and_columns_are_chosen_alike_in_every_format(signed: Site) -> None:
    choice = {"meeting": "jinan", "state": ["standing"], "column": ["company", "number"]}
    expected = [[1, "示例甲有限公司"], [2, "示例乙有限公司"]]
    rows = await _rows(signed, **choice)
    assert [list(row) for row in rows] == [["序号", "企业名称"]] * 2
    assert [[int(row["序号"]), row["企业名称"]] for row in rows] == expected
    items = json.loads(await signed.exported("json", **choice))["items"]
    assert [[item["number"], item["company"]] for item in items] == expected
    sheet = load_workbook(io.BytesIO(await signed.exported("xlsx", **choice)))["签署企业"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == expected
    book = _all_of(await signed.exported("pdf", **choice), "pdf")
    assert "示例乙有限公司" in book
    assert "示例密" not in book


@pytest.mark.parametrize(
    ("state", "numbers"),
    [("standing", [1, 2]), ("hidden", [3]), ("waiting", [4]), ("withdrawn", [])],
)
async def test_each_state_by_itself(signed: Site, state: str, numbers: list[int]) -> None:
    rows = await _rows(signed, state=state)
    assert [int(row["序号"]) for row in rows] == numbers


async def test_seats_and_notes_are_those_of_the_invitation(signed: Site) -> None:
    first, second, *_rest = await _rows(signed)
    assert (first["桌号"], first["分组"], first["备注"]) == ("A-77", "密组", "密备注")
    assert second["桌号"] == ""


async def test_english_headings_terms_and_places(signed: Site) -> None:
    [first, *_rest] = await _rows(signed, language="en")
    assert (first["State"], first["Meeting"]) == ("standing", "Jinan, Shandong")


async def test_the_workbook_reopened_says_what_was_signed(signed: Site) -> None:
    book = load_workbook(io.BytesIO(await signed.exported("xlsx")))
    assert book.sheetnames == ["签署企业", "应邀未签署", "分场次统计", "倡议书"]
    sheet = book["签署企业"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:V5"
    headings = [cell.value for cell in sheet[1]]
    first = dict(zip(headings, sheet[2], strict=True))
    assert first["序号"].value == 1
    assert (first["统一社会信用代码"].value, first["统一社会信用代码"].number_format) == (
        "91510000MA0000001F",
        "@",
    )
    assert (first["职务"].value, first["职务"].data_type) == ("=密职务", "s")
    assert f"{first['签署时间'].value:%Y-%m-%d %H:%M}" == "2023-08-10 10:00"
    second = dict(zip(headings, [cell.value for cell in sheet[3]], strict=True))
    assert second["手机号"] == "0078600000002"
    missing = [row[0].value for row in book["应邀未签署"].iter_rows(min_row=2)]
    assert missing == ["示例未签有限公司"]
    totals = {row[0].value: row[2].value for row in book["分场次统计"].iter_rows(min_row=2)}
    assert (totals["山东·济南"], totals["四川·都江堰"]) == (2, 1)
    assert book["倡议书"]["A1"].value == "消防产品质量提升倡议书"


async def test_pictures_of_the_handwriting_stand_in_their_rows(signed: Site) -> None:
    content = await signed.exported("xlsx", ink="yes")
    sheet = load_workbook(io.BytesIO(content))["签署企业"]
    ends = [
        (one.anchor._from.row, one.anchor.to.row, one.anchor._from.col) for one in sheet._images
    ]
    assert ends == [(1, 1, 22), (2, 2, 22)]
    assert sheet.cell(1, 23).value == "手写签名"
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.read("xl/media/ink1.png").startswith(b"\x89PNG")


async def test_a_bundle_is_what_its_manifest_says(signed: Site, tmp_path: Path) -> None:
    initiative_id = await signed.services.organizing.initiative_id(SLUG)
    exporting = signed.services.exporting
    source = await exporting.source(initiative_id, {"format": ["bundle"]})
    path = tmp_path / "bundle.zip"
    steps: list[tuple[int, int]] = []
    written = await exporting.write(
        source, path, by=STAFF, with_audit=True, progress=lambda *step: steps.append(step)
    )
    assert written.rows == 4
    assert steps == sorted(steps)
    assert steps[-1] == (20, 20)
    with ZipFile(path) as archive:
        archive.extractall(tmp_path / "out")
    out = tmp_path / "out"
    checked = subprocess.run(  # noqa: ASYNC221
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=out, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["made_by"] == STAFF.name
    by_name = {file["name"]: file for file in manifest["files"]}
    for name in ("signatories.csv", "signatories.json", "signatories.xlsx", "signatories.pdf"):
        assert by_name[name]["rows"] == 4
        assert by_name[name]["size"] == (out / name).stat().st_size
    text = source.initiative.text.texts["zh"]
    assert by_name["text-1.zh.md"]["sha256"] == text.sha256
    assert sha256((out / "text-1.zh.md").read_bytes()).hexdigest() == text.sha256
    invited = (out / "invited.csv").read_text("utf-8-sig")
    signed_numbers = [row["签署序号"] for row in csv.DictReader(io.StringIO(invited))]
    assert signed_numbers == ["1", ""]
    assert "hidden" in (out / "audit.csv").read_text("utf-8-sig")


async def test_a_bundle_without_the_right_to_it_has_no_audit_log(signed: Site) -> None:
    content = await signed.exported("bundle")
    with ZipFile(io.BytesIO(content)) as archive:
        assert "audit.csv" not in archive.namelist()
        assert "invited.csv" in archive.namelist()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("format", {"format": ["doc"]}),
        ("format", {}),
        ("meeting", {"format": ["csv"], "meeting": ["nowhere"]}),
        ("state", {"format": ["csv"], "state": ["lost"]}),
        ("column", {"format": ["csv"], "column": ["device"]}),
        ("column", {"format": ["csv"], "extent": ["public"], "column": ["phone"]}),
        ("language", {"format": ["csv"], "language": ["fr"]}),
    ],
)
async def test_what_does_not_exist_can_not_be_chosen(
    site: Site, field: str, values: dict[str, list[str]]
) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    with pytest.raises(InvalidChoice) as raised:
        await site.services.exporting.source(initiative_id, values)
    assert raised.value.field == field


async def test_a_choice_is_read_as_it_is_said(site: Site) -> None:
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    choice = Choice(
        Format.XLSX, "en", ("jinan",), (EntryState.HIDDEN,), (Field.COMPANY,), True, True
    )
    source = await site.services.exporting.source(initiative_id, choice.values)
    assert source.choice == choice
    assert chosen(choice.values, source.initiative) == choice


async def test_what_is_signed_meanwhile_is_not_in(signed: Site) -> None:
    initiative_id = await signed.services.organizing.initiative_id(SLUG)
    exporting = signed.services.exporting
    source = await exporting.source(initiative_id, {"format": ["csv"]})
    await (await signed.delegate()).sign(company="示例后来有限公司")
    content = b"".join([piece async for piece in exporting.pieces(source)]).decode()
    assert "示例后来" not in content
    assert await source.count() == 4


async def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as site:
        link = await site.services.organizing.create_link(SLUG, LinkKind.POSTER)

        async def peak(format_: str) -> tuple[int, int]:
            tracemalloc.start()
            exporting: Exporting = site.services.exporting
            source = await exporting.source(link.initiative_id, {"format": [format_]})
            written = await exporting.write(source, tmp_path / "export", by=OPERATOR)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return written.rows, most

        for start in range(1, 8000, 4000):
            await site.sign_many(start, start + 3999, link)
        few = {format_: await peak(format_) for format_ in ("csv", "xlsx")}
        for start in range(8001, 16000, 4000):
            await site.sign_many(start, start + 3999, link)
        for format_, (few_rows, least) in few.items():
            many_rows, most = await peak(format_)
            assert (few_rows, many_rows) == (8000, 16000)
            assert most < least * 1.3, format_


async def test_slow_downloads_keep_nobody_waiting(site: Site) -> None:
    await site.sign_many(1, 3)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    exporting = site.services.exporting
    downloads = [
        exporting.pieces(await exporting.source(initiative_id, {"format": [format_]}))
        for format_ in ("csv", "json") * 4
    ]
    begun = [await anext(aiter(download)) for download in downloads]
    assert all(begun)
    assert (await site.client.get("/readyz")).status_code == 200
    for download in downloads:
        await download.aclose()  # type: ignore[attr-defined]
