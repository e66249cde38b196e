"""Backing up a site on SQLite, while it runs or not: all that it takes to go on elsewhere.

What is written is a copy of the database as it was at one moment, at or after the beginning: who
was acknowledged before that is in it. The copy is examined before it is written to the file, and
the file is read to its end before it gets its name.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

from pledge.backup_files import DATABASE, KEYS, Manifest, is_backup, manifest_of, read, write
from pledge.drafts import draft_folder
from pledge.encryption import Secret
from pledge.errors import PledgeError
from pledge.origins import ADDRESS_FILE
from pledge.store.copying import copy_database
from pledge.store.migrating import known_revisions
from pledge.store.wholeness import examine


class NotBackedUp(PledgeError):
    """There is no backup; the message says why."""


class TooNew(PledgeError):
    """A newer version of Pledge has made the database."""


def back_up(
    data: Path, database: Path, target: Path, secret: Secret | None, *, site: str, now: datetime
) -> Manifest:
    """Raises NotBackedUp and what else is said to whoever asked; then `target` is as it was."""
    target = target.resolve()
    if target.is_dir() or not target.parent.is_dir():
        raise NotBackedUp(f"{target} can't be written: name a file in a folder that exists")
    if target.exists() and not is_backup(target):
        raise NotBackedUp(f"{target} exists and is no backup: name another file")
    with draft_folder(database.parent) as folder:
        copy_database(database, folder / DATABASE)
        contents = examine(folder / DATABASE)
        check_revision(contents.revision)
        for name in (*KEYS, ADDRESS_FILE):
            if (data / name).exists():
                shutil.copyfile(data / name, folder / name)
        manifest = manifest_of(folder, contents, site=site, made_at=now)
        _write_whole(target, manifest, folder, secret)
    return manifest


def check_revision(revision: str) -> None:
    """Raises TooNew for a schema that this version does not know."""
    if revision not in known_revisions():
        raise TooNew(
            f"a newer version of Pledge has made the database (schema {revision}): use that version"
        )


def _write_whole(target: Path, manifest: Manifest, folder: Path, secret: Secret | None) -> None:
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            write(file, manifest, folder, secret)
            file.flush()
            os.fsync(file.fileno())
        if read(draft, lambda kind: secret) != manifest:
            raise NotBackedUp(f"{target}: what was written there is not what is read from there")
        draft.replace(target)
        _settle(target.parent)
    finally:
        draft.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """Its name is on the disk as well."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
