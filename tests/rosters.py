"""A roster as an association's office keeps it, with everything that Excel does to one."""

import csv
import io

COMPANIES = 300
TABLE_SEATS = 10

DATE_ROW = 41
"""A date where a telephone number was meant; rows as the spreadsheet counts."""
ROUNDED_ROW = 96
"""A code that Excel has taken for a number."""
MISTYPED_ROW = 203
"""A code with a letter O for a zero."""
NAMELESS_ROW = 250

_TITLE_ROWS = 2
_HEADINGS = ("序号", "企业名称", "统一社会信用代码", "联系人", "手机号码", "桌号", "地区", "传真")


def company(number: int) -> str:
    """From 1 to 300; obviously samples."""
    return f"示例第{number:03}消防科技有限公司"


def office_roster() -> bytes:
    """A CSV in GB 18030: a title, an empty row, headings, 300 companies, a note below."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["打击制售假冒伪劣消防产品工作推进会参会企业名单", *[""] * 7])
    writer.writerow([""] * 8)
    writer.writerow(_HEADINGS)
    for number in range(1, COMPANIES + 1):
        row = number + _TITLE_ROWS + 1
        writer.writerow(
            [
                number,
                # Full-width spaces around and within, as people align names by hand.
                "" if row == NAMELESS_ROW else f"　{company(number)}　 ",
                {ROUNDED_ROW: "9.1510E+17", MISTYPED_ROW: "91510000MA0000OO1F"}.get(row, ""),
                "张　某",
                "2023/8/10" if row == DATE_ROW else f"138{number:08}",
                f"{'ABC'[(number - 1) // 100]}-{(number - 1) % 100 // TABLE_SEATS + 1}",
                "四川",
                f"028-{number:08}",
            ]
        )
    return text.getvalue().encode("gb18030")
