"""How an initiative stands: what moves while it is signed, read anew for every page."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pledge.domain.initiatives import Approval, Status
from pledge.domain.scenes import Direction, Scene


@dataclass(frozen=True)
class Standing:
    status: Status
    total: int
    """Companies whose signature stands and is not hidden."""
    cursor: int
    """Of the newest event of the feed."""
    revision: int
    """Grows whenever anything of `Initiative` changes."""
    closed_at: datetime | None = None
    opens_at: datetime | None = None
    """When signing opens by itself."""
    closes_at: datetime | None = None
    """When it closes by itself; nothing is signed from then on."""
    approval: Approval = Approval.NOTHING
    direction: Direction = field(default_factory=Direction)

    def at(self, now: datetime) -> "Standing":
        """With what was to happen by itself by then, whether or not it has been noted."""
        standing = self
        opens, closes = self.opens_at, self.closes_at
        if standing.status is not Status.OPEN and opens is not None and opens <= now:
            standing = replace(standing, status=Status.OPEN, closed_at=None, opens_at=None)
        if standing.status is Status.OPEN and closes is not None and closes <= now:
            standing = replace(standing, status=Status.CLOSED, closed_at=closes, closes_at=None)
        return standing

    @property
    def scene(self) -> Scene:
        """What the walls show."""
        return self.direction.shown(self.status)


class ScheduleFlaw(StrEnum):
    """Why something can't happen by itself at a time."""

    PAST = "past"
    OPEN_ALREADY = "open already"
    BEFORE_OPENING = "before opening"
    NOT_READY = "not ready"
    """Nobody could sign: the initiative lacks something."""


def schedule_flaws(
    standing: Standing,
    opens_at: datetime | None,
    closes_at: datetime | None,
    now: datetime,
    *,
    is_ready: bool,
) -> dict[str, ScheduleFlaw]:
    """What is wrong with times at which signing is to open and close, by field."""
    flaws = {}
    if opens_at is not None:
        if standing.status is Status.OPEN:
            flaws["opens_at"] = ScheduleFlaw.OPEN_ALREADY
        elif opens_at <= now:
            flaws["opens_at"] = ScheduleFlaw.PAST
        elif not is_ready:
            flaws["opens_at"] = ScheduleFlaw.NOT_READY
    if closes_at is not None:
        if closes_at <= now:
            flaws["closes_at"] = ScheduleFlaw.PAST
        elif opens_at is not None and closes_at <= opens_at:
            flaws["closes_at"] = ScheduleFlaw.BEFORE_OPENING
    return flaws
