"""The site that a command works on: its services, opened for a piece of work."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import click
import structlog

from pledge.agreeing import agree, all_there
from pledge.app import database_of, make_services
from pledge.errors import NotFound, PledgeError
from pledge.origins import remembered_origin
from pledge.register_keys import KEY_FILE
from pledge.settings import Settings
from pledge.store.database import UNAVAILABLE, Database
from pledge.store.migrating import Revision, migrate, revision
from pledge.web.services import Services

Result = TypeVar("Result")


class UnusableDatabase(PledgeError):
    """The database can't be reached, read or written."""


def with_services(
    settings: Settings,
    work: Callable[[Services], Awaitable[Result]],
    *,
    create: bool = False,
    new_keys: bool = False,
) -> Result:
    """Runs a piece of work on the data folder and its database, brought up to date.

    Unless told to create a site, it leaves nothing where there is none; raises NotFound. With
    `new_keys`, the keys that are set here count from now on, whatever other nodes have.
    """
    if create:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not settings.data.is_dir() and not (settings.database_url and all_there(settings)):
        raise NotFound(
            f"there is no data in {settings.data} yet: start `pledge serve` once, or set "
            "PLEDGE_DATA"
        )
    without_key = not settings.register_keys and not (settings.data / KEY_FILE).exists()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        database = database_of(settings)
        try:
            if not create:
                await _check_it_holds_something(database)
            await migrate(database)
            await agree(database, settings, renew=new_keys)
            settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)  # its keys may be set
            if without_key:  # by now one was made, or the other nodes' keys are missed
                click.echo(
                    f"Note: a new {KEY_FILE} signs the registers. Keep a copy of it elsewhere; if "
                    "there was one before, stop and restore that.",
                    err=True,
                )
            yield make_services(settings, database)
        finally:
            await database.close()

    async def worked() -> Result:
        async with opened() as made:
            return await work(made)

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with outages_in_a_line():
        return asyncio.run(worked())


async def _check_it_holds_something(database: Database) -> None:
    """Of PostgreSQL, whose address may be mistaken; SQLite's is beside the keys."""
    if database.writer.dialect.name == "postgresql":
        async with database.reading() as connection:
            if await revision(connection) is Revision.NONE:
                raise NotFound(
                    "the database holds nothing yet: start `pledge serve` once, or see "
                    "PLEDGE_DATABASE_URL"
                )


@contextmanager
def outages_in_a_line() -> Iterator[None]:
    """Says in one line what the database's driver says in many; raises UnusableDatabase."""
    try:
        yield
    except UNAVAILABLE as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        raise UnusableDatabase(f"the database can't be used: {reason}") from None
    except OSError as error:
        if error.filename is not None:
            raise
        raise UnusableDatabase(
            f"the database can't be reached, see PLEDGE_DATABASE_URL: {error}"
        ) from None


def origin_of(settings: Settings) -> str:
    """The site's address, as it is set, or as `pledge serve` was last reached."""
    return settings.base_url or remembered_origin(settings.data) or "http://127.0.0.1:8000"
