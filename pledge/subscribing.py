"""Subscribing: owners say to whom is told what happens."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.audit import Action, Entry
from pledge.domain.initiatives import Initiative
from pledge.domain.messages import SECRET_BYTES, new_secret, test_message
from pledge.domain.notices import MOST_TARGETS, Answer, NoticeEvent, Target, TargetKind, masked
from pledge.domain.rights import Actor
from pledge.domain.standing import Standing
from pledge.errors import NotFound
from pledge.secrets import random_name
from pledge.store import audit, heads, initiatives, notices
from pledge.store.database import Database
from pledge.telling import Telling


@dataclass(frozen=True)
class Subscription:
    """What an owner sets of a target."""

    kind: TargetKind
    name: str
    address: str
    secret: str
    """Of a robot; empty where it has none. That of any other program is made here."""
    events: frozenset[NoticeEvent]
    language: str


@dataclass(frozen=True)
class Told:
    """A target, and how many events have yet to be told."""

    target: Target
    waiting: int


@dataclass(frozen=True)
class Targets:
    """All of an initiative's targets, in the order in which they were added."""

    initiative: Initiative
    standing: Standing
    told: list[Told]

    @property
    def are_many(self) -> bool:
        return len(self.told) >= MOST_TARGETS


class Subscribing:
    def __init__(
        self,
        database: Database,
        telling: Telling,
        *,
        clock: Callable[[], datetime],
        announce: Callable[[], None],
    ):
        """`announce` says that there may be something to tell."""
        self._database = database
        self._telling = telling
        self._clock = clock
        self._announce = announce

    async def targets(self, initiative_id: int) -> Targets:
        async with self._database.reading() as connection:
            found = await notices.of_initiative(connection, initiative_id)
            return Targets(
                await initiatives.read(connection, initiative_id),
                await heads.standing_of(connection, initiative_id),
                [Told(one, await notices.waiting(connection, one)) for one in found],
            )

    async def add(self, initiative_id: int, wanted: Subscription, *, by: Actor) -> bool:
        """From now on it is told what happens; False if there are too many already."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            if len(await notices.of_initiative(connection, initiative_id)) >= MOST_TARGETS:
                return False
            target = Target(
                id=0,
                initiative_id=initiative_id,
                kind=wanted.kind,
                name=wanted.name,
                address=wanted.address,
                secret=_secret(wanted),
                events=wanted.events,
                language=wanted.language,
                active=True,
                cursor=head.standing.cursor,
            )
            await notices.add(connection, target, self._clock())
            entry = Entry(by, Action.NOTICES_ADDED, target.label, after=_worded(target))
            await audit.record(connection, initiative_id, entry, self._clock())
        return True

    async def change(
        self, initiative_id: int, target_id: int, wanted: Subscription, *, by: Actor
    ) -> None:
        """The kind stays what it is; an empty secret too."""
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            before = await self._target(connection, initiative_id, target_id)
            after = replace(
                before,
                name=wanted.name,
                address=wanted.address,
                secret=wanted.secret or before.secret,
                events=wanted.events,
                language=wanted.language,
            )
            await self._change(
                connection, before, after, by, cursor=await _news(connection, before, after)
            )
        self._announce()

    async def renew_secret(self, initiative_id: int, target_id: int, *, by: Actor) -> None:
        """A new secret for a program; whatever it checks with the old one, it refuses."""
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            before = await self._target(connection, initiative_id, target_id)
            if before.kind.is_robot:
                return
            secret = new_secret(secrets.token_bytes(SECRET_BYTES))
            await self._change(connection, before, replace(before, secret=secret), by)
        self._announce()

    async def switch(self, initiative_id: int, target_id: int, *, on: bool, by: Actor) -> None:
        """Switched on again, it is told what happens from then on, and nothing of before."""
        async with self._database.writing() as connection:
            head = await heads.lock_head(connection, initiative_id)
            before = await self._target(connection, initiative_id, target_id)
            if before.active is on:
                return
            after = replace(before, active=on)
            await self._change(
                connection, before, after, by, cursor=head.standing.cursor if on else None
            )

    async def remove(self, initiative_id: int, target_id: int, *, by: Actor) -> None:
        async with self._database.writing() as connection:
            await heads.lock_head(connection, initiative_id)
            target = await self._target(connection, initiative_id, target_id)
            await notices.remove(connection, target.id)
            entry = Entry(by, Action.NOTICES_REMOVED, target.label, before=_worded(target))
            await audit.record(connection, initiative_id, entry, self._clock())

    async def test(self, initiative_id: int, target_id: int, *, by: Actor) -> Answer:
        """Sends a message that says it is a test, and waits for what comes of it."""
        async with self._database.reading() as connection:
            target = await self._target(connection, initiative_id, target_id)
            initiative = await initiatives.read(connection, initiative_id)
        message = test_message(
            target,
            {"slug": initiative.slug, "title": initiative.title(target.language)},
            random_name(),
            self._clock(),
            self._telling.translate(target.language),
        )
        answer = replace(await self._telling.post(target, message), test=True)
        async with self._database.writing() as connection:
            await notices.set_answer(connection, target.id, answer)
            entry = Entry(
                by,
                Action.NOTICES_TESTED,
                target.label,
                after={"answer": answer.problem or str(answer.status)},
            )
            await audit.record(connection, initiative_id, entry, self._clock())
        return answer

    async def _target(
        self, connection: AsyncConnection, initiative_id: int, target_id: int
    ) -> Target:
        found = await notices.find(connection, initiative_id, target_id)
        if found is None:
            raise NotFound("there is no such target")
        return found

    async def _change(
        self,
        connection: AsyncConnection,
        before: Target,
        after: Target,
        by: Actor,
        *,
        cursor: int | None = None,
    ) -> None:
        if after == before:
            return
        old, new = _worded(before), _worded(after)
        changed = [name for name in old if getattr(before, name) != getattr(after, name)]
        if after.secret != before.secret:
            new["secret"] = "new"  # noqa: S105 -- that it is, and not what it is
            changed.append("secret")
        await notices.change(connection, after, cursor=cursor)
        entry = Entry(
            by,
            Action.NOTICES_CHANGED,
            before.label,
            before={name: old.get(name, "") for name in changed},
            after={name: new[name] for name in changed},
        )
        await audit.record(connection, before.initiative_id, entry, self._clock())


async def _news(connection: AsyncConnection, before: Target, after: Target) -> int | None:
    """Where to go on if other events are wanted: those of before are not wanted afterwards."""
    if after.events == before.events or await notices.waiting(connection, before):
        return None
    return (await heads.standing_of(connection, before.initiative_id)).cursor


def _secret(wanted: Subscription) -> str:
    if wanted.kind is TargetKind.STANDARD:
        return new_secret(secrets.token_bytes(SECRET_BYTES))
    return wanted.secret if wanted.kind.signs else ""


def _worded(target: Target) -> dict[str, str]:
    """As the audit log has it: no secret, and no key that an address holds."""
    return {
        "name": target.name,
        "kind": target.kind,
        "address": masked(target.address),
        "events": ", ".join(event for event in NoticeEvent if event in target.events),
        "language": target.language,
        "active": "on" if target.active else "off",
    }
