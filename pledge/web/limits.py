"""How often something may happen."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

_MOST_KEYS = 50_000


class Limit:
    """At most `most` a key in `seconds`, with all of them at once if need be.

    The generic cell rate algorithm (ITU-T I.371): one instant a key, no timers. Keys that were
    not seen for longest are forgotten first, which only ever admits more.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], datetime]):
        self._most = most
        self._each = timedelta(seconds=seconds / most) if most else timedelta()
        self._clock = clock
        self._due: OrderedDict[str, datetime] = OrderedDict()

    def wait(self, key: str) -> float:
        """Counts one more and returns 0, or the seconds to wait and counts nothing."""
        if not self._most:
            return 0
        now = self._clock()
        due = max(self._due.get(key, now), now) + self._each
        early = (due - now - self._each * self._most).total_seconds()
        if early > 0:
            return early
        self._due[key] = due
        self._due.move_to_end(key)
        if len(self._due) > _MOST_KEYS:
            self._due.popitem(last=False)
        return 0

    def full(self, key: str) -> float:
        """The seconds to wait before one more would be admitted; counts nothing."""
        if not self._most:
            return 0
        now = self._clock()
        due = max(self._due.get(key, now), now) + self._each
        return max(0.0, (due - now - self._each * self._most).total_seconds())
