"""Lines of CSV as the database writes them (`store.lines`), completed by what only we can say.

Whatever needs neither quotes nor an apostrophe, which is nearly everything, is never touched: a few
looks through a text of thousands of lines are a fraction of what a look at each cell takes. The
bytes are those that `csv.writer` makes of the cells (`tables`), and `tests/test_lines.py` holds
them to that.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from pledge.store.lines import Asked, Cell, Empty, Kept, Moment, Truths, Typed, Word

_LINES = 8000
_LINKS = 30
"""Of so many the kind is told by the statement itself."""
_REMEMBERED = 10_000
"""Surnames."""

_LINE_END = b"\r\n"
_TYPED, _WITHHELD, _ASKED, _END, _LINE = (
    mark.encode() for mark in (lines.TYPED, lines.WITHHELD, lines.ASKED, lines.END, lines.LINE)
)
_MARKS = _TYPED + _WITHHELD + _ASKED + _END + _LINE
_MARK = re.compile(b"[%s]" % _MARKS)

_OTHER_DIGITS = rb"[\xd9\xdb\xdf\xe0\xe1\xea\xef\xf0]"
"""How digits begin in UTF-8 that are none of ASCII, and full-width signs; of Chinese characters
the rarest alone."""
_FIRST = rb"=+\-@\t\r'0" + _OTHER_DIGITS[1:-1]
_SUSPECT = re.compile(
    rb"%s([1-9%s](?:(?<![1-9])|\d*+(?:(?<=\d{12})|[Ee]|%s))[^%s]*+)"
    % (_TYPED, _FIRST, _OTHER_DIGITS, _MARKS)
)
"""A typed cell that may begin as one that `as_text` changes, and quite a few others."""
_QUOTED = re.compile(b'%s([^%s",]*+[",][^%s]*+)' % (_TYPED, _MARKS, _MARKS))
"""A typed cell that stands between quotes."""
_ASKED_FOR = ("number", "link_id", "meeting_id", "company_key", "uscc")
_SURNAME = re.compile(b"%s([^%s]*)" % (_WITHHELD, _MARKS))
_QUESTION = re.compile((_ASKED + b"([^%s]*)" % _MARKS) * len(_ASKED_FOR))

_INVITED = (Field.SEAT, Field.GROUP, Field.NOTE)
_TRUTHS = (Field.ASSISTED, Field.PUBLISH, Field.ERASED)
_TRUTH_COLUMNS = {Field.ERASED: "erased_at"}


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
        self._asked = self._chosen(_INVITED)
        self._alone = not source.choice.is_short(source.sifting.last)
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
        async with source.database.reading(brief=self._alone) as connection:
            if self._query is None:
                self._query = lines.query(connection, source.sifting, _LINES, self._cells)
            return await lines.after(connection, self._query, number)

    async def _look_at_clocks(self, number: int) -> bool:
        """Whether they stand differently after a signature than they did before."""
        source = self._source
        async with source.database.reading(brief=self._alone) as connection:
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
        meetings = self._source.initiative.meetings
        steadies = {zone: steady(ZoneInfo(zone), at) for zone in {one.zone for one in meetings}}
        for meeting in meetings:
            found.setdefault(steadies[meeting.zone], []).append(meeting.id)
        return found

    def _chosen(self, some: Sequence[Field]) -> list[Field]:
        return [field for field in some if field in self._fields]

    def _described(self) -> list[Cell]:
        """Of those that one part tells, the first stands for all."""
        truths = self._chosen(_TRUTHS)
        digests = self._chosen((Field.TEXT, Field.TEXT_SHA256))
        told = {*truths[1:], *digests[1:], *(self._asked[1:] if self._invited else ())}
        return [self._cell(field) for field in self._fields if field not in told]

    def _cell(self, field: Field) -> Cell:
        source, language = self._source, self._source.choice.language
        match field:
            case Field.SEAT | Field.GROUP | Field.NOTE:
                return Asked(_ASKED_FOR) if self._invited else Empty()
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
            case Field.VOUCHED | Field.STATE:
                return Word(field.value, _words_of(field, language))
            case Field.ASSISTED | Field.PUBLISH | Field.ERASED:
                names = [_TRUTH_COLUMNS.get(one, one.value) for one in self._chosen(_TRUTHS)]
                return Truths(names, _words_of(field, language))
            case Field.SIGNED_AT:
                return Moment(self._clocks)
            case Field.TEXT | Field.TEXT_SHA256:
                return Word("text_digest", self._words_of_texts())
            case Field.RECEIPT:
                return Typed("receipt", before=f"{source.origin}/r/")
            case _:
                raise AssertionError(field)

    def _link(self, words: Mapping[Any, str]) -> Word:
        """Nearly everybody signs by one of a few links; only personal ones are looked up."""
        kind = Word("kind", words)
        known = {key: words[kind] for key, kind in self._kinds.items()}
        return Word("link_id", known, otherwise=kind) if known else kind

    def _words_of_texts(self) -> dict[str, str]:
        """Number and digest, or what of it is wanted."""
        digests = _texts({digest: digest for digest in self._texts})
        if Field.TEXT not in self._fields:
            return digests
        numbers = {digest: str(number) for digest, number in self._texts.items()}
        if Field.TEXT_SHA256 not in self._fields:
            return numbers
        return {digest: f"{numbers[digest]},{digests[digest]}" for digest in self._texts}

    def _completed(self, made: lines.Lines) -> bytes | None:
        text = made.text
        if b"\r" in text or b"\n" in text:
            return None
        known = _WITHHELD in text or _ASKED in text
        if known:
            if not self._is_as_made(made):
                return None
            try:
                text = _QUESTION.sub(self._answer, _SURNAME.sub(_surname, text))
            except _StrangeAnswer:
                return None
        plain = _with_commas(text)
        commas = (len(self._fields) - 1 + self._begins_marked) * made.count
        changed = text
        if plain.count(b",") != commas or b'"' in text:
            if not known and not self._is_as_made(made):
                return None
            changed = _QUOTED.sub(_changed, text)
        changed = _SUSPECT.sub(_changed, changed)
        if changed is not text:
            plain = _with_commas(changed)
        return self._divided(plain, made.count)

    @property
    def _begins_marked(self) -> bool:
        return lines.is_marked(self._cells[0])

    def _is_as_made(self, made: lines.Lines) -> bool:
        """Whether all marks are those of the statement."""
        text = made.text
        found = Counter({chr(mark): text.count(mark) for mark in _MARKS if mark in text})
        found[lines.TYPED] += found.pop(lines.WITHHELD, 0)
        return found == Counter(
            {mark: number * made.count for mark, number in lines.marks(self._cells).items()}
        )

    def _divided(self, plain: bytes, count: int) -> bytes | None:
        """Into lines; None where something typed looks as if it were between them."""
        if self._begins_marked:
            if plain.count(_LINE) != count:
                return None
            return plain[1:-1].replace(_LINE + b",", _LINE_END) + _LINE_END
        divided = plain.replace(_LINE, _LINE_END)
        return divided if len(divided) - len(plain) == count else None

    def _answer(self, found: re.Match[bytes]) -> bytes:
        """The cells that depend on the invitation."""
        assert self._invited is not None  # noqa: S101 -- nothing is asked otherwise
        number, link, meeting, name, uscc = (asked.decode() for asked in found.groups())
        one = self._invited.of(
            number=int(number), link_id=int(link), meeting_id=int(meeting), name=name, uscc=uscc
        )
        if one is None:
            return _END + b"," * (len(self._asked) - 1)
        answer = _cells(as_text(getattr(one, field.value)) for field in self._asked).encode()
        if _MARK.search(answer):
            raise _StrangeAnswer
        return _END + answer


class _StrangeAnswer(Exception):
    """There are marks in it."""


def _with_commas(text: bytes) -> bytes:
    return text.replace(_TYPED, b",").replace(_END, b",")


def _changed(found: re.Match[bytes]) -> bytes:
    """It holds no end of a line."""
    text = as_text(found[1].decode()).encode()
    if b'"' in text or b"," in text:
        return _END + b'"%s"' % text.replace(b'"', b'""')
    return _END + text


def _surname(found: re.Match[bytes]) -> bytes:
    return _known_surname(found[1])


@lru_cache(maxsize=_REMEMBERED)
def _known_surname(name: bytes) -> bytes:
    return _TYPED + surname(name.decode()).encode()


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
