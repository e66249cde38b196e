"""Checks of the database, and of what it says is still to be done."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.doctor.findings import Finding, fault, ok, warning
from pledge.errors import InvalidSetting
from pledge.store import erasures, examining, feed, notices, stamps
from pledge.store.migrating import Revision, revision

_SWEPT_WITHIN = 2 * 3600


@dataclass
class Stored:
    findings: list[Finding] = field(default_factory=list)
    newest: datetime | None = None
    """When something last happened, as far as is known."""


async def database(url: str, now: datetime) -> Stored:
    """Reads, and changes nothing: it brings no schema up to date, and makes no file."""
    told = Stored()
    try:
        async with examining.opened_to_look(url) as connection:
            await _look(connection, url, now, told)
    except FileNotFoundError as missing:
        told.findings.append(
            fault(
                "database",
                f"{missing.filename} is not there",
                "if the site has run before, restore your backup, else start `pledge serve` once",
            )
        )
    except examining.LeftOpen:
        told.findings.append(
            warning(
                "database",
                "it was not closed, and can't be looked at without changing it",
                "start `pledge serve`, which recovers it, then run this again",
            )
        )
    except (InvalidSetting, ModuleNotFoundError) as error:
        told.findings.append(
            fault("database", str(error), "correct PLEDGE_DATABASE_URL, or install what it needs")
        )
    except (DBAPIError, PoolTimeout, OSError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()
        told.findings.append(
            fault(
                "database",
                f"it can't be used: {reason[0] if reason else type(error).__name__}",
                "check that it runs, PLEDGE_DATABASE_URL, and who may read its files",
            )
        )
    return told


async def _look(connection: AsyncConnection, url: str, now: datetime, told: Stored) -> None:
    found = await revision(connection)
    told.findings += _schema(found)
    if (unsound := await examining.damage(connection)) is None:
        told.findings.append(ok("database", "it answers, and its file is sound"))
    else:
        told.findings.append(
            fault(
                "database",
                f"its file is damaged: {unsound}",
                "stop the site, keep a copy of the folder, and restore your backup",
            )
        )
        return
    if loss := await examining.may_lose(connection, url):
        told.findings.append(
            fault(
                "durability",
                f"what was acknowledged may be lost in a power cut: {loss}",
                "undo that: nothing that was signed may be lost",
            )
        )
    else:
        told.findings.append(ok("durability", "what is acknowledged has been flushed to the disk"))
    if found is Revision.CURRENT:
        told.newest = await feed.newest(connection)
        told.findings += await _undone(connection, now)


def _schema(found: Revision) -> Iterator[Finding]:
    match found:
        case Revision.CURRENT:
            yield ok("schema", "up to date")
        case Revision.OLDER:
            yield warning(
                "schema",
                "older than this Pledge",
                "back up, then start `pledge serve`, which brings it up to date",
            )
        case Revision.UNKNOWN:
            yield fault(
                "schema",
                "not one that this Pledge knows",
                "run the Pledge that has made it, or a newer one",
            )
        case Revision.NONE:
            yield warning(
                "schema", "the database is empty", "start `pledge serve`, which prepares it"
            )


async def _undone(connection: AsyncConnection, now: datetime) -> list[Finding]:
    findings = []
    unswept = await erasures.unswept(connection)
    waits = max(((now - one.erased_at).total_seconds() for one in unswept), default=0.0)
    if waits > _SWEPT_WITHIN or any(one.fault for one in unswept):
        findings.append(
            fault(
                "erasures",
                f"remains of {len(unswept)} are still in the database's files",
                "keep `pledge serve` running, with room on the disk; the log says what hinders it",
            )
        )
    elif unswept:
        findings.append(
            warning(
                "erasures",
                f"remains of {len(unswept)} are to be removed",
                "keep `pledge serve` running: it does so in a quiet moment",
            )
        )
    else:
        findings.append(ok("erasures", "nothing is left of what was erased"))
    if failing := (await notices.backlog(connection)).failing:
        findings.append(
            warning(
                "notices",
                f"targets that did not take the last one: {failing}",
                "see the console, Settings, Notices; the site goes on trying",
            )
        )
    else:
        findings.append(ok("notices", "no target fails"))
    if refused := await stamps.failing(connection):
        findings.append(
            warning(
                "time stamps",
                f"asked for in vain: {refused}",
                "see the console, Settings, Register; the site goes on trying",
            )
        )
    return findings
