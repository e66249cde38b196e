"""Exports: every format from one definition of columns, row by row in constant memory."""

import asyncio
import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pledge.domain.initiatives import Initiative, in_language
from pledge.domain.links import LinkKind, Vouched
from pledge.domain.rosters import Invitation
from pledge.domain.signatures import Signatories, Signature, State
from pledge.publishing import iso
from pledge.store import heads, initiatives, links, rosters, signatures
from pledge.store.database import Database
from pledge.workbooks import Cell, Workbook

FORMATS = ("csv", "xlsx", "json")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}

_ROWS_A_PIECE = 500
_ROWS_A_READ = 1000
_PIECE = 256 * 1024


@dataclass(frozen=True)
class Entry:
    """A signature with what its row says beyond itself."""

    signature: Signature
    initiative: Initiative
    link: LinkKind
    text_number: int


@dataclass(frozen=True)
class Column:
    """One column of every export."""

    key: str
    """Its name in JSON."""
    headings: dict[str, str]
    value: Callable[[Entry], Any]
    words: dict[str, dict[str, str]] | None = None
    """By language, what a table says for a value that is a term of the vocabulary."""
    width: int = 12
    """In a workbook, in characters."""


COLUMNS = (
    Column("number", {"zh": "序号", "en": "Number"}, lambda e: e.signature.number),
    Column(
        "company", {"zh": "企业名称", "en": "Company"}, lambda e: e.signature.company.name, width=36
    ),
    Column(
        "uscc",
        {"zh": "统一社会信用代码", "en": "Unified Social Credit Code"},
        lambda e: e.signature.company.uscc,
        width=22,
    ),
    Column(
        "representative",
        {"zh": "代表姓名", "en": "Representative"},
        lambda e: e.signature.person.name,
    ),
    Column("title", {"zh": "职务", "en": "Position"}, lambda e: e.signature.person.title),
    Column("phone", {"zh": "手机号", "en": "Phone"}, lambda e: e.signature.person.phone),
    Column(
        "meeting",
        {"zh": "场次", "en": "Meeting"},
        lambda e: in_language(
            e.initiative.meeting(e.signature.meeting_id).place, e.initiative.languages[0]
        ),
    ),
    Column(
        "link",
        {"zh": "签署链接", "en": "Link"},
        lambda e: e.link,
        {
            "zh": {
                LinkKind.POSTER: "海报",
                LinkKind.SCREEN: "大屏",
                LinkKind.INVITATION: "邀请",
                LinkKind.KIOSK: "签到台",
            }
        },
    ),
    Column(
        "vouched",
        {"zh": "身份依据", "en": "Vouched for"},
        lambda e: e.signature.vouched,
        {
            "zh": {
                Vouched.INVITED: "专属邀请",
                Vouched.PRESENT: "现场签署",
                Vouched.OPEN: "公开链接",
            }
        },
    ),
    Column(
        "signed_at",
        {"zh": "签署时间", "en": "Signed at"},
        lambda e: e.initiative.meeting(e.signature.meeting_id).local(e.signature.signed_at),
        width=20,
    ),
    Column(
        "state",
        {"zh": "状态", "en": "State"},
        lambda e: "hidden" if e.signature.hidden else e.signature.state,
        {
            "zh": {
                State.STANDING: "有效",
                State.REPLACED: "已更换",
                State.WITHDRAWN: "已撤回",
                "hidden": "已隐藏",
            }
        },
    ),
    Column(
        "publish",
        {"zh": "同意公开姓名", "en": "Name may be published"},
        lambda e: e.signature.person.publish,
        {"zh": {"True": "是", "False": "否"}, "en": {"True": "yes", "False": "no"}},
    ),
    Column("text", {"zh": "文本版本", "en": "Text version"}, lambda e: e.text_number),
    Column("text_sha256", {"zh": "文本摘要", "en": "Text SHA-256"}, lambda e: e.signature.text),
)


class Exporting:
    def __init__(self, database: Database):
        self._database = database

    async def export(self, initiative_id: int, format: str, language: str) -> AsyncIterator[bytes]:
        """The file, piece by piece; signing goes on meanwhile, and what comes later is not in.

        No connection is held while a piece is on its way: a slow download keeps nobody waiting.
        """
        async with self._database.reading() as connection:
            initiative = await initiatives.read(connection, initiative_id)
            last = await heads.last_number(connection, initiative_id)
        entries = self._entries(initiative, last)
        match format:
            case "csv":
                pieces = _csv(entries, language)
            case "xlsx":
                pieces = self._xlsx(entries, initiative, language)
            case _:
                pieces = _json(entries, initiative)
        async for piece in pieces:
            yield piece

    async def _xlsx(
        self, entries: AsyncIterator[Entry], initiative: Initiative, language: str
    ) -> AsyncIterator[bytes]:
        """Signatories, the invited who have not signed, totals by meeting, and the text."""
        async with self._database.reading() as connection:
            totals = await initiatives.totals_by_meeting(connection, initiative.id)
            invitations = await rosters.of_initiative(connection, initiative.id)
        first = initiative.languages[0]
        words = _SHEETS[language]
        signatories = Signatories({})
        with TemporaryDirectory(prefix="pledge-") as folder:
            path = Path(folder) / "export.xlsx"
            book = Workbook(path)
            table = book.table(
                words.signatories,
                [column.headings[language] for column in COLUMNS],
                [column.width for column in COLUMNS],
            )
            waiting: list[list[Cell]] = []
            async for entry in entries:
                waiting.append([_value(column, entry, language) for column in COLUMNS])
                if invitations and entry.signature.state is State.STANDING:
                    signatories.add(entry.signature)
                if len(waiting) == _ROWS_A_PIECE:
                    await asyncio.to_thread(table.add, waiting)
                    waiting = []
            table.add(waiting)
            table.end()
            missing = [one for one in invitations if not _has_signed(one, signatories)]
            table = book.table(words.missing, words.missing_headings, [36, 22, 12, 16, 12])
            table.add(
                [one.company.name, one.company.uscc, one.contact, one.phone, one.seat]
                for one in missing
            )
            table.end()
            table = book.table(words.meetings, words.meeting_headings, [24, 16, 12])
            table.add(
                [in_language(one.place, first), str(one.date), totals.get(one.id, 0)]
                for one in initiative.meetings
            )
            table.end()
            text = initiative.text.texts[first]
            book.prose(words.text, [text.title, *text.markdown.split("\n\n")])
            await asyncio.to_thread(book.close)
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, _PIECE):
                    yield piece

    async def _entries(self, initiative: Initiative, last: int) -> AsyncIterator[Entry]:
        """Every signature up to a number; memory stays the same however many there are."""
        kinds: dict[int, LinkKind] = {}
        texts: dict[str, int] = {}
        number = 0
        while number < last:
            async with self._database.reading() as connection:
                found = await signatures.numbered_after(
                    connection, initiative.id, number, min(_ROWS_A_READ, last - number)
                )
                if unknown := {signed.link_id for signed in found} - kinds.keys():
                    fresh = await links.by_ids(connection, unknown)
                    kinds.update((key, link.kind) for key, link in fresh.items())
                if {signed.text for signed in found} - texts.keys():
                    texts = await initiatives.text_numbers(connection, initiative.id)
            for signed in found:
                yield Entry(signed, initiative, kinds[signed.link_id], texts[signed.text])
            number = found[-1].number if found else last


async def _csv(entries: AsyncIterator[Entry], language: str) -> AsyncIterator[bytes]:
    """RFC 4180 with a byte order mark, without which Excel takes UTF-8 for something else."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(column.headings[language] for column in COLUMNS)
    waiting = 0
    async for entry in entries:
        writer.writerow(_cell(column, entry, language) for column in COLUMNS)
        waiting += 1
        if waiting == _ROWS_A_PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
            waiting = 0
    yield buffer.getvalue().encode()


@dataclass(frozen=True)
class Sheets:
    """The words of a workbook beyond its columns."""

    signatories: str
    missing: str
    missing_headings: tuple[str, ...]
    meetings: str
    meeting_headings: tuple[str, ...]
    text: str


_SHEETS = {
    "zh": Sheets(
        "签署企业",
        "应邀未签署",
        ("企业名称", "统一社会信用代码", "联系人", "手机号", "桌号"),
        "分场次统计",
        ("场次", "日期", "签署企业数"),
        "倡议书",
    ),
    "en": Sheets(
        "Signatories",
        "Invited, not signed",
        ("Company", "Unified Social Credit Code", "Contact", "Phone", "Seat"),
        "By meeting",
        ("Meeting", "Date", "Companies"),
        "Text",
    ),
}


def _has_signed(invitation: Invitation, signatories: Signatories) -> bool:
    """Also one that an organizer has said is this company's."""
    return bool(invitation.confirmed) or signatories.of(invitation.company) is not None


def _value(column: Column, entry: Entry, language: str) -> Cell:
    """As a workbook keeps it: numbers and times as such, terms in words, all else as text."""
    value = column.value(entry)
    if column.words and language in column.words:
        return column.words[language][str(value)]
    return value if isinstance(value, int | datetime) else str(value)


def _cell(column: Column, entry: Entry, language: str) -> str:
    value = _value(column, entry, language)
    return as_text(iso(value) if isinstance(value, datetime) else str(value))


def as_text(value: str) -> str:
    """A cell that a spreadsheet shows as it was typed, neither computed nor rounded.

    An apostrophe goes before what would be a formula (OWASP, CSV Injection) and before digits of
    which Excel would drop some: leading zeros, all beyond the fifteenth, codes such as 12E4567;
    and before an apostrophe, so that the first one is always ours.
    """
    if value.startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")):
        return f"'{value}"
    if re.fullmatch(r"0\d+|\d{12,}|\d+[Ee]\d+", value):
        return f"'{value}"
    return value


async def _json(entries: AsyncIterator[Entry], initiative: Initiative) -> AsyncIterator[bytes]:
    """One object; the rows under `items`, each on a line of its own, exactly as typed."""
    head = {"initiative": initiative.slug, "title": initiative.title(initiative.languages[0])}
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "items": [').encode()
    separator = "\n"
    waiting: list[str] = []
    async for entry in entries:
        row = {column.key: column.value(entry) for column in COLUMNS}
        waiting.append(separator + json.dumps(row, ensure_ascii=False, default=iso))
        separator = ",\n"
        if len(waiting) == _ROWS_A_PIECE:
            yield "".join(waiting).encode()
            waiting.clear()
    yield ("".join(waiting) + "\n]}\n").encode()
