"""Comparing: the signatories of an export, held against the register that lies beside them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pledge.domain.exports import EntryState, Field
from pledge.domain.initiatives import digest_of_hashes
from pledge.register.histories import Registered, State
from pledge.rereading import Row, Table

_SPREADSHEETS_ROUND = timedelta(milliseconds=1)

Opened = Mapping[str, str]


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


@dataclass
class Opening:
    """The fields of a signature, as far as they are there and are those that were signed."""

    company: Opened | None = None
    person: Opened | None = None
    wrong: set[str] = field(default_factory=set)
    """Parts of which the fields are not what was signed."""


Check = Callable[[Any, int, Registered], bool]


class Comparison:
    def __init__(
        self,
        signatures: Mapping[int, Registered],
        openings: Mapping[int, Opening],
        opened: Collection[str],
        said: Said,
    ):
        """`opened`: the parts to which all signatures should have an opening."""
        self._signatures = signatures
        self._openings = openings
        self._opened = opened
        self._said = said
        self._keys = {key: one for one in said.meetings for key in one.registered_as}
        self._digests: dict[int, str] = {}
        self.compared: dict[Field, None] = {}
        """Columns of which something was held against the register, in their order."""
        self.unopened: set[int] = set()
        """Whose person's fields are missing, as they are once they have been erased."""
        self.unopened_companies: set[int] = set()
        """The same of their companies; only of those that have ended, for else they stand."""
        self._closed: set[int] = set()
        self.waiting: set[int] = set()
        """Which stand in the register and not in a table, for awaiting approval."""

    def differences(self, name: str, table: Table) -> Iterator[str]:
        """A line each; `name` is the table's."""
        checks = self._checks(table.fields)
        place = table.fields.index(Field.NUMBER)
        seen: set[int] = set()
        for row in table.rows:
            number = row[place]
            if not isinstance(number, int) or number not in self._signatures:
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
        if self._lacks_company(number):
            yield f"number {number}: the fields of its company are missing, which were signed"
        for place, column, check in checks:
            if not check(row[place], number, signature):
                if column is Field.STATE:
                    yield (
                        f"number {number}: is {str(row[place])[:20]} in {name}, and "
                        f"{_or(signature.states)} in the register"
                    )
                else:
                    yield f"number {number}: {column} in {name} is not what was signed"
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

    def _lacks_company(self, number: int) -> bool:
        """Unlike a person's, they are erased of ended entries alone; said once for all tables."""
        opening = self._openings.get(number) or Opening()
        if "company" not in self._opened or opening.company or "company" in opening.wrong:
            return False
        if self._has_ended(number):
            self.unopened_companies.add(number)
            return False
        if number in self._closed:
            return False
        self._closed.add(number)
        return True

    def _has_ended(self, number: int) -> bool:
        """At whatever moment of the export it was looked at."""
        return any(
            state in (State.WITHDRAWN, State.REPLACED) for state in self._signatures[number].states
        )

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
            Field.VOUCHED: lambda value, _number, signature: value == signature.vouched,
            Field.SIGNED_AT: self._signed_at,
            Field.STATE: _state,
            Field.TEXT: lambda value, _number, signature: (
                self._said.texts.get(value) == signature.text
            ),
            Field.TEXT_SHA256: lambda value, _number, signature: (
                value == self._digest(signature.text)
            ),
        }
        if "company" in self._opened:
            known |= {
                Field.COMPANY: self._field("company", "name"),
                Field.USCC: self._field("company", "uscc"),
            }
        if "person" in self._opened:
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
        def check(value: Any, number: int, _signature: Registered) -> bool:
            opening = self._openings.get(number) or Opening()
            fields: Opened | None = getattr(opening, part)
            if fields is not None:
                return bool(value == fields.get(name))
            if part in opening.wrong:
                return True  # it has been said
            if part == "company":
                return not value or not self._has_ended(number)  # else it has been said
            self.unopened.add(number)
            return not value  # without its opening, nothing shows that this was signed

        return check

    def _publish(self, value: Any, number: int, _signature: Registered) -> bool:
        opening = self._openings.get(number) or Opening()
        if opening.person is None:
            if "person" not in opening.wrong:
                self.unopened.add(number)
            return True
        return bool(value is (opening.person.get("publish") == "true"))

    def _meeting(self, value: Any, _number: int, signature: Registered) -> bool:
        meeting = self._keys.get(signature.meeting)
        return meeting is not None and value == meeting.place

    def _digest(self, text: Mapping[str, str]) -> str:
        """There are few texts and many who sign them."""
        if id(text) not in self._digests:
            self._digests[id(text)] = digest_of_hashes(text)
        return self._digests[id(text)]

    def _signed_at(self, value: Any, _number: int, signature: Registered) -> bool:
        try:
            moment, signed = datetime.fromisoformat(value), datetime.fromisoformat(signature.at)
        except (ValueError, TypeError):
            return False
        if moment.tzinfo is not None:
            return moment == signed
        meeting = self._keys.get(signature.meeting)
        local = signed.astimezone(meeting.zone if meeting else UTC).replace(tzinfo=None)
        return abs(moment - local) <= _SPREADSHEETS_ROUND


def _state(value: Any, _number: int, signature: Registered) -> bool:
    if value == EntryState.WAITING:
        return State.STANDING in signature.states
    return value in signature.states


def _or(states: Sequence[State]) -> str:
    return " or ".join(dict.fromkeys(states))
