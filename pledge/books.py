"""The signature book (签名册): title page, text, and the signatories with their ink, as a PDF.

A short book is set in one piece and is tagged. A long one is set in volumes that are joined, so
that memory stays about the same however many have signed; every page takes the same number of
rows, so that each volume knows the number of its first page.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from pledge.domain.dates import official_date
from pledge.domain.initiatives import Initiative, Lettering, PartialDate, in_language
from pledge.domain.names import name_parts
from pledge.domain.outlines import outline
from pledge.official_text import blocks
from pledge.typesetting import Document, typeset

ROWS_A_PAGE = 14
"""As `templates/print/book.typ` sets them."""
ROWS_A_VOLUME = 36 * ROWS_A_PAGE
MOST_IN_ONE_PIECE = 2 * ROWS_A_VOLUME

_ENTRIES_A_WRITE = 500

Progress = Callable[[int], None]
"""Told how many signatories have been set so far."""


@dataclass(frozen=True)
class Entry:
    """A signatory as the book shows it."""

    number: int
    company: str
    representative: str
    title: str
    signed_at: datetime
    """In the meeting's zone."""
    meeting: str
    ink: str
    """As it is stored; empty if there is none."""


async def book(
    initiative: Initiative,
    entries: AsyncIterator[Entry],
    language: str,
    path: Path,
    *,
    progress: Progress | None = None,
) -> list[str]:
    """Writes the book to a file. Returns what could not be set: a line for each character that
    no font has, with the names in which 〓 stands for it. Raises TypesettingFailed.
    """
    with TemporaryDirectory(prefix="pledge-") as folder:
        spool = await _spooled(entries, Path(folder) / "entries")
        setting = _Setting(initiative, language, spool, progress or (lambda count: None))
        if spool.count <= MOST_IN_ONE_PIECE:
            await asyncio.to_thread(path.write_bytes, await setting.whole())
        else:
            volumes = await setting.volumes(Path(folder))
            await asyncio.to_thread(_join, volumes, path, language)
    return [f"{character}: {'; '.join(lines)}" for character, lines in setting.unset.items()]


@dataclass
class _Spool:
    """The entries on the disk: their number must be known before the first page is set."""

    path: Path
    count: int = 0
    meetings: set[str] = field(default_factory=set)
    last: datetime | None = None

    def add(self, entries: list[Entry]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            for entry in entries:
                row = {**asdict(entry), "signed_at": f"{entry.signed_at:%Y-%m-%d %H:%M}"}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                self.meetings.add(entry.meeting)
                self.last = max(self.last or entry.signed_at, entry.signed_at)
        self.count += len(entries)

    def rows(self) -> Iterator[dict[str, Any]]:
        if not self.count:
            return
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                yield _row(json.loads(line))


async def _spooled(entries: AsyncIterator[Entry], path: Path) -> _Spool:
    spool = _Spool(path)
    waiting: list[Entry] = []
    async for entry in entries:
        waiting.append(entry)
        if len(waiting) == _ENTRIES_A_WRITE:
            await asyncio.to_thread(spool.add, waiting)
            waiting = []
    await asyncio.to_thread(spool.add, waiting)
    return spool


def _row(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": entry["number"],
        "company": name_parts(entry["company"]),
        "person": entry["representative"],
        "title": entry["title"],
        "at": entry["signed_at"],
        "meeting": entry["meeting"],
        "ink": asdict(outline(entry["ink"])) if entry["ink"] else None,
    }


class _Setting:
    """One book while it is set."""

    def __init__(self, initiative: Initiative, language: str, spool: _Spool, progress: Progress):
        self._initiative = initiative
        self._language = language
        self._spool = spool
        self._progress = progress
        self.unset: dict[str, list[str]] = {}

    async def whole(self) -> bytes:
        rows = await asyncio.to_thread(list, self._spool.rows())
        document = await self._set(front=self._front(), entries=rows)
        self._progress(len(rows))
        return document

    async def volumes(self, folder: Path) -> list[Path]:
        """The parts of a long book, each a file."""
        listed = -(-self._spool.count // ROWS_A_PAGE)
        draft = await self._set(front=self._front(), tagged=False)
        # The title page has no number.
        text = await asyncio.to_thread(_pages, draft, folder / "draft") - 1
        front = await self._set(front=self._front(), pages=text + listed, tagged=False)
        files = [folder / "0.pdf"]
        await asyncio.to_thread(files[0].write_bytes, front)
        rows = self._spool.rows()
        done = 0
        while entries := await asyncio.to_thread(list, islice(rows, ROWS_A_VOLUME)):
            volume = await self._set(
                entries=entries,
                first=text + 1 + done // ROWS_A_PAGE,
                pages=text + listed,
                tagged=False,
            )
            files.append(folder / f"{len(files)}.pdf")
            await asyncio.to_thread(files[-1].write_bytes, volume)
            done += len(entries)
            self._progress(done)
        return files

    async def _set(
        self,
        *,
        front: dict[str, Any] | None = None,
        entries: list[dict[str, Any]] | None = None,
        first: int = 1,
        pages: int = 0,
        tagged: bool = True,
    ) -> bytes:
        title = self._initiative.title(self._language)
        data = {
            "language": self._language,
            "title": f"《{title}》签名册" if self._language == "zh" else f"{title}: signatures",
            "author": [in_language(o.name, self._language) for o in self._initiative.organs],
            "initiative": title,
            "front": front,
            "entries": entries or [],
            "first": first,
            "pages": pages,
        }
        document = await typeset("book.typ", data, at=self._made_at(), tagged=tagged)
        self._remember(document)
        return document.content

    def _remember(self, document: Document) -> None:
        for unset in document.unset:
            lines = self.unset.setdefault(unset.name, [])
            lines += [line for line in unset.lines if line not in lines]

    def _front(self) -> dict[str, Any]:
        initiative, language = self._initiative, self._language
        text = initiative.text.texts.get(language) or next(iter(initiative.text.texts.values()))
        count = self._spool.count
        last = self._spool.last
        return {
            "organs": [in_language(organ.name, language) for organ in initiative.organs],
            "lettering": lettering_of(initiative, language),
            "count": f"{count} 家企业签署" if language == "zh" else f"{count} signatories",
            "meetings": [
                f"{in_language(meeting.place, language)}　{official_date(meeting.date, language)}"
                for meeting in initiative.meetings
                if set(meeting.place.values()) & self._spool.meetings
            ][:_MOST_MEETINGS],
            "date": official_date(PartialDate(last.year, last.month, last.day), language)
            if last
            else "",
            "blocks": [asdict(block) for block in blocks(text.markdown)],
            "note": in_language(initiative.note, language),
        }

    def _made_at(self) -> datetime:
        """The same signatures give the same book, byte for byte."""
        return self._spool.last or datetime(
            self._initiative.latest_meeting.date.year, 1, 1, tzinfo=UTC
        )


_MOST_MEETINGS = 10


def lettering_of(
    initiative: Initiative, language: str, shape: str = "stack"
) -> dict[str, Any] | None:
    """The title's outlines, which are drawn in the first language only."""
    drawn: Lettering | None = None
    if language == initiative.languages[0]:
        drawn = initiative.letterings.get(shape)
    return asdict(drawn) if drawn else None


def _pages(document: bytes, path: Path) -> int:
    path.write_bytes(document)
    return len(PdfReader(path).pages)


def _join(volumes: list[Path], path: Path, language: str) -> None:
    joined = PdfWriter()
    for volume in volumes:
        joined.append(volume)
    first = PdfReader(volumes[0])
    joined.metadata = first.metadata
    joined.root_object[NameObject("/Lang")] = TextStringObject(
        "zh-CN" if language == "zh" else "en-GB"
    )
    joined.write(path)
