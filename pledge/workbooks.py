"""Workbooks of tables, as XLSX: a frozen header, filters, text that stays text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

Cell = str | int | datetime

_NARROWEST, _WIDEST = 8, 48


class Workbook:
    """Written row by row to a file; memory stays the same however many there are.

    Words are written as text: never as a formula, a number or an address, whatever they look like.
    """

    def __init__(self, path: Path):
        self._book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        self._heading = self._book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self._text = self._book.add_format({"num_format": "@", "valign": "top"})
        self._wrapped = self._book.add_format({"valign": "top", "text_wrap": True})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def table(self, name: str, headings: Sequence[str], widths: Sequence[int]) -> "Table":
        """A sheet; the rows of one are written before the next one is begun."""
        sheet = self._book.add_worksheet(name[:31])
        sheet.freeze_panes(1, 0)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(_WIDEST, max(_NARROWEST, width)))
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, self._heading)
        return Table(sheet, len(headings), self._text, self._moment)

    def prose(self, name: str, lines: Iterable[str]) -> None:
        """A sheet of paragraphs."""
        sheet = self._book.add_worksheet(name[:31])
        sheet.set_column(0, 0, 100)
        for row, line in enumerate(lines):
            sheet.write_string(row, 0, line, self._wrapped)

    def close(self) -> None:
        self._book.close()


class Table:
    def __init__(self, sheet: Any, columns: int, text: Any, moment: Any):
        self._sheet = sheet
        self._columns = columns
        self._text = text
        self._moment = moment
        self._rows = 0

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        for cells in rows:
            self._rows += 1
            for column, cell in enumerate(cells):
                self._write(column, cell)

    def end(self) -> None:
        """Filters for what has been written."""
        self._sheet.autofilter(0, 0, max(1, self._rows), self._columns - 1)

    def _write(self, column: int, cell: Cell) -> None:
        match cell:
            case datetime():
                self._sheet.write_datetime(
                    self._rows, column, cell.replace(tzinfo=None), self._moment
                )
            case int():
                self._sheet.write_number(self._rows, column, cell)
            case _:
                self._sheet.write_string(self._rows, column, cell, self._text)
