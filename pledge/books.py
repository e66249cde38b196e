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

from pledge.domain.dates import official_date
from pledge.domain.initiatives import Initiative, PartialDate, in_language
from pledge.domain.names import name_parts
from pledge.domain.outlines import outline
from pledge.glyphs import LINE_MAY_END, Unset, together
from pledge.official_text import blocks
from pledge.typesetting import typeset
from pledge.volumes import Volumes, pages

ROWS_A_PAGE = 14
"""As `templates/print/book.typ` sets them."""
ROWS_A_VOLUME = 36 * ROWS_A_PAGE
MOST_IN_ONE_PIECE = 2 * ROWS_A_VOLUME

_ENTRIES_A_WRITE = 500
_MOST_MEETINGS = 10
"""That the title page names."""

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
    ended: str = ""
    """What has become of it, in the book's language; empty if it stands."""


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
            volumes = Volumes(Path(folder))
            await setting.fill(volumes)
            await volumes.join(path, language)
    return [f"{unset.name}: {'; '.join(unset.lines)}" for unset in together(setting.unset)]


@dataclass
class _Spool:
    """The entries on the disk: their number must be known before the first page is set."""

    path: Path
    count: int = 0
    standing: int = 0
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
        self.standing += sum(not entry.ended for entry in entries)

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
        "company": LINE_MAY_END.join(name_parts(entry["company"])),
        "person": entry["representative"],
        "title": entry["title"],
        "at": entry["signed_at"],
        "meeting": entry["meeting"],
        "ink": asdict(outline(entry["ink"])) if entry["ink"] else None,
        "ended": entry["ended"],
    }


class _Setting:
    """One book while it is set."""

    def __init__(self, initiative: Initiative, language: str, spool: _Spool, progress: Progress):
        self._initiative = initiative
        self._language = language
        self._spool = spool
        self._progress = progress
        self.unset: list[Unset] = []

    async def whole(self) -> bytes:
        rows = await asyncio.to_thread(list, self._spool.rows())
        document = await self._set(front=self._front(), entries=rows)
        self._progress(len(rows))
        return document

    async def fill(self, volumes: Volumes) -> None:
        listed = -(-self._spool.count // ROWS_A_PAGE)
        draft = await self._set(front=self._front(), tagged=False)
        text = pages(draft) - 1  # the title page has no number
        await volumes.add(await self._set(front=self._front(), pages=text + listed, tagged=False))
        rows = self._spool.rows()
        done = 0
        while entries := await asyncio.to_thread(list, islice(rows, ROWS_A_VOLUME)):
            volume = await self._set(
                entries=entries,
                first=text + 1 + done // ROWS_A_PAGE,
                pages=text + listed,
                tagged=False,
            )
            await volumes.add(volume)
            done += len(entries)
            self._progress(done)

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
        self.unset += document.unset
        return document.content

    def _front(self) -> dict[str, Any]:
        initiative, language = self._initiative, self._language
        text = initiative.text.texts.get(language) or next(iter(initiative.text.texts.values()))
        last = self._spool.last
        lettering = initiative.lettering("stack", language)
        return {
            "organs": [in_language(organ.name, language) for organ in initiative.organs],
            "lettering": asdict(lettering) if lettering else None,
            "count": _counted(self._spool.standing, language),
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


def _counted(count: int, language: str) -> str:
    if language == "zh":
        return f"{count} 家企业签署"
    return f"{count} signatory" if count == 1 else f"{count} signatories"
