"""The wall's scenes, through which the organizer leads the hall."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pledge.domain.initiatives import Status

LONGEST_COUNTDOWN = 60
COUNTDOWN = 10
"""Seconds of a countdown."""

MOST_PAGES = 100


class Scene(StrEnum):
    STANDBY = "standby"
    """Title, organizers, what is to be signed."""
    TEXT = "text"
    """The text, page by page, as it is read out."""
    SIGNING = "signing"
    SCAN = "scan"
    """Signing, with the code as large as the screen, for the back rows."""
    COUNTDOWN = "countdown"
    LAUNCH = "launch"
    CLOSED = "closed"


_FOLLOWING = {
    Status.DRAFT: Scene.STANDBY,
    Status.OPEN: Scene.SIGNING,
    Status.CLOSED: Scene.CLOSED,
}


@dataclass(frozen=True)
class Direction:
    """What the organizer has last asked the walls to show."""

    scene: Scene | None = None
    """None: whatever goes with the status."""
    page: int | None = None
    """The page of the text that is read out; None: they turn by themselves."""
    at: datetime | None = None
    ends_at: datetime | None = None
    """When a countdown is over and the launch begins."""

    def shown(self, status: Status) -> Scene:
        return self.scene or _FOLLOWING[status]

    def page_at(self, seconds: Sequence[float], now: datetime) -> int:
        """Which page of the text is read out, if each is on for so many seconds."""
        if self.page is not None or self.at is None:
            return min(self.page or 0, max(0, len(seconds) - 1))
        left = (now - self.at).total_seconds()
        for page, long in enumerate(seconds[:-1]):
            left -= long
            if left < 0:
                return page
        return max(0, len(seconds) - 1)

    def is_due(self, now: datetime) -> bool:
        """Whether its countdown is over."""
        return self.scene is Scene.COUNTDOWN and self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True)
class Launch:
    """What was frozen at the moment of launching."""

    at: datetime
    total: int
    text: str
    """Digest of the text version that was signed then."""
    list: str
    """SHA-256 of the public list, as `list_line` words it, in the order of the numbers."""


def list_line(number: int, company: str, signed_at: datetime) -> bytes:
    """One line of the list whose digest a launch records (docs/hall.md)."""
    return f"{number}\t{company}\t{signed_at.isoformat(timespec='microseconds')}\n".encode()
