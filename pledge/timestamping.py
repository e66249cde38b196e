"""Timestamping: authorities stamp the registers' checkpoints, behind everybody's back.

Each configured authority is asked for each register. One that fails is asked again, later and
later, and until it has answered the console says what is wrong; none stands in for another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from pledge.authorities import LARGEST_REPLY, QUERY, BadStamp, question, stamped_at
from pledge.domain.stamps import Flaw, Stamp, Stamped, due_at, pause_after
from pledge.outbound import Outbound, Unsent
from pledge.registering import Registering
from pledge.store import heads, stamps
from pledge.store.database import Database
from pledge.store.stamps import Given, Registered

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_LOOK_EVERY = 5.0
"""Seconds between looks for registers that have grown."""
_LEASE = timedelta(seconds=60)
"""Longer than any answer is waited for."""
_OK = 200

_log = structlog.get_logger()


@dataclass(frozen=True)
class Authority:
    """One that is asked, and how far it has stamped a register."""

    address: str
    stamped: Stamped


class Timestamping:
    def __init__(
        self,
        database: Database,
        registering: Registering,
        outbound: Outbound,
        *,
        authorities: Sequence[str],
        roots: Sequence[Certificate],
        every: timedelta,
        clock: Callable[[], datetime],
    ):
        self._database = database
        self._registering = registering
        self._outbound = outbound
        self._authorities = tuple(authorities)
        self._roots = roots
        self._every = every
        self._clock = clock
        self._watcher: asyncio.Task[None] | None = None
        self._settled: dict[tuple[int, str], int] = {}
        """Sizes of which nothing more is to be asked: most looks find nothing new."""

    def start(self) -> None:
        if self._authorities:
            self._watcher = asyncio.create_task(self._watch(), name="time stamps")

    async def stop(self) -> None:
        """What is asked is broken off, and asked again once its claim has ended."""
        if self._watcher:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        await self._outbound.close()

    async def carry_out(self) -> None:
        """Asks for whatever is due, and waits for the answers."""
        async with self._database.reading() as connection:
            found = await stamps.registers(connection)
        await asyncio.gather(
            *(
                self._try_to_stamp(register, authority)
                for register in found
                for authority in self._authorities
                if self._settled.get((register.initiative_id, authority)) != register.size
            )
        )

    async def authorities(self, initiative_id: int) -> list[Authority]:
        """Those that are asked now, in their order; of others, only stamps are kept."""
        async with self._database.reading() as connection:
            return [
                Authority(address, await stamps.stamped(connection, initiative_id, address))
                for address in self._authorities
            ]

    async def given(self, initiative_id: int, limit: int) -> tuple[Sequence[Stamp], int]:
        """The newest stamps of a register, and how many there are."""
        async with self._database.reading() as connection:
            return (
                await stamps.given(connection, initiative_id, limit),
                await stamps.count(connection, initiative_id),
            )

    async def read(self, initiative_id: int, stamp_id: int) -> Given | None:
        async with self._database.reading() as connection:
            return await stamps.read(connection, initiative_id, stamp_id)

    async def _watch(self) -> None:
        while True:
            try:
                await self.carry_out()
            except Exception as fault:  # a database that is away for a while comes back
                _log.warning("registers can't be stamped", error=type(fault).__name__)
            await asyncio.sleep(_LOOK_EVERY)

    async def _try_to_stamp(self, register: Registered, authority: str) -> None:
        """No fault with one keeps the others from being asked."""
        try:
            await self._stamp(register, authority)
        except Exception as fault:
            _log.warning("a register can't be stamped", error=type(fault).__name__)

    async def _stamp(self, register: Registered, authority: str) -> None:
        """Asks one authority, if it is its time and nobody else does."""
        async with self._database.reading() as connection:
            stamped = await stamps.stamped(connection, register.initiative_id, authority)
        if not self._is_due(register, stamped, authority):
            return
        note = await self._registering.checkpoint(register.initiative_id, register.slug)
        until = self._clock() + _LEASE
        async with self._database.writing() as connection:
            await heads.lock_head(connection, register.initiative_id)
            stamped = await stamps.stamped(connection, register.initiative_id, authority)
            if not self._is_due(register, stamped, authority):
                return  # somebody else was first
            stamp_id = await stamps.take(
                connection,
                register.initiative_id,
                authority,
                stamped.waiting,
                size=int(note.split("\n")[1]),
                checkpoint=note,
                now=self._clock(),
                until=until,
            )
        failed = stamped.waiting.attempts if stamped.waiting else 0
        await self._ask(authority, note, stamp_id, until, failed)

    def _is_due(self, register: Registered, stamped: Stamped, authority: str) -> bool:
        now = self._clock()
        at = due_at(
            stamped,
            size=register.size,
            closed_at=register.standing.at(now).closed_at,
            every=self._every,
            now=now,
        )
        if at is None:
            self._settled[register.initiative_id, authority] = register.size
        return at is not None and at <= now

    async def _ask(
        self, authority: str, note: str, stamp_id: int, claimed: datetime, failed: int
    ) -> None:
        try:
            response, at = await self._answer(authority, note)
        except BadStamp as bad:
            _log.error("a checkpoint was not stamped", flaw=bad.fault.flaw.value, stamp=stamp_id)
            async with self._database.writing() as connection:
                await stamps.fail(
                    connection,
                    stamp_id,
                    claimed,
                    fault=bad.fault,
                    attempts=failed + 1,
                    next_at=self._clock() + pause_after(failed + 1),
                )
            return
        async with self._database.writing() as connection:
            await stamps.give(connection, stamp_id, claimed, at=at, response=response)

    async def _answer(self, authority: str, note: str) -> tuple[bytes, datetime]:
        """What it says, and the time in it; verified. Raises BadStamp."""
        asked = question(note.encode())
        try:
            reply = await self._outbound.post(
                authority,
                asked.encoded,
                {"Content-Type": QUERY, "Accept": "*/*"},
                {},
                most=LARGEST_REPLY,
            )
        except Unsent as unsent:
            raise BadStamp(Flaw(unsent.problem.value)) from None
        if reply.status != _OK:
            raise BadStamp(Flaw.STATUS, str(reply.status))
        return reply.body, stamped_at(asked, reply.body, self._roots)
