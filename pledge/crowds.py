"""Waking whoever waits for the same thing: a few at once, a crowd at a pace that it can bear.

Each reader that is woken costs a write of its own, whatever there is to tell. So the more readers
there are, the longer is the pause after which they are woken again, and the more travels in one
write. They are woken in slices, between which the process answers whoever else asks.
"""

import asyncio

PAUSE = 0.00005
"""Seconds of pause that each reader adds: about four times what telling it takes."""

LONGEST = 0.25
"""Seconds of pause, however many there are."""

_SLICE = 200


class Crowd:
    def __init__(self, beat: float, *, pause: float = PAUSE):
        """`beat` is the seconds after which all are woken anyway; `pause` is for each reader."""
        self.readers = 0
        """Counted by whoever lets them wait."""
        self.round = 0
        """How often they have been woken, for whatever reason."""
        self.beats = 0
        """How often because so many seconds had gone by."""
        self._beat = beat
        self._each = pause
        self._waiting: list[asyncio.Future[None]] = []
        self._due = 0.0
        self._pausing: asyncio.TimerHandle | None = None
        self._beating: asyncio.TimerHandle | None = None

    @property
    def pause(self) -> float:
        """Seconds until they may be woken again."""
        return max(0.0, self._due - asyncio.get_running_loop().time())

    async def after(self, round: int) -> None:
        """Waits until they are woken, unless they have been since that round."""
        if round != self.round:
            return
        loop = asyncio.get_running_loop()
        if self._beating is None:
            self._beating = loop.call_later(self._beat, self._on_beat)
        future = loop.create_future()
        self._waiting.append(future)
        await future

    def wake(self) -> None:
        """Wakes them now, or as soon as the pause after the last time is over."""
        if self._pausing is None:
            if pause := self.pause:
                loop = asyncio.get_running_loop()
                self._pausing = loop.call_later(pause, self._wake_all)
            else:
                self._wake_all()

    def end(self) -> None:
        """Wakes them for the last time."""
        for timer in (self._pausing, self._beating):
            if timer:
                timer.cancel()
        self._wake_all()

    def _on_beat(self) -> None:
        self._beating = None
        if self._waiting:
            self.beats += 1
            self._wake_all()

    def _wake_all(self) -> None:
        self._pausing = None
        self.round += 1
        woken, self._waiting = self._waiting, []
        loop = asyncio.get_running_loop()
        self._due = loop.time() + min(LONGEST, self.readers * self._each)
        self._wake(loop, woken)

    def _wake(self, loop: asyncio.AbstractEventLoop, woken: list[asyncio.Future[None]]) -> None:
        for future in woken[:_SLICE]:
            if not future.done():  # whoever waited has gone
                future.set_result(None)
        if later := woken[_SLICE:]:
            loop.call_soon(self._wake, loop, later)
