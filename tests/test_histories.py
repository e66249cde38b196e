"""Histories: what became of each signature, and entries that tell what can't have happened."""

import pytest

from pledge.histories import History, State
from pledge.register.entries import Entry, Kind, SignedFields, canonical, parsed
from pledge.register.trees import InvalidProof

AT = "2023-08-10T02:41:12.123456Z"


def _signed(number: int, initiative: str = "sample") -> bytes:
    fields = SignedFields("hall", "present", {"zh": "ab" * 32}, "", bytes(32), bytes(32))
    return Entry(Kind.SIGNED, number, initiative, AT, signed=fields).encoded


def _later(kind: Kind, number: int, refers: int, initiative: str = "sample") -> bytes:
    return Entry(kind, number, initiative, AT, refers=refers).encoded


def _played(*entries: bytes, since: int = 0) -> History:
    history = History("sample", since)
    for entry in entries:
        history.play(entry)
    return history


def test_the_last_that_is_told_of_a_signature_is_how_it_stands() -> None:
    history = _played(
        _signed(1),
        _signed(2),
        _signed(3),
        _later(Kind.HIDDEN, 1, 0),
        _later(Kind.SHOWN, 1, 0),
        _later(Kind.HIDDEN, 2, 1),
        _later(Kind.WITHDRAWN, 2, 1),
        _later(Kind.REPLACED, 3, 2),
        since=8,
    )
    assert history.size == 8
    found = {number: one.states for number, one in history.signatures.items()}
    assert found == {1: (State.STANDING,), 2: (State.WITHDRAWN,), 3: (State.REPLACED,)}


def test_since_a_size_all_is_kept_that_a_signature_has_been_each_once() -> None:
    entries = [
        _signed(1),
        _later(Kind.HIDDEN, 1, 0),
        _later(Kind.SHOWN, 1, 0),
        _later(Kind.WITHDRAWN, 1, 0),
    ]
    standing, hidden, withdrawn = State.STANDING, State.HIDDEN, State.WITHDRAWN
    kept = {
        0: (hidden, standing, withdrawn),
        1: (hidden, standing, withdrawn),
        2: (hidden, standing, withdrawn),
        3: (standing, withdrawn),
        4: (withdrawn,),
    }
    for since, states in kept.items():
        assert _played(*entries, since=since).signatures[1].states == states, since


def test_however_often_something_is_hidden_and_shown_no_more_is_kept_of_it() -> None:
    """A bundle from anywhere may say so a million times."""
    history = _played(_signed(1))
    for _ in range(100):
        history.play(_later(Kind.HIDDEN, 1, 0))
        history.play(_later(Kind.SHOWN, 1, 0))
    assert history.signatures[1].states == (State.HIDDEN, State.STANDING)


WITHOUT_COMMITMENTS = canonical({**parsed(_signed(2)), "company": "company"})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (_signed(2, initiative="other"), "number 2: entry 1 is of another initiative"),
        (_later(Kind.HIDDEN, 1, 0, initiative="other"), "number 1: entry 1 is of another"),
        (_signed(1), "number 1: entry 1 should be of the next number"),
        (_signed(3), "number 3: entry 1 should be of the next number"),
        (WITHOUT_COMMITMENTS, "number 2: entry 1 holds no commitments"),
        (_later(Kind.HIDDEN, 2, 1), "number 2: entry 1 refers to no such signature"),
        (_later(Kind.HIDDEN, 1, 1), "number 1: entry 1 refers to no such signature"),
        (_later(Kind.SHOWN, 1, 0), "number 1: entry 1 says shown of what is standing"),
        (b"{}", "entry 1 of the register: the entry is of a kind or version"),
    ],
)
def test_what_can_not_have_happened_is_said_and_changes_nothing(entry: bytes, why: str) -> None:
    history = _played(_signed(1))
    with pytest.raises(InvalidProof, match=why):
        history.play(entry)
    assert history.size == 2  # it lies there all the same
    assert {number: one.states for number, one in history.signatures.items()} == {
        1: (State.STANDING,)
    }


@pytest.mark.parametrize("end", [Kind.WITHDRAWN, Kind.REPLACED])
@pytest.mark.parametrize("later", [Kind.HIDDEN, Kind.SHOWN, Kind.WITHDRAWN, Kind.REPLACED])
def test_of_what_has_ended_nothing_more_is_told(end: Kind, later: Kind) -> None:
    history = _played(_signed(1), _later(end, 1, 0))
    with pytest.raises(InvalidProof, match=f"says {later} of what is {end}"):
        history.play(_later(later, 1, 0))


def test_what_is_hidden_is_not_hidden_again() -> None:
    history = _played(_signed(1), _later(Kind.HIDDEN, 1, 0))
    with pytest.raises(InvalidProof, match="says hidden of what is hidden"):
        history.play(_later(Kind.HIDDEN, 1, 0))
