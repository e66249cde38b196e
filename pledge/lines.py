"""Lines of CSV as the database writes them (`store.lines`), completed by what only we can say.

Whatever needs neither quotes nor an apostrophe, which is nearly everything, is never touched: a few
looks through a text of thousands of lines are a fraction of what a look at each cell takes. The
bytes are those that `csv.writer` makes of the cells (`tables`), and `tests/test_lines.py` holds
them to that.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from pledge.cells import as_text
from pledge.columns import COLUMN_OF
from pledge.domain.exports import Field, Invited
from pledge.domain.links import LinkKind
from pledge.domain.names import surname
from pledge.domain.offsets import Steady, steady
from pledge.sources import Source
from pledge.store import initiatives, lines, links
from pledge.store.lines import Asked, Cell, Empty, Kept, Moment, Typed, Word

_LINES = 4000
_LINKS = 30
"""Of so many the kind is told by the statement itself."""
_REMEMBERED = 10_000
"""Surnames."""

_MARKS = "".join((lines.TYPED, lines.WITHHELD, lines.ASKED, lines.END)).encode()
_END = lines.LINE_END.encode()
_TYPED, _WITHHELD, _ASKED, _AFTER = (re.escape(_MARKS[n : n + 1]) for n in range(4))

_OTHER_DIGITS = rb"[\xd9\xdb\xdf\xe0\xe1\xea\xef\xf0]"
"""How digits begin in UTF-8 that are none of ASCII, and full-width signs; of Chinese characters
the rarest alone."""
_APOSTROPHE = rb"[=+\-@\t\r']|[\dEe]*%s|(?:0\d+|\d{12,}|\d+[Ee]\d+)%s" % (_OTHER_DIGITS, _AFTER)
"""How a typed cell begins that `as_text` changes; and a few that it does not."""
_FIRST = rb"=+\-@\t\r'0" + _OTHER_DIGITS[1:-1]
_SUSPECT = re.compile(
    rb"%s[1-9%s](?:(?<![1-9])|\d*+(?:(?<=\d{12})|[Ee]|%s))" % (_TYPED, _FIRST, _OTHER_DIGITS)
)
"""How such a cell may begin, and quite a few others: a third of the time of looking closely."""
_CHANGED = re.compile(_TYPED + b"(?:%s)" % _APOSTROPHE)
_CELL = re.compile(b'%s((?:(?=%s)|(?=[^%s",]*[",]))[^%s]*)' % (_TYPED, _APOSTROPHE, _AFTER, _AFTER))
"""A typed cell that is changed, or stands between quotes."""
_SURNAME = re.compile(b"%s([^%s]*)" % (_WITHHELD, _AFTER))
_QUESTION = re.compile(b"%s([^%s]*)" % (_ASKED, _AFTER))

_INVITED = (Field.SEAT, Field.GROUP, Field.NOTE)
_ASKED_FOR = ("number", "link_id", "meeting_id", "company_key", "uscc")


@dataclass(frozen=True)
class Some:
    """Some of the lines."""

    text: bytes | None
    """Each with its end. None where the database can't write them: something typed looks like
    what it writes between cells, or a clock was changed meanwhile."""
    last: int
    """The number of the last one."""


class Lines:
    """Those of a source, with two columns or more."""

    def __init__(self, source: Source):
        self._source = source
        self._fields = source.choice.fields(source.initiative.shows)
        self._invited = Invited(source.invitations) if source.invitations else None
        self._asked = [field for field in _INVITED if field in self._fields]
        self._texts: Mapping[str, int] = {}
        self._kinds: Mapping[int, LinkKind] = {}
        self._cells: list[Cell] = []
        self._query: lines.Query | None = None
        self._clocks: dict[Steady, list[int]] = {}

    async def beyond(self, number: int) -> Some | None:
        """The next lines after a signature's; None if there are none."""
        if not self._cells and not await self._look_at_clocks(number):
            return None
        if (made := await self._made(number)) is None:
            return None
        text = self._completed(made)
        if text is None and await self._look_at_clocks(number):
            made = await self._made(number)
            assert made is not None  # noqa: S101 -- nothing that was signed goes away
            text = self._completed(made)
        return Some(text, made.last)

    async def _made(self, number: int) -> lines.Lines | None:
        source = self._source
        async with source.database.reading() as connection:
            if self._query is None:
                self._query = lines.query(connection, source.sifting, _LINES, self._cells)
            return await lines.after(connection, self._query, number)

    async def _look_at_clocks(self, number: int) -> bool:
        """Whether they stand differently after a signature than they did before."""
        source = self._source
        async with source.database.reading() as connection:
            if not self._texts:
                self._texts = await initiatives.text_numbers(connection, source.initiative.id)
                self._kinds = await links.most_used(connection, source.initiative.id, _LINKS)
            at = await lines.first_moment(connection, source.sifting, number)
        clocks = self._clocks_at(at) if at else {}
        changed = clocks != self._clocks
        if changed:
            self._clocks = clocks
            self._cells, self._query = self._described(), None
        return changed

    def _clocks_at(self, at: datetime) -> dict[Steady, list[int]]:
        found: dict[Steady, list[int]] = {}
        for meeting in self._source.initiative.meetings:
            found.setdefault(steady(ZoneInfo(meeting.zone), at), []).append(meeting.id)
        return found

    def _described(self) -> list[Cell]:
        cells: list[Cell] = []
        for field in self._fields:
            if field not in _INVITED:
                cells.append(self._cell(field))
            elif self._invited is None:
                cells.append(Empty())
            elif field == self._asked[0]:
                cells.append(Asked(_ASKED_FOR))
        return cells

    def _cell(self, field: Field) -> Cell:
        source, language = self._source, self._source.choice.language
        match field:
            case Field.NUMBER | Field.REPLACES | Field.REPLACED_BY:
                return Kept(field.value)
            case Field.REPRESENTATIVE if source.choice.public:
                return Typed(field.value, withheld_unless="publish")
            case Field.COMPANY | Field.USCC | Field.REPRESENTATIVE | Field.TITLE | Field.PHONE:
                return Typed(field.value)
            case Field.MEETING:
                return Word("meeting_id", _texts(source.places))
            case Field.LINK:
                return self._link(_words_of(field, language))
            case Field.VOUCHED | Field.STATE | Field.ASSISTED | Field.PUBLISH:
                return Word(field.value, _words_of(field, language))
            case Field.ERASED:
                return Word("erased_at", _words_of(field, language))
            case Field.SIGNED_AT:
                return Moment(self._clocks)
            case Field.TEXT:
                return Word("text_digest", {key: str(n) for key, n in self._texts.items()})
            case Field.TEXT_SHA256:
                return Word("text_digest", _texts({digest: digest for digest in self._texts}))
            case Field.RECEIPT:
                return Typed("receipt", before=f"{source.origin}/r/")
            case _:
                raise AssertionError(field)

    def _link(self, words: Mapping[Any, str]) -> Word:
        """Nearly everybody signs by one of a few links; only personal ones are looked up."""
        kind = Word("kind", words)
        known = {key: words[kind] for key, kind in self._kinds.items()}
        return Word("link_id", known, otherwise=kind) if known else kind

    def _completed(self, made: lines.Lines) -> bytes | None:
        text = made.text
        plain = text.translate(None, _MARKS)
        marks = sum(cell.marks for cell in self._cells) * made.count
        if len(text) - len(plain) != marks:
            return None
        if plain.count(b"\n") != made.count - 1 or plain.count(b"\r") != made.count - 1:
            return None
        if self._invited and self._asked:
            text = _QUESTION.sub(self._answer, text)
        elif (
            b'"' not in plain
            and plain.count(b",") == (len(self._fields) - 1) * made.count
            and _MARKS[1] not in text
            and not (_SUSPECT.search(text) and _CHANGED.search(text))
        ):
            return plain + _END
        text = _SURNAME.sub(_surname, text)
        return _CELL.sub(_changed, text).translate(None, _MARKS) + _END

    def _answer(self, found: re.Match[bytes]) -> bytes:
        """The cells that depend on the invitation."""
        assert self._invited is not None  # noqa: S101 -- nothing is asked otherwise
        number, link, meeting, name, uscc = found[1].decode().split(lines.ASKED)
        one = self._invited.of(
            number=int(number), link_id=int(link), meeting_id=int(meeting), name=name, uscc=uscc
        )
        if one is None:
            return b"," * (len(self._asked) - 1)
        return _cells(as_text(getattr(one, field.value)) for field in self._asked).encode()


def _changed(found: re.Match[bytes]) -> bytes:
    return _cells([as_text(found[1].decode())]).encode()


def _surname(found: re.Match[bytes]) -> bytes:
    return _known_surname(found[1])


@lru_cache(maxsize=_REMEMBERED)
def _known_surname(name: bytes) -> bytes:
    return lines.TYPED.encode() + surname(name.decode()).encode()


def _texts(words: Mapping[Any, str]) -> dict[Any, str]:
    return {key: _cells([as_text(word)]) for key, word in words.items()}


def _words_of(field: Field, language: str) -> dict[Any, str]:
    words = COLUMN_OF[field].words
    assert words is not None  # noqa: S101 -- it is a term
    return {key: _cells([word]) for key, word in words[language].items()}


def _cells(texts: Iterable[str]) -> str:
    """As parts of a line: of one that is a line by itself, nothing would be written as quotes."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow([*texts, ""])
    return text.getvalue()[:-1]
