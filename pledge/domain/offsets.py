"""How far a zone's clock is from UTC, and from when until when it stays so."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_STEP = timedelta(hours=12)
"""Nowhere does a clock go forward and back again within so short a time."""
_STEPS = 800


@dataclass(frozen=True)
class Steady:
    """A time in which a zone's clock is not changed; `until` is not in it."""

    since: datetime
    until: datetime
    offset: timedelta

    @property
    def minutes(self) -> int:
        """Whole ones, downwards: before railways came, clocks differed by seconds too."""
        return self.offset // timedelta(minutes=1)

    @property
    def written(self) -> str:
        """As ISO 8601 has it: +08:00."""
        return datetime.min.replace(year=2000, tzinfo=timezone(self.offset)).isoformat()[19:]


def steady(zone: tzinfo, at: datetime) -> Steady:
    """The time around a moment, a year or so to each side at most; to the minute."""
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    offset = _offset(zone, minute)
    return Steady(_edge(zone, minute, -_STEP), _edge(zone, minute, _STEP), offset)


def _edge(zone: tzinfo, minute: datetime, step: timedelta) -> datetime:
    """From where on in that direction the offset is another one, or is not known to be the same."""
    offset = _offset(zone, minute)
    same = minute
    for _ in range(_STEPS):
        if _offset(zone, same + step) != offset:
            break
        same += step
    else:
        return same
    other = same + step
    while abs(other - same) > timedelta(minutes=1):
        middle = same + (other - same) // timedelta(minutes=2) * timedelta(minutes=1)
        if _offset(zone, middle) == offset:
            same = middle
        else:
            other = middle
    return max(same, other)


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
