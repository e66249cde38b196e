"""Exports: every format from one definition of columns, row by row in constant memory."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from pledge.domain.initiatives import Initiative, in_language
from pledge.domain.links import LinkKind, Vouched
from pledge.domain.signatures import Signature, State
from pledge.publishing import iso
from pledge.store import heads, initiatives, links, signatures
from pledge.store.database import Database

FORMATS = ("csv", "json")
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}

_ROWS_A_PIECE = 500
_ROWS_A_READ = 1000


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
    """By language, what a CSV says for a value that is a term of the vocabulary."""


COLUMNS = (
    Column("number", {"zh": "序号", "en": "Number"}, lambda e: e.signature.number),
    Column("company", {"zh": "企业名称", "en": "Company"}, lambda e: e.signature.company.name),
    Column(
        "uscc",
        {"zh": "统一社会信用代码", "en": "Unified Social Credit Code"},
        lambda e: e.signature.company.uscc,
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
        lambda e: iso(e.initiative.meeting(e.signature.meeting_id).local(e.signature.signed_at)),
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
        pieces = _csv(entries, language) if format == "csv" else _json(entries, initiative)
        async for piece in pieces:
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


def _cell(column: Column, entry: Entry, language: str) -> str:
    value = str(column.value(entry))
    if column.words and language in column.words:
        return column.words[language][value]
    return as_text(value)


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
        waiting.append(separator + json.dumps(row, ensure_ascii=False))
        separator = ",\n"
        if len(waiting) == _ROWS_A_PIECE:
            yield "".join(waiting).encode()
            waiting.clear()
    yield ("".join(waiting) + "\n]}\n").encode()
