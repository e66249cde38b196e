"""The walls and tablets of the hall: which of them are connected."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LOST_AFTER = timedelta(seconds=18)
"""Without a word for so long, a screen has lost its connection; each is heard of every ten."""

FORGOTTEN_AFTER = timedelta(hours=1)


class ScreenKind(StrEnum):
    WALL = "wall"
    KIOSK = "kiosk"
    STAGE = "stage"


@dataclass(frozen=True)
class Screen:
    """A browser that is a wall or a tablet, by the random name that it keeps."""

    name: str
    kind: ScreenKind
    meeting: str
    """The key of the meeting that it is for; empty for a wall that shows all."""


@dataclass(frozen=True)
class Presence:
    """When a screen was heard of."""

    name: str
    kind: ScreenKind
    meeting_id: int | None
    seen_at: datetime
    left_at: datetime | None = None
    """When it was closed; one that lost its connection has nothing to say."""

    def lost_at(self, now: datetime) -> datetime | None:
        """Since when it is not connected; None while it is."""
        if self.left_at is not None:
            return self.left_at
        return self.seen_at if self.seen_at + LOST_AFTER <= now else None
