"""Comparing: the signatories of an export, held against the register that lies beside them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pledge.domain.exports import EntryState, Field
from pledge.domain.initiatives import digest_of_hashes
from pledge.histories import Registered, State
from pledge.rereading import Row, Table

_SPREADSHEETS_ROUND = timedelta(milliseconds=1)

Opened = tuple[str, ...]
"""The fields of a part in the order of FIELDS: there are as many of these as signatures."""

FIELDS = {"company": ("name", "uscc"), "person": ("name", "title", "phone", "publish")}


@dataclass(frozen=True)
class Meeting:
    """As the export names it."""

    key: str
    place: str
    zone: ZoneInfo
    registered_as: Collection[str]
    """The keys by which the register names it: one can be given another key."""


@dataclass(frozen=True)
class Said:
    """What the export says of itself."""

    last: int
    """The number of the last signature that can be in it."""
    meetings: Sequence[Meeting]
    chosen: Collection[str]
    """Keys of meetings; empty if all are."""
    states: Collection[EntryState]
    waiting: Collection[int]
    """Numbers that were left out for awaiting approval."""
    texts: Mapping[int, Mapping[str, str]]
    """SHA-256 of each version's languages, by its number."""
    opened: Collection[str]
    """The parts to which all signatures should have an opening."""


@dataclass(slots=True)
class Opening:
    """The fields of a signature, as far as they are there and are those that were signed."""

    company: Opened | None = None
    person: Opened | None = None
    wrong: tuple[str, ...] = ()
    """Parts of which the fields are not what was signed."""


_NOTHING = Opening()

Check = Callable[[Any, int, Registered], str]
"""What there is to say against a value; nothing if it is what was signed."""

_WRONG = "is not what was signed"
_UNOPENED = "is opened by nothing, so that nothing shows that it was signed"


class Comparison:
    def __init__(
        self,
        signatures: Mapping[int, Registered],
        openings: Mapping[int, Opening],
        said: Said,
    ):
        self._signatures = signatures
        self._openings = openings
        self._said = said
        self._keys = {key: one for one in said.meetings for key in one.registered_as}
        self._digests: dict[int, str] = {}
        self.compared: dict[Field, None] = {}
        """Columns of which something was held against the register, in their order."""
        self.unopened: dict[str, set[int]] = {part: set() for part in FIELDS}
        """Of whom the fields of a part are missing, as they are once they have been erased."""
        self.waiting: set[int] = set()
        """Which stand in the register and not in a table, for awaiting approval."""

    def differences(self, name: str, table: Table) -> Iterator[str]:
        """A line each; `name` is the table's."""
        checks = self._checks(table.fields)
        place = table.fields.index(Field.NUMBER)
        seen: set[int] = set()
        for row in table.rows:
            number = row[place]
            if type(number) is not int or number not in self._signatures:
                yield f"number {str(number)[:20]}: is in {name} and not in the register"
                continue
            if number in seen:
                yield f"number {number}: is in {name} twice"
                continue
            seen.add(number)
            yield from self._row(name, number, row, checks)
        yield from self._missing(name, seen)

    def _row(
        self, name: str, number: int, row: Row, checks: Sequence[tuple[int, Field, Check]]
    ) -> Iterator[str]:
        signature = self._signatures[number]
        for place, column, check in checks:
            if wrong := check(row[place], number, signature):
                yield f"number {number}: {column} in {name} {wrong}"
        if number > self._said.last:
            yield f"number {number}: is in {name}, and was signed after the export had begun"
        elif not self._may_be_in(signature):
            yield (
                f"number {number}: is in {name}, and by the choice should not be: it is "
                f"{_or(signature.states)} at {signature.meeting} in the register"
            )

    def _missing(self, name: str, seen: Collection[int]) -> Iterator[str]:
        for number, signature in self._signatures.items():
            if number > self._said.last:
                break
            if number not in seen and self._must_be_in(signature):
                if number in self._said.waiting:
                    self.waiting.add(number)
                else:
                    yield f"number {number}: is in the register and missing in {name}"

    def _may_be_in(self, signature: Registered) -> bool:
        return self._is_chosen(signature) and any(
            EntryState(state) in self._said.states
            or (state is State.STANDING and EntryState.WAITING in self._said.states)
            for state in signature.states
        )

    def _must_be_in(self, signature: Registered) -> bool:
        """At whatever moment of the export it was looked at.

        The register knows nothing of those that await approval: to it, they stand.
        """
        return self._is_chosen(signature) and all(
            EntryState(state) in self._said.states for state in signature.states
        )

    def _is_chosen(self, signature: Registered) -> bool:
        if not self._said.chosen:
            return True
        meeting = self._keys.get(signature.meeting)
        return meeting is not None and meeting.key in self._said.chosen

    def _checks(self, fields: Sequence[Field | None]) -> list[tuple[int, Field, Check]]:
        known: dict[Field, Check] = {
            Field.MEETING: self._meeting,
            Field.VOUCHED: self._vouched,
            Field.SIGNED_AT: self._signed_at,
            Field.STATE: _state,
            Field.TEXT: self._text,
            Field.TEXT_SHA256: self._text_sha256,
        }
        if "company" in self._said.opened:
            known |= {
                Field.COMPANY: self._field("company", "name"),
                Field.USCC: self._field("company", "uscc"),
            }
        if "person" in self._said.opened:
            known |= {
                Field.REPRESENTATIVE: self._field("person", "name"),
                Field.TITLE: self._field("person", "title"),
                Field.PHONE: self._field("person", "phone"),
                Field.PUBLISH: self._publish,
            }
        checks = [
            (place, column, known[column])
            for place, column in enumerate(fields)
            if column is not None and column in known
        ]
        self.compared |= {column: None for _place, column, _check in checks}
        return checks

    def _field(self, part: str, name: str) -> Check:
        place = FIELDS[part].index(name)

        def check(value: Any, number: int, signature: Registered) -> str:
            opening = self._openings.get(number) or _NOTHING
            fields: Opened | None = getattr(opening, part)
            if fields is not None:
                return "" if value == fields[place] else _WRONG
            if part in opening.wrong:
                return ""  # it has been said
            if part == "company" and not _has_ended(signature):
                return _UNOPENED  # a company is erased of ended entries alone
            self.unopened[part].add(number)
            return _UNOPENED if value else ""

        return check

    def _publish(self, value: Any, number: int, _signature: Registered) -> str:
        opening = self._openings.get(number) or _NOTHING
        if opening.person is None:
            return ""  # as the other fields of the person say
        return "" if value is (opening.person[-1] == "true") else _WRONG

    def _meeting(self, value: Any, _number: int, signature: Registered) -> str:
        meeting = self._keys.get(signature.meeting)
        return "" if meeting and value == meeting.place else _WRONG

    def _vouched(self, value: Any, _number: int, signature: Registered) -> str:
        return "" if value == signature.vouched else _WRONG

    def _text(self, value: Any, _number: int, signature: Registered) -> str:
        known = self._said.texts.get(value) if isinstance(value, int) else None
        return "" if known == signature.text else _WRONG

    def _text_sha256(self, value: Any, _number: int, signature: Registered) -> str:
        return "" if value == self._digest(signature.text) else _WRONG

    def _digest(self, text: Mapping[str, str]) -> str:
        """There are few texts and many who sign them."""
        if id(text) not in self._digests:
            self._digests[id(text)] = digest_of_hashes(text)
        return self._digests[id(text)]

    def _signed_at(self, value: Any, _number: int, signature: Registered) -> str:
        try:
            moment, signed = datetime.fromisoformat(value), datetime.fromisoformat(signature.at)
        except (ValueError, TypeError):
            return _WRONG
        if moment.tzinfo is not None:
            return "" if moment == signed else _WRONG
        meeting = self._keys.get(signature.meeting)
        local = signed.astimezone(meeting.zone if meeting else UTC).replace(tzinfo=None)
        return "" if abs(moment - local) <= _SPREADSHEETS_ROUND else _WRONG


def _state(value: Any, _number: int, signature: Registered) -> str:
    if value in signature.states or (
        value == EntryState.WAITING and State.STANDING in signature.states
    ):
        return ""
    return f"is {str(value)[:20]}, and in the register {_or(signature.states)}"


def _has_ended(signature: Registered) -> bool:
    """At one of the moments of the export at least."""
    return any(state in (State.REPLACED, State.WITHDRAWN) for state in signature.states)


def _or(states: Sequence[State]) -> str:
    return " or ".join(dict.fromkeys(states))
