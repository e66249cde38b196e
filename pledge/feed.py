"""The feed's live end: announces the newest cursor, and every reader fetches after its own.

Live and resuming readers take the same path, so that nothing is lost or told twice. What is
fetched once is kept for all, and joined once for all that stand at the same place: a thousand
readers cost one query an event. Walls are told at once, all others at the pace of `crowds`.
"""

import asyncio
import time
from bisect import bisect_right
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

import structlog

from pledge.crowds import Crowd

_log = structlog.get_logger()

HEARTBEAT = 15.0
"""Seconds after which a reader to whom nothing happened is told that the feed lives."""

WATCH_EVERY = 0.2
"""Seconds between looks at what other processes have written."""

WATCH_AWAKE_EVERY = 1.0
"""The same while they wake us up by themselves."""

_PAUSE = 2.0
_STAGED_SECONDS = 90.0
_TAIL = 2000
_CHUNK = 500

_PIECE = 100
"""Frames that are handed out together: bounds what waits for a reader that is slow."""

_MOST_PIECES = 50
"""That are kept for others at the same place."""


class Frame(NamedTuple):
    """An event as it is sent; an empty one moves the cursor on and is not sent."""

    cursor: int
    data: bytes
    retracts: bool = False
    """Something that was sent before must not be sent again."""


Fetch = Callable[[int, int, int], Awaitable[Sequence[Frame]]]
"""Frames of an initiative after a cursor, oldest first, at most so many."""

Newest = Callable[[Sequence[int]], Awaitable[dict[int, int]]]
"""The newest cursors of initiatives, as they are stored."""

Staged = Callable[[Sequence[int]], Awaitable[dict[int, tuple[int, bytes]]]]
"""What is being drawn on the stages of initiatives: its sequence, and the event."""


@dataclass
class _Channel:
    """What one initiative's readers share."""

    newest: int
    tail: deque[Frame] = field(default_factory=lambda: deque(maxlen=_TAIL))
    tail_start: int = 0
    """The cursor before the first frame of the tail."""
    tail_end: int = 0
    pieces: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    """By the cursor that it follows: a piece of the tail joined, and its last cursor."""
    telling: asyncio.Task[None] | None = None
    walls: Crowd = field(default_factory=lambda: Crowd(HEARTBEAT, pause=0))
    others: Crowd = field(default_factory=lambda: Crowd(HEARTBEAT))
    staged: tuple[int, bytes] = (0, b"")
    staged_at: float = 0.0
    ended: bool = False

    @property
    def readers(self) -> int:
        return self.walls.readers + self.others.readers

    def end(self) -> None:
        self.ended = True
        self.walls.end()
        self.others.end()


class Feed:
    def __init__(
        self,
        fetch: Fetch,
        newest: Newest,
        staged: Staged,
        *,
        is_woken: Callable[[], bool] = lambda: False,
    ):
        """`is_woken` says whether somebody calls `announce` and `look` for other processes, too."""
        self._is_woken = is_woken
        self._called = asyncio.Event()
        self._fetch = fetch
        self._newest = newest
        self._staged = staged
        self._channels: dict[int, _Channel] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._closed = False
        self._warned_at = 0.0

    def start(self) -> None:
        self._watcher = asyncio.create_task(self._watch(), name="feed watcher")

    def close(self) -> None:
        """Ends every reader's stream, so that the process can end; they resume elsewhere."""
        self._closed = True
        if self._watcher:
            self._watcher.cancel()
        for channel in self._channels.values():
            channel.end()
            if channel.telling:
                channel.telling.cancel()

    @property
    def readers(self) -> int:
        return sum(channel.readers for channel in self._channels.values())

    def told(self) -> dict[int, int]:
        """How far the readers of each initiative have been told."""
        return {key: channel.tail_end for key, channel in self._channels.items() if channel.readers}

    def announce(self, initiative_id: int, cursor: int) -> None:
        """Something up to this cursor is committed."""
        channel = self._channels.get(initiative_id)
        if channel and cursor > channel.newest:
            channel.newest = cursor
            self._begin_telling(initiative_id, channel)

    def look(self) -> None:
        """Something that is announced by no cursor has happened in another process."""
        self._called.set()

    def drawn(self, initiative_id: int, sequence: int) -> None:
        """Something newer is on a stage, in another process."""
        channel = self._channels.get(initiative_id)
        if channel and channel.readers and sequence > channel.staged[0]:
            self._called.set()

    def present(self, initiative_id: int, sequence: int, event: bytes) -> None:
        """Something is being drawn on the stage; it is told to walls, and not kept."""
        channel = self._channels.get(initiative_id)
        if channel and sequence > channel.staged[0]:
            channel.staged = (sequence, event)
            channel.staged_at = time.monotonic()
            channel.walls.wake()

    async def follow(
        self, initiative_id: int, cursor: int | None, *, newest: int, staged: bool = False
    ) -> AsyncGenerator[bytes]:
        """What comes after the cursor (or from now on), for ever; nothing at all is a heartbeat.

        `newest` is what the caller has just read. A cursor beyond it was given out before the
        database was set back, and counts as the newest. `staged` readers, the walls, are told at
        once, and also what is being drawn on the stage.
        """
        channel = self._channel(initiative_id, newest)
        cursor = newest if cursor is None else min(cursor, newest)
        crowd = channel.walls if staged else channel.others
        crowd.readers += 1
        self._begin_telling(initiative_id, channel)
        on_stage, beats = 0, crowd.beats
        try:
            while not self._closed and not channel.ended:
                round = crowd.round
                try:
                    reached, piece = await self._after(initiative_id, channel, cursor)
                except Exception as fault:  # nobody is cut off: what was announced is still there
                    self._warn("feed can't be read", fault)
                    await asyncio.sleep(_PAUSE)
                    continue
                if reached > cursor:
                    cursor = reached
                    if piece:
                        yield piece
                elif staged and channel.staged[0] > on_stage:
                    on_stage, event = channel.staged
                    if time.monotonic() - channel.staged_at < _STAGED_SECONDS:
                        yield event
                elif crowd.beats > beats:
                    beats = crowd.beats
                    yield b""
                else:
                    await crowd.after(round)
        finally:
            crowd.readers -= 1

    def _end(self, initiative_id: int) -> None:
        """A rehearsal is over: whoever followed it asks anew, and is led elsewhere."""
        channel = self._channels.pop(initiative_id)
        channel.end()

    def _channel(self, initiative_id: int, newest: int) -> _Channel:
        channel = self._channels.get(initiative_id)
        if channel is None or (not channel.readers and channel.tail_end < newest):
            channel = _Channel(newest, tail_start=newest, tail_end=newest)
            self._channels[initiative_id] = channel
        channel.newest = max(channel.newest, newest)
        return channel

    async def _after(self, initiative_id: int, channel: _Channel, cursor: int) -> tuple[int, bytes]:
        """The next piece and its last cursor; the same cursor where there is nothing yet."""
        if cursor < channel.tail_start:
            return _joined(cursor, await self._fetch(initiative_id, cursor, _CHUNK))
        if cursor >= channel.tail_end:
            return cursor, b""
        if (piece := channel.pieces.get(cursor)) is None:
            start = bisect_right(channel.tail, cursor, key=lambda frame: frame.cursor)
            piece = _joined(cursor, list(islice(channel.tail, start, start + _PIECE)))
            if len(channel.pieces) < _MOST_PIECES:
                channel.pieces[cursor] = piece
        return piece

    def _begin_telling(self, initiative_id: int, channel: _Channel) -> None:
        if channel.readers and channel.tail_end < channel.newest and channel.telling is None:
            channel.telling = asyncio.create_task(self._tell(initiative_id, channel))

    async def _tell(self, initiative_id: int, channel: _Channel) -> None:
        """Fetches what is new and wakes the readers, until there is nothing new."""
        try:
            while channel.tail_end < channel.newest:
                if not channel.walls.readers:
                    await asyncio.sleep(channel.others.pause)
                await self._fill(initiative_id, channel)
                channel.walls.wake()
                channel.others.wake()
        except Exception as fault:  # a database that is away for a while comes back
            self._warn("feed can't be read", fault)
            channel.newest = channel.tail_end  # the watcher announces it anew
        finally:
            channel.telling = None

    async def _fill(self, initiative_id: int, channel: _Channel) -> None:
        frames = await self._fetch(initiative_id, channel.tail_end, _CHUNK)
        if not frames:
            channel.newest = channel.tail_end  # not to be seen from here yet, or no longer
            return
        channel.pieces.clear()
        if any(frame.retracts for frame in frames):
            channel.tail.clear()
            channel.tail_start = channel.tail_end
        for frame in frames:
            if len(channel.tail) == _TAIL:
                channel.tail_start = channel.tail[0].cursor
            channel.tail.append(frame)
        channel.tail_end = frames[-1].cursor

    def _warn(self, what: str, fault: Exception) -> None:
        """Once for all the readers who meet it."""
        if time.monotonic() - self._warned_at > _PAUSE:
            self._warned_at = time.monotonic()
            _log.warning(what, error=type(fault).__name__)

    async def _watch(self) -> None:
        """Learns what other processes have committed; silent while nobody listens."""
        looked_at = 0.0
        was_woken = False
        while True:
            with suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it may swallow that the task is broken off.
                async with asyncio.timeout(WATCH_EVERY):
                    await self._called.wait()
            is_woken = was_woken and self._is_woken()
            was_woken = self._is_woken()
            rests = is_woken and time.monotonic() - looked_at < WATCH_AWAKE_EVERY
            if rests and not self._called.is_set():
                continue
            self._called.clear()
            looked_at = time.monotonic()
            try:
                await self._look()
            except Exception as fault:  # a database that is away for a while comes back
                self._warn("feed can't be watched", fault)
                await asyncio.sleep(_PAUSE)

    async def _look(self) -> None:
        watched = [key for key, channel in self._channels.items() if channel.readers]
        if not watched:
            return
        newest = await self._newest(watched)
        for initiative_id, cursor in newest.items():
            self.announce(initiative_id, cursor)
        for initiative_id in set(watched) - newest.keys():
            self._end(initiative_id)
        for initiative_id, staged in (await self._staged(watched)).items():
            self.present(initiative_id, *staged)


def _joined(cursor: int, frames: Sequence[Frame]) -> tuple[int, bytes]:
    """A piece of the feed after a cursor, and the cursor at its end."""
    return (frames[-1].cursor if frames else cursor), b"".join(frame.data for frame in frames)
