"""Tables as Excel saves them."""

import io

import pytest
from openpyxl import Workbook

from pledge.spreadsheets import LARGEST, InvalidTable, read_table


def _saved(book: Workbook) -> bytes:
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_in_every_encoding_of_excel(encoding: str, delimiter: str) -> None:
    text = f"企业名称{delimiter}桌号\r\n示例𠮷野有限公司{delimiter}A1\r\n"
    assert read_table(text.encode(encoding)) == [["企业名称", "桌号"], ["示例𠮷野有限公司", "A1"]]


def test_xlsx_with_numbers_dates_and_merged_cells() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["企业名单", None, None])
    sheet.merge_cells("A1:C1")
    sheet.append(["企业", "手机", "分组"])
    sheet.append(["示例一公司", 13800000000, "甲组"])
    sheet.append(["示例二公司", 13900000000.0, None])
    sheet.merge_cells("C3:C4")
    assert read_table(_saved(book)) == [
        ["企业名单", "", ""],
        ["企业", "手机", "分组"],
        ["示例一公司", "13800000000", "甲组"],
        ["示例二公司", "13900000000", "甲组"],
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"x" * (LARGEST + 1), "large"),
        (b"a\n" * 10_001, "large"),
        (b"," * 100, "empty"),
        (b"x," * 100, "large"),
        (b"PK\x03\x04 no archive", "unreadable"),
        (b"\xff\xfe\x00\x01", "unreadable"),
        (_saved(Workbook()), "empty"),
    ],
)
def test_what_is_no_table_is_said(content: bytes, reason: str) -> None:
    with pytest.raises(InvalidTable) as refused:
        read_table(content)
    assert refused.value.reason == reason
