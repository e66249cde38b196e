"""How often something may happen."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from pledge.secrets import digest

_MOST_KEYS = 50_000


class Limit:
    """At most `most` a key in `seconds`, with all of them at once if need be.

    The generic cell rate algorithm (ITU-T I.371): one instant a key, no timers. Keys that were
    not seen for longest are forgotten first, which only ever admits more; what was counted before
    a clock was set back is forgotten as well. What a key is made of is not kept.
    """

    def __init__(self, most: int, seconds: float, clock: Callable[[], datetime]):
        self._most = most
        self._period = timedelta(seconds=seconds)
        self._each = self._period / most if most else timedelta()
        self._clock = clock
        self._due: OrderedDict[str, datetime] = OrderedDict()

    def wait(self, key: str) -> float:
        """Counts one more and returns 0, or the seconds to wait and counts nothing."""
        if not self._most:
            return 0
        key = digest(key)
        now = self._clock()
        due = max(self._due.get(key, now), now)
        if due > now + self._period:
            due = now
        early = (due + self._each - now - self._period).total_seconds()
        self._due[key] = due if early > 0 else due + self._each
        self._due.move_to_end(key)
        if len(self._due) > _MOST_KEYS:
            self._due.popitem(last=False)
        return max(0, early)

    def forget(self, key: str) -> None:
        """Gives back what was counted."""
        self._due.pop(digest(key), None)
