"""Copying a SQLite database that is in use, and keeping others out of one that is to be replaced.

VACUUM INTO writes what is committed when it begins, whatever is signed meanwhile, and only what
is left: nothing that was deleted is in the copy (sqlite.org/lang_vacuum.html). Nobody waits for it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pledge.errors import PledgeError

_PATIENCE = 2.0
"""Seconds to wait for a command that is just ending."""


class NotCopied(PledgeError):
    """The database could not be read, or there is no room for its copy."""


class InUse(PledgeError):
    """Somebody has the database open."""


def copy_database(source: Path, target: Path) -> None:
    """Into a file that does not exist yet. Raises NotCopied."""
    try:
        with closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True)) as opened:
            opened.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            raise NotCopied(f"{target.parent}: there is no room for a copy of it") from None
        raise NotCopied(f"{source} can't be copied: {error}") from None


@contextmanager
def kept_from_others(path: Path) -> Iterator[None]:
    """Nobody else has the database open, nor opens it meanwhile; its log is moved into the file.

    To leave the mode with a log SQLite must have the file alone: a site that runs, or a command,
    keeps it open. A file that is no database is nobody's. Raises InUse.
    """
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            name = getattr(error, "sqlite_errorname", "")
            if name in ("SQLITE_BUSY", "SQLITE_LOCKED"):
                raise InUse(
                    f"{path} is in use: stop the site, and whatever else has it open"
                ) from None
            if name not in ("SQLITE_NOTADB", "SQLITE_CORRUPT"):
                raise InUse(f"whether {path} is in use can't be told: {error}") from None
        yield
