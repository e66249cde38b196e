"""Time stamps of checkpoints: when an authority is asked for one, and what may come of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=30)


class Flaw(StrEnum):
    """Why an authority has given no stamp that can be believed."""

    NO_HOST = "no-host"
    PRIVATE = "private"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    TIMEOUT = "timeout"
    STATUS = "status"
    """It has answered with another status of HTTP than 200."""
    REJECTED = "rejected"
    """It says in the terms of RFC 3161 that it does not stamp."""
    GARBLED = "garbled"
    OTHER_QUESTION = "other-question"
    """The answer is to another question: its nonce is not the one that was sent."""
    OTHER_CHECKPOINT = "other-checkpoint"
    """It stamps something else than what was sent."""
    UNTRUSTED = "untrusted"
    """Its signature is wrong, or no trusted root leads to it, or it has expired."""


@dataclass(frozen=True)
class Fault:
    flaw: Flaw
    said: str = ""
    """What the authority or the check has said, shortened; may be empty."""


@dataclass(frozen=True)
class Stamp:
    """One that an authority has given, or is being asked for."""

    id: int
    authority: str
    """Its address."""
    size: int
    """Of the register, as the checkpoint says it."""
    asked_at: datetime
    stamped_at: datetime | None = None
    """When the authority says it was; None while it has not given one."""
    fault: Fault | None = None
    """Of the last attempt."""
    attempts: int = 0
    """That failed."""
    next_at: datetime | None = None
    leased_until: datetime | None = None
    """Before which somebody else asks for it."""


@dataclass(frozen=True)
class Stamped:
    """How far a register has been stamped by an authority."""

    last: Stamp | None = None
    """The newest one that was given."""
    waiting: Stamp | None = None
    """The one that has been asked for in vain so far."""


def due_at(
    stamped: Stamped, *, size: int, closed_at: datetime | None, every: timedelta, now: datetime
) -> datetime | None:
    """When a register of this size is to be stamped; None until it grows.

    `closed_at` is when signing was closed, if it is: then it is stamped at once, and what
    moderation adds afterwards follows as usual.
    """
    last, waiting = stamped.last, stamped.waiting
    if size == 0 or (last and last.size == size):
        return None
    if waiting:
        return max(filter(None, (waiting.next_at, waiting.leased_until)), default=now)
    if last is None:
        return now
    if closed_at and last.asked_at <= closed_at:
        return closed_at
    return last.asked_at + every


def pause_after(attempts: int) -> timedelta:
    """Before an authority is asked again that has failed so often."""
    doublings = min(max(attempts - 1, 0), 10)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)
