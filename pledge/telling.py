"""Telling: one target learns what has happened since it was last told, in order.

The feed is the outbox. A target's cursor in it moves only when a message was taken, so that what
is broken off, by a crash too, is told again.
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative, Status
from pledge.domain.messages import Message, Translate, message_for
from pledge.domain.notices import (
    Answer,
    Notice,
    NoticeEvent,
    Problem,
    Target,
    problem_of,
    wait_after,
    without_secrets,
)
from pledge.domain.rights import SCHEDULE
from pledge.outbound import Outbound, Unsent
from pledge.publishing import Publishing, public_item
from pledge.store import audit, feed, notices
from pledge.store.database import Database

LEASE = timedelta(seconds=30)
"""For which a target is one process's to tell; longer than any answer may take."""

_SAVE_EVERY = 1.0
"""Seconds between writes while one message follows another: what is signed goes first. What was
told since is told again after a crash."""

_BREATH = 0.02
"""Seconds between messages to one target: those who sign need the processor more."""

_CHUNK = 200
_LONGEST_SAID = 300

_log = structlog.get_logger()


@dataclass(frozen=True)
class Unread:
    """A piece of the feed, as a target is told it."""

    notices: list[Notice]
    upto: int
    """The cursor of its last event, whether that is told or not."""


class Telling:
    def __init__(
        self,
        database: Database,
        publishing: Publishing,
        outbound: Outbound,
        *,
        clock: Callable[[], datetime],
        translate: Callable[[str], Translate],
    ):
        """`translate` leads from a language to the words for the messages in the code."""
        self._database = database
        self._publishing = publishing
        self._outbound = outbound
        self._clock = clock
        self.translate = translate

    async def unread(self, target: Target, cursor: int) -> Unread:
        """What follows a cursor; more may follow that."""
        initiative, events = await self._publishing.events(target.initiative_id, cursor, _CHUNK)
        told = (_notice(initiative, event, target) for event in events)
        return Unread(
            [notice for notice in told if notice], events[-1].cursor if events else cursor
        )

    async def tell(self, target_id: int) -> None:
        """Until nothing is left, or a message is not taken, or a robot needs a pause.

        Does nothing where another process is at it.
        """
        now = self._clock()
        async with self._database.writing() as connection:
            target = await notices.claim(connection, target_id, now=now, until=now + LEASE)
        if target is None:
            return
        claim = _Claim(self._database, self._clock, target, now + LEASE)
        try:
            await self._go_on(claim)
        finally:
            await claim.release()

    async def post(self, target: Target, message: Message) -> Answer:
        """Sends one message; whatever comes of it is an answer."""
        began = time.monotonic()
        try:
            reply = await self._outbound.post(
                target.address, message.body, message.headers, message.query
            )
        except Unsent as unsent:
            return Answer(self._clock(), unsent.problem, seconds=time.monotonic() - began)
        return Answer(
            self._clock(),
            problem_of(target.kind, reply.status, reply.body),
            status=reply.status,
            said=without_secrets(_on_one_line(reply.body), target)[:_LONGEST_SAID],
            seconds=time.monotonic() - began,
            retry_after=reply.retry_after,
        )

    async def _go_on(self, claim: "_Claim") -> None:
        while (unread := await self.unread(claim.target, claim.target.cursor)).upto > (
            claim.target.cursor
        ):
            left = unread.notices
            while left:
                told = await self._tell_first(claim.target, left)
                claim.target = told
                left = [notice for notice in left if notice.cursor > told.cursor]
                if told.next_at or not await claim.keep():
                    return
                await asyncio.sleep(_BREATH)
            claim.target = replace(claim.target, cursor=unread.upto)

    async def _tell_first(self, target: Target, left: list[Notice]) -> Target:
        """The target after one message: told, or to be tried again later."""
        message = message_for(target, left, self._clock(), self.translate(target.language))
        answer = await self.post(target, message)
        now = self._clock()
        if answer.problem is None:
            return replace(
                target,
                cursor=message.cursor,
                attempts=0,
                next_at=now + target.kind.pause if target.kind.is_robot else None,
                delivered_at=now,
                answer=answer,
            )
        attempts = target.attempts + 1
        _log.warning(
            "notice not taken", target=target.id, problem=answer.problem, attempts=attempts
        )
        return replace(
            target,
            active=answer.problem is not Problem.GONE,
            attempts=attempts,
            next_at=now + wait_after(attempts, answer, random.random()),  # noqa: S311
            answer=answer,
        )


class _Claim:
    """A target that is this process's to tell, and what is yet to be written of it."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], target: Target, until: datetime
    ):
        self.target = target
        self._database = database
        self._clock = clock
        self._until = until
        self._kept_at = time.monotonic()
        self._lost = False

    async def keep(self) -> bool:
        """Now and then writes how far it is; False if somebody else has taken over."""
        if time.monotonic() - self._kept_at >= _SAVE_EVERY:
            await self._settle(self._clock() + LEASE)
        return not self._lost

    async def release(self) -> None:
        await self._settle(None)

    async def _settle(self, until: datetime | None) -> None:
        if self._lost:
            return
        async with self._database.writing() as connection:
            kept = await notices.settle(connection, self.target, self._until, until=until)
            if kept and not self.target.active:
                entry = Entry(
                    SCHEDULE,
                    Action.NOTICES_CHANGED,
                    self.target.label,
                    before={"active": "on"},
                    after={"active": "off"},
                )
                await audit.record(connection, self.target.initiative_id, entry, self._clock())
        self._lost = not kept
        self._kept_at = time.monotonic()
        if until:
            self._until = until


def _notice(initiative: Initiative, event: feed.Event, target: Target) -> Notice | None:
    """What a target is told of an event, if anything: never more than the public may know."""
    kind, data = _told(initiative, event)
    if kind not in target.events:
        return None
    about = {"slug": initiative.slug, "title": initiative.title(target.language)}
    return Notice(event.cursor, kind, event.at, {"initiative": about, **data, "total": event.total})


def _told(initiative: Initiative, event: feed.Event) -> tuple[NoticeEvent | None, dict[str, Any]]:
    match event.kind:
        case feed.Kind.SIGNED if event.signature:
            # Taken down since, or shown again at a newer index: it is not told from here.
            signature = event.signature
            if event.cursor == signature.index and signature.is_public:
                # A target is somebody's chat group: it is told no more than the public.
                if not initiative.shows.signatories:
                    return NoticeEvent.SIGNED, {
                        "index": signature.index,
                        "number": signature.number,
                    }
                return NoticeEvent.SIGNED, public_item(initiative, signature)
        case feed.Kind.HIDDEN if event.signature:
            withdrawn = event.cause is feed.Cause.WITHDRAWN
            return (
                NoticeEvent.WITHDRAWN if withdrawn else NoticeEvent.HIDDEN,
                {
                    "index": event.subject,
                    "number": event.signature.number,
                    "cause": event.cause or feed.Cause.HIDDEN,
                },
            )
        case feed.Kind.STATE if event.cause is None:
            opened = event.status is Status.OPEN
            return NoticeEvent.OPENED if opened else NoticeEvent.CLOSED, {"status": event.status}
    return None, {}


def _on_one_line(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
