"""The workbook of an export, and what its sheets say beyond the columns."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pledge.columns import Batch, Kind, inks
from pledge.domain.initiatives import in_language
from pledge.ink_pictures import picture
from pledge.official_text import plain
from pledge.sources import Source, Steps
from pledge.store import initiatives
from pledge.workbooks import Cell, CellKind, Heading, Workbook


@dataclass(frozen=True)
class Words:
    """The words of a workbook beyond its columns."""

    signatories: str
    ink: str
    missing: str
    invited_headings: tuple[str, ...]
    number: str
    meetings: str
    meeting_headings: tuple[str, str, str]
    text: str


WORDS = {
    "zh": Words(
        "签署企业",
        "手写签名",
        "应邀未签署",
        ("企业名称", "统一社会信用代码", "联系人", "手机号", "桌号", "分组", "备注", "场次"),
        "签署序号",
        "分场次统计",
        ("场次", "日期", "签署企业数"),
        "倡议书",
    ),
    "en": Words(
        "Signatories",
        "Handwriting",
        "Invited, not signed",
        (
            *("Company", "Unified Social Credit Code", "Contact", "Phone", "Seat"),
            *("Group", "Note", "Meeting"),
        ),
        "Number of the signature",
        "By meeting",
        ("Meeting", "Date", "Companies"),
        "Text",
    ),
}


async def write_workbook(source: Source, path: Path, steps: Steps) -> None:
    """Signatories, the invited who have not signed, totals by meeting, and the text."""
    choice, initiative = source.choice, source.initiative
    words = WORDS[choice.language]
    ink = choice.shows_ink(initiative.shows)
    with TemporaryDirectory(dir=path.parent) as folder:
        workbook = Workbook(path, folder=Path(folder), pictures=ink)
        await _write_signatories(source, workbook, steps, ink=ink)
        if not choice.public:
            missing, places = await source.missing(), source.places
            table = workbook.table(words.missing, _headings(words.invited_headings))
            table.add(
                [
                    [one.company.name for one in missing],
                    [one.company.uscc for one in missing],
                    [one.contact for one in missing],
                    [one.phone for one in missing],
                    [one.seat for one in missing],
                    [one.group for one in missing],
                    [one.note for one in missing],
                    [places[one.meeting_id] for one in missing],
                ]
            )
            table.end()
        async with source.database.reading() as connection:
            totals = await initiatives.totals_by_meeting(connection, initiative.id)
        meetings = [
            one for one in initiative.meetings if not choice.meetings or one.key in choice.meetings
        ]
        meeting, date, companies = words.meeting_headings
        table = workbook.table(
            words.meetings,
            [Heading(meeting, 24), Heading(date, 16), Heading(companies, 12, CellKind.NUMBER)],
        )
        table.add(
            [
                [in_language(one.place, choice.language) for one in meetings],
                [str(one.date) for one in meetings],
                [totals.get(one.id, 0) for one in meetings],
            ]
        )
        table.end()
        texts = initiative.text.texts
        text = texts.get(choice.language) or texts[initiative.languages[0]]
        workbook.prose(words.text, [text.title, *plain(text.markdown)])
        await asyncio.to_thread(workbook.close)


async def _write_signatories(
    source: Source, workbook: Workbook, steps: Steps, *, ink: bool
) -> None:
    """As many sheets as they need: one takes a million rows."""
    words = WORDS[source.choice.language]
    headings = [
        Heading(column.headings[source.choice.language], column.width, _CELL_KINDS[column.kind])
        for column in source.columns
    ]
    if ink:
        headings.append(Heading(words.ink, 0, CellKind.PICTURE))
    table, sheets = workbook.table(words.signatories, headings), 1
    async for batch in source.batches(steps, ink=ink):
        columns: list[Sequence[Cell]] = [column.shown(batch) for column in source.columns]
        if ink:
            columns.append(await asyncio.to_thread(_pictures, batch))
        if table.room < batch.size:
            table.end()
            sheets += 1
            table = workbook.table(f"{words.signatories} {sheets}", headings)
        await asyncio.to_thread(table.add, columns)
    table.end()


def _pictures(batch: Batch) -> list[Cell]:
    return [picture(ink) if ink else None for ink in inks(batch)]


def _headings(words: Sequence[str]) -> list[Heading]:
    return [
        Heading(word, width)
        for word, width in zip(words, (36, 22, 12, 16, 12, 12, 20, 16), strict=True)
    ]


_CELL_KINDS = {
    Kind.NUMBER: CellKind.NUMBER,
    Kind.TEXT: CellKind.TEXT,
    Kind.TERM: CellKind.TEXT,
    Kind.MOMENT: CellKind.MOMENT,
}
