"""How fast signing goes: a chart of it, in bars as wide as the time that it spans asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTES = (5, 10, 15, 30, 60, 120, 180, 360, 720)
_DAY = 24 * 60
_MOST_BARS = 24
_FEWEST_BARS = 12
"""A chart that has only begun leaves room for what is to come."""


@dataclass(frozen=True)
class Bar:
    starts_at: datetime
    """On the clocks of the meeting, without a zone of its own."""
    signed: int


@dataclass(frozen=True)
class Chart:
    minutes: int
    """That each bar stands for."""
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        return sum(bar.signed for bar in self.bars)

    @property
    def peak(self) -> Bar:
        """The first of the highest."""
        return max(self.bars, key=lambda bar: bar.signed)

    @property
    def top(self) -> int:
        """Where the axis ends: a round and even number, so that half of it is whole."""
        step = 2
        while True:
            for factor in (1, 2, 5):
                if step * factor >= self.peak.signed:
                    return step * factor
            step *= 10


def chart(signed: Mapping[datetime, int], until: datetime) -> Chart | None:
    """Of how many signed in each minute, from the first one on; None if nobody did.

    Moments are those of one clock on the wall; `until` is how far the chart goes at least.
    """
    if not signed:
        return None
    first, last = min(signed), max(*signed, until)
    minutes = next(width for width in _widths() if _bars(first, last, width) <= _MOST_BARS)
    start = _start(first, minutes)
    counts = [0] * max(_FEWEST_BARS, _bars(first, last, minutes))
    for minute, number in signed.items():
        counts[int((minute - start) / timedelta(minutes=minutes))] += number
    return Chart(
        minutes,
        tuple(
            Bar(start + timedelta(minutes=minutes * place), number)
            for place, number in enumerate(counts)
        ),
    )


def _widths() -> list[int]:
    days = (1, 2, 7, 14, 28, 91, 182, 364, 3640)
    return [*_MINUTES, *(count * _DAY for count in days), 36400 * _DAY]


def _bars(first: datetime, last: datetime, minutes: int) -> int:
    return int((last - _start(first, minutes)) / timedelta(minutes=minutes)) + 1


def _start(first: datetime, minutes: int) -> datetime:
    """Bars begin at round times: counted from midnight."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    passed = int((first - midnight) / timedelta(minutes=1))
    return midnight + timedelta(minutes=passed // minutes * minutes)
