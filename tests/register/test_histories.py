"""Histories of signatures, as entries tell them."""

from pledge.register.histories import History, State

from pledge.register.entries import Entry, Kind, SignedFields

AT = "2023-08-10T02:00:00.000000Z"
SIGNED = SignedFields("beijing", "open", {"zh": "0" * 64}, "", bytes(32), bytes(32))


def test_however_often_something_is_hidden_and_shown_no_more_is_kept_of_it() -> None:
    """A bundle from anywhere may say so a million times."""
    history = History("fire", since=0)
    history.play(Entry(Kind.SIGNED, 1, "fire", AT, signed=SIGNED).encoded)
    for _ in range(100):
        for kind in (Kind.HIDDEN, Kind.SHOWN):
            history.play(Entry(kind, 1, "fire", AT, refers=0).encoded)
    assert history.signatures[1].states == (State.HIDDEN, State.STANDING)
    history.play(Entry(Kind.WITHDRAWN, 1, "fire", AT, refers=0).encoded)
    assert history.signatures[1].states == (State.HIDDEN, State.STANDING, State.WITHDRAWN)
