"""Histories: what became of each signature, as a register's entries tell it from first to last."""

from dataclasses import dataclass
from enum import StrEnum
from sys import intern
from typing import Any

from pledge.register.entries import Kind, parsed
from pledge.register.trees import InvalidProof


class State(StrEnum):
    STANDING = "standing"
    HIDDEN = "hidden"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


_BECOMES = {
    (State.STANDING, Kind.HIDDEN): State.HIDDEN,
    (State.HIDDEN, Kind.SHOWN): State.STANDING,
    **{(state, Kind.REPLACED): State.REPLACED for state in (State.STANDING, State.HIDDEN)},
    **{(state, Kind.WITHDRAWN): State.WITHDRAWN for state in (State.STANDING, State.HIDDEN)},
}
"""Nothing else can happen: what has ended is never told of again."""


@dataclass(slots=True)
class Registered:
    """A signature, as the register tells of it."""

    index: int
    at: str
    meeting: str
    vouched: str
    text: dict[str, str]
    company: bytes
    """Commitments."""
    person: bytes
    states: tuple[State, ...] = (State.STANDING,)
    """How it stands, last; before that, how it has stood since the size that was asked for, each
    once, however often that has changed.
    """


class History:
    """Played entry by entry; what can't have happened raises InvalidProof and changes nothing."""

    def __init__(self, initiative: str, since: int):
        """`since`: the size from which on all states are kept, and not the last one alone."""
        self.signatures: dict[int, Registered] = {}
        """By number; as many as there are, from 1."""
        self.size = 0
        self._initiative = initiative
        self._since = since
        self._texts: dict[str, dict[str, str]] = {}

    def play(self, entry: bytes) -> None:
        index = self.size
        self.size += 1
        try:
            values = parsed(entry)
        except InvalidProof as invalid:
            raise InvalidProof(f"entry {index} of the register: {invalid}") from None
        number, kind = values["number"], Kind(values["kind"])
        if values["initiative"] != self._initiative:
            raise InvalidProof(f"number {number}: entry {index} is of another initiative")
        if kind is Kind.SIGNED:
            self._sign(index, number, values)
        else:
            self._change(index, number, kind, values["refers"])

    def _sign(self, index: int, number: int, values: dict[str, Any]) -> None:
        if number != len(self.signatures) + 1:
            raise InvalidProof(f"number {number}: entry {index} should be of the next number")
        text = values["text"]
        try:
            company, person = bytes.fromhex(values["company"]), bytes.fromhex(values["person"])
        except ValueError:
            raise InvalidProof(f"number {number}: entry {index} holds no commitments") from None
        self.signatures[number] = Registered(
            index,
            values["at"],
            intern(values["meeting"]),  # there are few of them, and many who sign
            intern(values["vouched"]),
            self._texts.setdefault(repr(text), text),
            company,
            person,
        )

    def _change(self, index: int, number: int, kind: Kind, refers: int) -> None:
        found = self.signatures.get(number)
        if found is None or found.index != refers:
            raise InvalidProof(f"number {number}: entry {index} refers to no such signature")
        state = _BECOMES.get((found.states[-1], kind))
        if state is None:
            raise InvalidProof(
                f"number {number}: entry {index} says {kind} of what is {found.states[-1]}"
            )
        before = [one for one in found.states if one is not state] if index >= self._since else []
        found.states = (*before, state)
