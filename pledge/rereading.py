"""Rereading: the tables of an export as rows of what each column says, whatever their format.

Each reader takes what its writer writes (`tables`, `sheets`) and gives columns the same values
again: numbers, texts as they were typed, terms by their keys, moments as ISO 8601.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from pledge.cells import typed
from pledge.columns import COLUMNS, Column, Kind
from pledge.domain.exports import LANGUAGES, Field
from pledge.late import late
from pledge.sheets import WORDS
from pledge.tables import BYTE_ORDER_MARK
from pledge.unbundling import DAMAGE, Unbundled, Unreadable

if TYPE_CHECKING:
    import openpyxl
else:
    openpyxl = late("openpyxl")

NAMES = ("signatories.csv", "signatories.json", "signatories.xlsx")

Row = tuple[Any, ...]

_MOST_COLUMNS = 100
_LARGEST_STRINGS = 2**20
"""Bytes of strings that a workbook shares: ours share none."""


@dataclass(frozen=True)
class Table:
    fields: Sequence[Field | None]
    """What each column says; None of one that says nothing of ours."""
    rows: Iterator[Row]


def table(bundle: Unbundled, name: str) -> Table:
    """One of NAMES. Raises Unreadable, also while rows are read."""
    match name.rpartition(".")[2]:
        case "csv":
            return _csv(bundle, name)
        case "json":
            return _json(bundle, name)
        case _:
            return _xlsx(bundle, name)


def _csv(bundle: Unbundled, name: str) -> Table:
    rows = _csv_rows(bundle, name)
    head = next(rows, [])
    if head:
        head[0] = head[0].removeprefix(BYTE_ORDER_MARK)
    columns = _headed(head, name)
    return Table(_fields(columns), _decoded(rows, [_text_decoder(one) for one in columns], name))


def _csv_rows(bundle: Unbundled, name: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(bundle.lines(name), strict=True)
    except csv.Error:
        raise Unreadable(f"{name} can't be read as a table") from None


def _json(bundle: Unbundled, name: str) -> Table:
    """The rows stand on lines of their own; so they need not be in memory all at once."""
    lines = bundle.lines(name)
    if not next(lines, "").rstrip().endswith('"items": ['):
        raise Unreadable(f"{name} can't be read as it was exported")
    rows = _json_rows(lines, name)
    first = next(rows, {})
    known = {field.value: field for field in Field}
    keys = list(first)

    def values() -> Iterator[Row]:
        if first:
            yield tuple(first.values())
        for row in rows:
            if list(row) != keys:
                raise Unreadable(f"{name}: not every row has the same columns")
            yield tuple(row.values())

    return Table([known.get(key) for key in keys], values())


def _json_rows(lines: Iterator[str], name: str) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.startswith("]"):
            return
        try:
            row = json.loads(line.rstrip().removesuffix(","), object_pairs_hook=_once)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise Unreadable(f"{name} can't be read as it was exported")
        yield row
    raise Unreadable(f"{name} is cut off")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """No key twice: readers would differ in which they take."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _xlsx(bundle: Unbundled, name: str) -> Table:
    sheets = _sheets(bundle, name)
    columns = _headed(next(sheets, ()), name)
    decoders = [_cell_decoder(one) for one in columns]
    return Table(_fields(columns), _decoded(sheets, decoders, name))


def _sheets(bundle: Unbundled, name: str) -> Iterator[Sequence[Any]]:
    """The rows of all sheets of signatories, below one header."""
    with bundle.open(name) as packed, TemporaryFile() as file:
        copyfileobj(packed, file)
        _check_size(file, name)
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            titles = tuple(words.signatories for words in WORDS.values())
            head: Sequence[Any] = ()
            for sheet in book.worksheets:
                if sheet.title.startswith(titles):
                    sheet.reset_dimensions()
                    rows = sheet.iter_rows(values_only=True, max_col=_MOST_COLUMNS)
                    own = next(rows, ())
                    if not head:
                        head = own
                        yield head
                    elif own != head:
                        raise Unreadable(f"{name}: its sheets do not have the same columns")
                    yield from rows
        except (*DAMAGE, KeyError, ValueError, TypeError, SyntaxError, AttributeError, IndexError):
            raise Unreadable(f"{name} can't be read as a workbook") from None


def _check_size(file: Any, name: str) -> None:
    try:
        with ZipFile(file) as archive:
            inner = Unbundled(archive, file.tell())
            sizes = {one.filename: one.file_size for one in archive.infolist()}
    except (*DAMAGE, UnicodeDecodeError, ValueError):
        raise Unreadable(f"{name} can't be read as a workbook") from None
    if sizes.get("xl/sharedStrings.xml", 0) > _LARGEST_STRINGS or not inner.names:
        raise Unreadable(f"{name} is not as it was exported")


def _headed(head: Sequence[Any], name: str) -> list[Column | None]:
    by_heading = {one.headings[language]: one for language in LANGUAGES for one in COLUMNS}
    found = [by_heading.get(word) if isinstance(word, str) else None for word in head]
    known = [one.field for one in found if one]
    if not known or len(set(known)) < len(known):
        raise Unreadable(f"{name} has no header, or a column twice")
    return found


def _fields(columns: Sequence[Column | None]) -> list[Field | None]:
    return [one.field if one else None for one in columns]


Decoder = Callable[[Any], Any]


def _decoded(
    rows: Iterable[Sequence[Any]], decoders: Sequence[Decoder], name: str
) -> Iterator[Row]:
    width = len(decoders)
    for row in rows:
        if len(row) < width:
            row = [*row, *[None] * (width - len(row))]
        try:
            yield tuple(decode(value) for decode, value in zip(decoders, row, strict=False))
        except (ValueError, TypeError, AttributeError):
            raise Unreadable(f"{name} holds a row that can't be read") from None


def _terms(column: Column) -> Mapping[str, Any]:
    words = column.words or {}
    return {word: term for language in words for term, word in words[language].items()}


def _text_decoder(column: Column | None) -> Decoder:
    if column is None:
        return lambda cell: None
    match column.kind:
        case Kind.NUMBER:
            return lambda cell: int(cell) if cell else None
        case Kind.TEXT:
            return typed
        case Kind.TERM:
            terms = _terms(column)
            return lambda cell: terms.get(cell, cell)
        case _:
            return lambda cell: cell


def _cell_decoder(column: Column | None) -> Decoder:
    if column is None:
        return lambda cell: None
    match column.kind:
        case Kind.NUMBER:
            return lambda cell: cell
        case Kind.TEXT:
            return lambda cell: "" if cell is None else str(cell)
        case Kind.TERM:
            terms = _terms(column)
            return lambda cell: terms.get(cell, cell)
        case _:
            return _moment


def _moment(cell: Any) -> str:
    """Without an offset: a spreadsheet shows the meeting's time."""
    if not isinstance(cell, datetime):
        raise ValueError
    return cell.isoformat(timespec="microseconds")
