"""Exports that take long: they wait for their turn, are made by a process of their own while
phones go on signing, and can be fetched for a day.

Each process of the site makes one at a time. Whoever makes one says every second how far it is; of
a maker that has fallen silent, whatever the reason, the others say that it has failed. Calling an
export off takes its row away, which its maker notices at the next second.
"""

import asyncio
import json
import secrets
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from pledge.domain.audit import Action, Entry
from pledge.domain.exports import KEPT, SILENT, Fault, Job, JobState
from pledge.domain.rights import Actor
from pledge.exporter import Order
from pledge.exporting import Clock, Values
from pledge.registering import Registering
from pledge.sources import Source
from pledge.store import audit, exports
from pledge.store.database import UNAVAILABLE, Database

FOLDER = "exports"
"""In the data folder."""

MAKER = "pledge.exporter"

MOST_UNDER_WAY = 10
"""Of an initiative."""

_DRAFT = ".making"
_DOWNLOADS = 2
"""Made at once for those who wait for them; others wait longer, and signing does not."""
_BEAT = 1.0
_LOOK_EVERY = 5.0
"""Seconds between looks for what other processes left behind."""
_GRACE = 5.0
"""Seconds that a maker has to tidy up."""
_PIECE = 256 * 1024
_LONGEST_LINE = 1024 * 1024
_MAY_HAVE_A_FILE = {JobState.RUNNING, JobState.DONE}

_log = structlog.get_logger()


@dataclass
class _Progress:
    done: int = 0
    total: int = 0
    rows: int = 0
    size: int = 0
    sha256: str = ""
    unset: tuple[str, ...] = ()
    fault: str = ""


class LongExports:
    def __init__(
        self,
        database: Database,
        registering: Registering,
        address: str,
        data: Path,
        *,
        clock: Clock,
    ):
        """`address` is the database's, for the processes that make exports."""
        self._database = database
        self._registering = registering
        self._address = address
        self._folder = data / FOLDER
        self._clock = clock
        self._worker: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()
        self._downloads = asyncio.Semaphore(_DOWNLOADS)

    def start(self) -> None:
        self._worker = asyncio.create_task(self._work(), name="exports")

    async def stop(self) -> None:
        """What is being made has failed: it would have to begin again."""
        if self._worker:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker

    async def begin(self, source: Source, *, audit_too: bool, by: Actor) -> bool:
        """Puts an export on the list; `audit_too`: whether a bundle holds the log. False if too
        many of this initiative wait there already.
        """
        jobs = await self.jobs(source.initiative.id)
        under_way = [job for job in jobs if job.state in (JobState.WAITING, JobState.RUNNING)]
        if len(under_way) >= MOST_UNDER_WAY:
            return False
        job = Job(
            name=secrets.token_urlsafe(18),
            initiative_id=source.initiative.id,
            who=by.name,
            choice=source.choice.values,
            audit=audit_too,
            origin=source.origin,
            state=JobState.WAITING,
            created_at=self._clock(),
        )
        await self._add(job, by)
        return True

    async def again(self, initiative_id: int, name: str, *, audit_too: bool, by: Actor) -> None:
        """The same once more, in place of one that has failed; with the log only for whoever may
        see it.
        """
        found = await self.job(initiative_id, name)
        if found is None or found.state is not JobState.FAILED:
            return
        fresh = Job(
            name=secrets.token_urlsafe(18),
            initiative_id=initiative_id,
            who=by.name,
            choice=found.choice,
            audit=found.audit and audit_too,
            origin=found.origin,
            state=JobState.WAITING,
            created_at=self._clock(),
        )
        await self._add(fresh, by, instead_of=name)

    async def jobs(self, initiative_id: int) -> list[Job]:
        """Newest first, as they stand now."""
        now = self._clock()
        async with self._database.reading() as connection:
            found = await exports.of_initiative(connection, initiative_id)
        return [_as_of(job, now) for job in found]

    async def job(self, initiative_id: int, name: str) -> Job | None:
        async with self._database.reading() as connection:
            found = await exports.by_name(connection, initiative_id, name)
        return _as_of(found, self._clock()) if found else None

    def file(self, job: Job) -> Path | None:
        """What was made; None if it is not on this machine, or no longer."""
        path = self._folder / job.name
        return path if job.state is JobState.DONE and path.is_file() else None

    async def remove(self, initiative_id: int, name: str, *, by: Actor) -> None:
        """Ends it if it is being made, and forgets it with its file."""
        async with self._database.writing() as connection:
            found = await exports.by_name(connection, initiative_id, name)
            if found is None:
                return
            await exports.remove(connection, initiative_id, name)
            entry = Entry(by, Action.EXPORT_REMOVED, found.choice["format"][0])
            await audit.record(connection, initiative_id, entry, self._clock())
        (self._folder / name).unlink(missing_ok=True)

    def forget(self, names: Collection[str]) -> None:
        """Removes what was made of exports whose rows are gone; on other machines, `tidy_up` does.
        Who is making one notices at the next second that it is not wanted any more.
        """
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    async def pieces(self, source: Source, *, audit_too: bool, by: Actor) -> AsyncIterator[bytes]:
        """Straight to whoever waits for it, by a process of its own, which ends with them."""
        order = self._order(
            source.initiative.id, source.choice.values, by.name, audit_too, source.origin
        )
        async with self._downloads, _making(order) as process:
            while piece := await _output(process).read(_PIECE):
                yield piece
            if await process.wait():
                # Too late for another answer: the connection breaks off, and so the download.
                raise RuntimeError("the export has failed")

    async def tidy_up(self) -> None:
        """Says what has failed, and removes what nobody may fetch any more."""
        now = self._clock()
        silent, old = now - SILENT, now - KEPT
        # Looked at before their rows are, which are there before them.
        paths = list(self._folder.iterdir()) if self._folder.is_dir() else []
        async with self._database.reading() as connection:
            overdue = await exports.any_overdue(connection, silent, old)
        if overdue:
            async with self._database.writing() as connection:
                await exports.fail_silent(connection, silent, now)
                await exports.remove_old(connection, old)
        async with self._database.reading() as connection:
            states = await exports.states(connection)
        for path in paths:
            # A file is in its place just before its row says that it is done.
            needed = {JobState.RUNNING} if path.suffix == _DRAFT else _MAY_HAVE_A_FILE
            if states.get(path.stem) not in needed:
                _remove(path)

    async def _add(self, job: Job, by: Actor, *, instead_of: str = "") -> None:
        async with self._database.writing() as connection:
            if instead_of:
                await exports.remove(connection, job.initiative_id, instead_of)
            await exports.add(connection, job)
            entry = Entry(by, Action.EXPORT_BEGUN, job.choice["format"][0])
            await audit.record(connection, job.initiative_id, entry, self._clock())
        self._wanted.set()

    async def _work(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await self.tidy_up()
                while job := await self._next():
                    await self._make(job)
            except Exception as fault:  # a database or a disk that is away comes back
                _log.warning("exports can't be made", error=type(fault).__name__)
            with suppress(TimeoutError):
                # Not `wait_for`: in Python 3.11 it may swallow that the task is broken off.
                async with asyncio.timeout(_LOOK_EVERY):
                    await self._wanted.wait()

    async def _next(self) -> Job | None:
        async with self._database.reading() as connection:
            if not await exports.any_waits(connection):
                return None
        async with self._database.writing() as connection:
            return await exports.claim(connection, self._clock())

    def _order(
        self,
        initiative_id: int,
        choice: Values,
        who: str,
        audit: bool,
        origin: str,
        output: str = "",
    ) -> Order:
        return Order(
            database=self._address,
            initiative_id=initiative_id,
            choice=choice,
            who=who,
            audit=audit,
            origin=origin,
            site=self._registering.site,
            register_seeds=self._registering.seeds,
            output=output,
        )

    async def _make(self, job: Job) -> None:
        """In a folder of its own, which is removed with everything that was left there."""
        draft = self._folder / f"{job.name}{_DRAFT}"
        order = self._order(
            job.initiative_id,
            job.choice,
            job.who,
            job.audit,
            job.origin,
            output=str(draft / "export"),
        )
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            draft.mkdir(mode=0o700)
            await self._follow(job, order, draft / "export")
        except asyncio.CancelledError:
            with suppress(Exception):  # unwritten, it falls silent; the site ends in any case
                await self._fail(job, Fault.INTERRUPTED)
            raise
        except UNAVAILABLE:
            raise  # it falls silent, and is said to have failed once that can be written
        except Exception:
            _log.exception("an export has failed", initiative=job.initiative_id)
            await self._fail(job, Fault.BROKEN)
        finally:
            _remove(draft)

    async def _follow(self, job: Job, order: Order, made: Path) -> None:
        progress = _Progress()
        async with _making(order) as process:
            listening = asyncio.create_task(_listen(process, progress))
            try:
                while not listening.done():
                    await asyncio.wait({listening}, timeout=_BEAT)
                    if not await self._beat(job, progress):
                        return
                await listening
            finally:
                listening.cancel()
            code = await process.wait()
        if code or not progress.sha256:
            _log.warning("an export has failed", initiative=job.initiative_id, code=code)
            await self._fail(job, Fault.FULL if progress.fault == Fault.FULL else Fault.BROKEN)
            return
        await asyncio.to_thread(made.replace, self._folder / job.name)
        async with self._database.writing() as connection:
            wanted = await exports.finish(
                connection,
                job.name,
                rows=progress.rows,
                size=progress.size,
                sha256=progress.sha256,
                unset=progress.unset,
                at=self._clock(),
            )
        if not wanted:
            (self._folder / job.name).unlink(missing_ok=True)

    async def _beat(self, job: Job, progress: _Progress) -> bool:
        async with self._database.writing() as connection:
            return await exports.beat(
                connection,
                job.name,
                done=progress.done,
                total=progress.total,
                at=self._clock(),
            )

    async def _fail(self, job: Job, fault: Fault) -> None:
        async with self._database.writing() as connection:
            await exports.fail(connection, job.name, fault, self._clock())


@asynccontextmanager
async def _making(order: Order) -> AsyncIterator[Process]:
    """The process that makes an export; whoever leaves early ends it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", MAKER), stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE
    )
    try:
        if process.stdin:
            process.stdin.write(order.words)
            process.stdin.close()
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_GRACE):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _output(process: Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise RuntimeError("the process was begun without a pipe")
    return process.stdout


async def _listen(process: Process, progress: _Progress) -> None:
    while line := await _output(process).readline():
        said: dict[str, Any] = json.loads(line)
        for name, value in said.items():
            setattr(progress, name, value)


def _as_of(job: Job, now: datetime) -> Job:
    state = job.as_of(now)
    return job if state is job.state else replace(job, state=state, fault=Fault.INTERRUPTED)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
