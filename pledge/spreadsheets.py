"""Tables out of spreadsheets: XLSX, and CSV as Chinese Excel writes it, as rows of text."""

import csv
import io
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pledge.errors import PledgeError
from pledge.late import late

if TYPE_CHECKING:
    import openpyxl
    from openpyxl.utils import exceptions
else:
    openpyxl = late("openpyxl")
    exceptions = late("openpyxl.utils.exceptions")

LARGEST = 5 * 2**20
"""Bytes of a file."""

MOST_ROWS = 10_000
MOST_COLUMNS = 60
_LARGEST_UNPACKED = 100 * 2**20

Table = list[list[str]]


class InvalidTable(PledgeError):
    """A file that is no table; `reason` says why in a word: `empty`, `large`, `unreadable`."""

    def __init__(self, reason: str):
        super().__init__(f"the file can't be read as a table: {reason}")
        self.reason = reason


def read_table(content: bytes) -> Table:
    """The first sheet with anything in it, row by row, each cell as its text."""
    if len(content) > LARGEST:
        raise InvalidTable("large")
    table = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    while table and not any(table[-1]):
        table.pop()
    if not table:
        raise InvalidTable("empty")
    if len(table) > MOST_ROWS or max(map(len, table)) > MOST_COLUMNS:
        raise InvalidTable("large")
    return table


def _xlsx(content: bytes) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _LARGEST_UNPACKED:
                raise InvalidTable("large")
        book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    except (zipfile.BadZipFile, exceptions.InvalidFileException, KeyError, ValueError, OSError):
        raise InvalidTable("unreadable") from None
    for sheet in book.worksheets:
        if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
            raise InvalidTable("large")
        table = [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        for merged in sheet.merged_cells.ranges:
            _fill(table, merged)
        if any(any(row) for row in table):
            return table
    return []


def _fill(table: Table, merged: Any) -> None:
    """Merged downwards, a cell speaks for each of its rows; across, it is a title."""
    if merged.min_col != merged.max_col:
        return
    value = table[merged.min_row - 1][merged.min_col - 1]
    for row in range(merged.min_row, merged.max_row):
        table[row][merged.min_col - 1] = value


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return value.strftime("%Y-%m-%d")
        case date():
            return value.isoformat()
        case _:
            return str(value).strip()


def _csv(content: bytes) -> Table:
    text = _decoded(content)
    if "\0" in text:
        raise InvalidTable("unreadable")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[cell.strip() for cell in row] for row in rows]
    except csv.Error:
        raise InvalidTable("unreadable") from None


def _decoded(content: bytes) -> str:
    """UTF-8 if it is, else GB 18030, which is what Excel saves in Chinese Windows."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidTable("unreadable")
