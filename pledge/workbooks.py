"""Workbooks of tables, as XLSX: a frozen header, filters, text that stays text, pictures."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pledge.drawings import MARGIN, Drawing
from pledge.ink_pictures import HEIGHT, WIDTH, Picture
from pledge.late import late

if TYPE_CHECKING:
    import xlsxwriter
else:
    xlsxwriter = late("xlsxwriter")

_NARROWEST, _WIDEST = 8, 48
_PIXELS_A_CHARACTER = 7
_POINTS_A_PIXEL = 0.75
_EPOCH = datetime(1899, 12, 30)
"""Day 0 of a spreadsheet's dates."""
_DAY = 86_400.0
_LOCAL = len("2023-08-10T10:42:17.123456")

MOST_ROWS = 1_048_575
"""Below the header, in one sheet."""
LONGEST_CELL = 32_767
"""Characters."""


class CellKind(Enum):
    TEXT = "text"
    NUMBER = "number"
    MOMENT = "moment"
    """ISO 8601; a spreadsheet shows it as it stands there, whatever the zone."""
    PICTURE = "picture"


@dataclass(frozen=True)
class Heading:
    words: str
    width: int
    """In characters."""
    kind: CellKind = CellKind.TEXT


Cell = str | int | Picture | None


class Workbook:
    """Written row by row to a file; memory stays the same however many there are.

    Words are written as text: never as a formula, a number or an address, whatever they look like.
    """

    def __init__(self, path: Path, *, folder: Path, pictures: bool = False):
        """`folder` takes what is needed until the end; `pictures`: whether there may be some."""
        self._drawing = Drawing(path, folder) if pictures else None
        self._written = folder / "book.xlsx" if pictures else path
        self._book = xlsxwriter.Workbook(
            str(self._written), {"constant_memory": True, "tmpdir": str(folder)}
        )
        self._heading = self._book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        self._wrapped = self._book.add_format({"valign": "top", "text_wrap": True})
        self._formats = {
            CellKind.TEXT: self._book.add_format({"num_format": "@", "valign": "vcenter"}),
            CellKind.NUMBER: self._book.add_format({"num_format": "0", "valign": "vcenter"}),
            CellKind.MOMENT: self._book.add_format(
                {"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "vcenter"}
            ),
            CellKind.PICTURE: self._wrapped,
        }

    def table(self, name: str, headings: Sequence[Heading]) -> "Table":
        """A sheet; the rows of one are written before the next one is begun.

        The first one alone takes pictures.
        """
        sheet = self._book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            width = min(_WIDEST, max(_NARROWEST, heading.width))
            if heading.kind is CellKind.PICTURE:
                width = WIDTH // _PIXELS_A_CHARACTER + 1
            sheet.set_column(column, column, width, self._formats[heading.kind])
            sheet.write_string(0, column, heading.words, self._heading)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return Table(sheet, headings, self._formats, self._drawing)

    def prose(self, name: str, lines: Iterable[str]) -> None:
        """A sheet of paragraphs."""
        sheet = self._book.add_worksheet(name[:31])
        sheet.set_column(0, 0, 100)
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line[:LONGEST_CELL], self._wrapped)

    def close(self) -> None:
        self._book.close()
        if self._drawing:
            self._drawing.close(self._written)


class Table:
    def __init__(
        self,
        sheet: Any,
        headings: Sequence[Heading],
        formats: dict[CellKind, Any],
        drawing: Drawing | None,
    ):
        self._sheet = sheet
        self._headings = headings
        self._formats = formats
        self._drawing = drawing
        self._rows = 0

    @property
    def room(self) -> int:
        """Rows that it can still take."""
        return MOST_ROWS - self._rows

    def add(self, columns: Sequence[Sequence[Cell]]) -> None:
        """More rows, by column; what is empty is left empty."""
        writers = {
            CellKind.TEXT: self._sheet.write_string,
            CellKind.NUMBER: self._sheet.write_number,
            CellKind.MOMENT: self._sheet.write_number,
            CellKind.PICTURE: self._place,
        }
        kinds = [heading.kind for heading in self._headings]
        cells = [(place, writers[kind], self._formats[kind]) for place, kind in enumerate(kinds)]
        tall = self._drawing is not None and CellKind.PICTURE in kinds
        for values in zip(*_as_kept(columns, kinds), strict=True):
            self._rows += 1
            if tall:
                self._sheet.set_row(self._rows, (HEIGHT + 2 * MARGIN) * _POINTS_A_PIXEL)
            for (place, write, format_), value in zip(cells, values, strict=True):
                if value is not None and value != "":
                    write(self._rows, place, value, format_)

    def end(self) -> None:
        """Filters for what has been written."""
        self._sheet.autofilter(0, 0, max(1, self._rows), len(self._headings) - 1)

    def _place(self, row: int, column: int, picture: Picture, _format: Any) -> None:
        if self._drawing:
            self._drawing.add(row, column, picture)


def _as_kept(
    columns: Sequence[Sequence[Cell]], kinds: Sequence[CellKind]
) -> Iterator[Sequence[Any]]:
    for column, kind in zip(columns, kinds, strict=True):
        yield list(map(_serial, column)) if kind is CellKind.MOMENT else column


def _serial(moment: Any) -> float:
    """The number by which a spreadsheet knows a moment."""
    local = datetime.fromisoformat(moment[:_LOCAL])
    return (local - _EPOCH).total_seconds() / _DAY
