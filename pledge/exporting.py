"""Exports: every format from one definition of columns, batch by batch in constant memory."""

import gc
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pledge import books
from pledge.bundles import Bundle, one_piece, pieces_of
from pledge.cells import as_text
from pledge.columns import COLUMN_OF, inks
from pledge.domain.audit import Action, Entry
from pledge.domain.exports import EntryState, Field, Format
from pledge.domain.initiatives import Text
from pledge.domain.rights import Actor
from pledge.register_files import add_register, begin
from pledge.registering import Registering
from pledge.sheets import WORDS, write_workbook
from pledge.sources import Progress, Source, Steps, open_source, signed_numbers
from pledge.store import audit, initiatives
from pledge.store.database import Database
from pledge.tables import csv_lines, csv_pieces, json_pieces

MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSON: "application/json",
    Format.PDF: "application/pdf",
    Format.BUNDLE: "application/zip",
}

_AUDIT_LINES = 500
_GIVEN_BACK_ABOVE = 31 * 2**20
"""Bytes: a block that glibc learns from, which it does from no larger ones than 32 MiB."""

Clock = Callable[[], datetime]
Values = Mapping[str, Sequence[str]]
"""A choice, as `domain.exports.chosen` takes it."""


@dataclass(frozen=True)
class Written:
    rows: int
    """Signatures."""
    unset: list[str] = field(default_factory=list)
    """Characters that a book could not set, with the names that they are in."""


def settle_memory() -> None:
    """For a process that makes an export and does nothing else: a sixth of its time.

    What was imported is no garbage and is not looked through again. And glibc keeps what is freed
    for the next batch, instead of having each page emptied by the kernel again: from this block,
    which nobody writes to and which so takes no memory, it learns that such sizes come and go
    (mallopt(3), M_MMAP_THRESHOLD). Elsewhere this does nothing.
    """
    gc.freeze()
    bytes(_GIVEN_BACK_ABOVE)


def _untold(done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


class Exporting:
    def __init__(self, database: Database, registering: Registering, *, clock: Clock):
        self._database = database
        self._registering = registering
        self._clock = clock

    async def source(self, initiative_id: int, values: Values, *, origin: str = "") -> Source:
        """Raises InvalidChoice."""
        return await open_source(self._database, initiative_id, values, origin=origin)

    async def pieces(self, source: Source) -> AsyncIterator[bytes]:
        """The file, piece by piece; signing goes on meanwhile, and what comes later is not in."""
        steps = Steps(_untold, source.sifting.last)
        match source.choice.format:
            case Format.CSV:
                pieces = csv_pieces(source, steps)
            case Format.JSON:
                pieces = json_pieces(source, steps)
            case _:
                pieces = self._by_file(source)
        async for piece in pieces:
            yield piece

    async def write(
        self,
        source: Source,
        path: Path,
        *,
        by: Actor,
        with_audit: bool = False,
        progress: Progress = _untold,
    ) -> Written:
        """The same into a file, beside which there is room for what is needed until the end.

        A bundle says by whom it was made and, if wanted, holds the audit log.
        """
        match source.choice.format:
            case Format.CSV | Format.JSON as format_:
                make = csv_pieces if format_ is Format.CSV else json_pieces
                with path.open("wb") as file:
                    async for piece in make(source, Steps(progress, source.sifting.last)):
                        file.write(piece)
                        del piece  # before the next is made
            case Format.XLSX:
                await write_workbook(source, path, Steps(progress, source.sifting.last))
            case Format.PDF:
                unset = await _write_book(source, path, Steps(progress, source.sifting.last))
                return Written(await source.count(), unset)
            case Format.BUNDLE:
                return await self._write_bundle(source, path, by, with_audit, progress)
        return Written(await source.count())

    async def record(self, source: Source, rows: int, *, by: Actor) -> None:
        """That an export has left the house."""
        choice = source.choice
        after = {"signatures": str(rows), "extent": "public" if choice.public else "full"}
        if choice.meetings:
            after["meetings"] = ", ".join(choice.meetings)
        entry = Entry(by, Action.EXPORTED, choice.format.value, after=after)
        async with self._database.writing() as connection:
            await audit.record(connection, source.initiative.id, entry, self._clock())

    async def _by_file(self, source: Source) -> AsyncIterator[bytes]:
        with TemporaryDirectory(prefix="pledge-") as folder:
            path = Path(folder) / "export"
            await self.write(source, path, by=Actor(""))
            async for piece in pieces_of(path):
                yield piece

    async def _write_bundle(
        self, source: Source, path: Path, by: Actor, with_audit: bool, progress: Progress
    ) -> Written:
        now = self._clock()
        begun = await begin(source)
        rows = await source.count()
        steps = Steps(progress, source.sifting.last, passes=5)
        with TemporaryDirectory(dir=path.parent) as folder, Bundle(path, now) as bundle:
            await bundle.add("signatories.csv", csv_pieces(source, steps), rows=rows)
            steps.again()
            await bundle.add("signatories.json", json_pieces(source, steps), rows=rows)
            steps.again()
            made = Path(folder) / "made"
            await write_workbook(source, made, steps)
            await bundle.add("signatories.xlsx", pieces_of(made), rows=rows)
            steps.again()
            unset = await _write_book(source, made, steps)
            await bundle.add("signatories.pdf", pieces_of(made), rows=rows)
            texts = await self._texts(source)
            for name, text in texts:
                await bundle.add(name, one_piece(text.source))
            if not source.choice.public:
                invited = await self._invited(source)
                await bundle.add("invited.csv", one_piece(invited), rows=len(source.invitations))
            if with_audit and not source.choice.public:
                await bundle.add("audit.csv", self._audit(source))
            about: dict[str, Any] = {
                "initiative": source.initiative.slug,
                "title": source.initiative.title(source.choice.language),
                "made_at": now.isoformat(timespec="seconds"),
                "choice": source.choice.values,
            }
            if not source.choice.public:
                about["made_by"] = by.name
            steps.again()
            about |= await add_register(
                bundle,
                source,
                self._registering,
                steps,
                begun=begun,
                texts=[text for _name, text in texts],
            )
            await bundle.end(about)
        return Written(rows, unset)

    async def _texts(self, source: Source) -> list[tuple[str, Text]]:
        """Every version in each language; a file's digest is the one that was signed."""
        initiative = source.initiative
        async with self._database.reading() as connection:
            numbers = await initiatives.text_numbers(connection, initiative.id)
            versions = [
                await initiatives.text_of(connection, initiative.id, digest)
                for digest in sorted(numbers, key=lambda digest: numbers[digest])
            ]
        return [
            (f"text-{version.number}.{tag}.md", text)
            for version in versions
            for tag, text in version.texts.items()
        ]

    async def _invited(self, source: Source) -> bytes:
        """Everybody who was invited, and the number under which they have signed."""
        places = source.places
        async with self._database.reading() as connection:
            signed = await signed_numbers(connection, source.initiative.id, source.invitations)
        rows: list[list[object]] = [
            [
                *map(as_text, (one.company.name, one.company.uscc, one.contact, one.phone)),
                *map(as_text, (one.seat, one.group, one.note, places[one.meeting_id])),
                signed.get(one.id, ""),
            ]
            for one in source.invitations
        ]
        words = WORDS[source.choice.language]
        return csv_lines([[*words.invited_headings, words.number], *rows], mark=True)

    async def _audit(self, source: Source) -> AsyncIterator[bytes]:
        """The log as it is kept, oldest first."""
        yield csv_lines(
            [["at", "who", "action", "subject", "number", "reason", "before", "after"]], mark=True
        )
        last = 0
        while True:
            async with self._database.reading() as connection:
                found = await audit.after(connection, source.initiative.id, last, _AUDIT_LINES)
            if not found:
                return
            yield csv_lines(
                [
                    one.at.isoformat(),
                    *map(as_text, (one.who, one.action, one.subject)),
                    one.number,
                    as_text(one.reason),
                    json.dumps(dict(one.before), ensure_ascii=False),
                    json.dumps(dict(one.after), ensure_ascii=False),
                ]
                for one in found
            )
            last = found[-1].id


async def _write_book(source: Source, path: Path, steps: Steps) -> list[str]:
    return await books.book(
        source.initiative,
        _book_entries(source),
        source.choice.language,
        path,
        progress=steps.reached,
    )


async def _book_entries(source: Source) -> AsyncIterator[books.Entry]:
    """Setting them takes longest, so reading them is not counted as a step."""
    unheard = Steps(_untold, source.sifting.last)
    named = Field.REPRESENTATIVE in source.choice.fields(source.initiative.shows)
    titled = Field.TITLE in source.choice.fields(source.initiative.shows)
    async for batch in source.batches(unheard, ink=True):
        nothing = [""] * batch.size
        state = COLUMN_OF[Field.STATE]
        for number, company, person, title, at, meeting, ink, kept, shown in zip(
            batch.stored["number"],
            batch.stored["company"],
            COLUMN_OF[Field.REPRESENTATIVE].values(batch) if named else nothing,
            batch.stored["title"] if titled else nothing,
            COLUMN_OF[Field.SIGNED_AT].values(batch),
            COLUMN_OF[Field.MEETING].values(batch),
            inks(batch),
            state.values(batch),
            state.shown(batch),
            strict=True,
        ):
            moment = datetime.fromisoformat(at)
            ended = shown if kept in (EntryState.REPLACED, EntryState.WITHDRAWN) else ""
            yield books.Entry(number, company, person, title, moment, meeting, ink, ended)
