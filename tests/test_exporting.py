"""What a spreadsheet may not change."""

import io
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from pledge.domain.links import LinkKind
from pledge.domain.rights import OPERATOR
from pledge.exporting import as_text
from tests.site import SLUG, Site, open_site


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("示例有限公司", "示例有限公司"),
        ("91510000MA0000001F", "91510000MA0000001F"),
        ("915100000000000009", "'915100000000000009"),
        ("12345E678901234567", "'12345E678901234567"),
        ("007", "'007"),
        ("13800000000", "13800000000"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+86", "'+86"),
        ("-1", "'-1"),
        ("@示例", "'@示例"),
        ("＝1", "'＝1"),
        ("", ""),
    ],
)
def test_cells_are_text(typed: str, cell: str) -> None:
    assert as_text(typed) == cell


@given(st.text())
def test_what_was_typed_can_always_be_read_back(typed: str) -> None:
    assert as_text(typed).removeprefix("'") == typed


async def test_memory_does_not_grow_with_the_export(tmp_path: Path) -> None:
    async with open_site(tmp_path / "data") as site:
        link = await site.services.organizing.create_link(SLUG, LinkKind.POSTER)

        async def peak() -> tuple[int, int]:
            tracemalloc.start()
            rows = 0
            async for piece in site.services.exporting.export(link.initiative_id, "csv", "zh"):
                rows += piece.count(b"\r\n")
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return rows - 1, most

        await site.sign_many(1, 3000, link)
        few_rows, few = await peak()
        for start in range(3001, 15000, 3000):
            await site.sign_many(start, start + 2999, link)
        many_rows, many = await peak()
        assert (few_rows, many_rows) == (3000, 15000)
        assert many < few * 1.5


async def test_the_workbook_reopened_says_what_was_signed(site: Site, tmp_path: Path) -> None:
    delegate = await site.delegate(meeting="jinan")
    await delegate.sign(company="示例一有限公司", uscc="91510000MA0000001F", title="=1+1")
    await delegate.sign(company="示例𠮷野（四川）有限公司", phone="0078600")
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    inviting = site.services.inviting
    roster = "企业名称\n示例一有限公司\n示例未签有限公司\n".encode()
    name = await inviting.receive(initiative_id, "jinan", "r.csv", roster)
    checked = await inviting.check(initiative_id, name)
    assert checked is not None
    await inviting.invite(initiative_id, checked, by=OPERATOR)
    content = b"".join(
        [piece async for piece in site.services.exporting.export(initiative_id, "xlsx", "zh")]
    )
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["签署企业", "应邀未签署", "分场次统计", "倡议书"]
    sheet = book["签署企业"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:N3"
    headings = [cell.value for cell in sheet[1]]
    first = dict(zip(headings, [cell.value for cell in sheet[2]], strict=True))
    assert first["序号"] == 1
    assert first["统一社会信用代码"] == "91510000MA0000001F"
    assert first["职务"] == "=1+1"
    assert sheet.cell(2, headings.index("职务") + 1).data_type == "s"
    assert first["签署时间"].year == 2023
    second = dict(zip(headings, [cell.value for cell in sheet[3]], strict=True))
    assert (second["企业名称"], second["手机号"]) == ("示例𠮷野（四川）有限公司", "0078600")
    missing = [row[0].value for row in book["应邀未签署"].iter_rows(min_row=2)]
    assert missing == ["示例未签有限公司"]
    totals = {row[0].value: row[2].value for row in book["分场次统计"].iter_rows(min_row=2)}
    assert (totals["山东·济南"], totals["四川·都江堰"]) == (2, 0)
    assert book["倡议书"]["A1"].value == "消防产品质量提升倡议书"


async def test_slow_downloads_keep_nobody_waiting(site: Site) -> None:
    await site.sign_many(1, 3)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    downloads = [
        site.services.exporting.export(initiative_id, format, "zh")
        for format in ("csv", "json") * 4
    ]
    begun = [await anext(aiter(download)) for download in downloads]
    assert all(begun)
    assert (await site.client.get("/readyz")).status_code == 200
    for download in downloads:
        await download.aclose()  # type: ignore[attr-defined]
