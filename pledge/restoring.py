"""Restoring a site from a backup, into its data folder.

Everything is read, examined and held against what the backup says of it before anything gets its
place. What is there already is kept beside, under another name, and comes back if something fails.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pledge.backup_files import DATABASE, KEYS, Manifest, NoBackup, read
from pledge.backups import check_revision
from pledge.drafts import draft_folder
from pledge.encryption import Kind, Secret
from pledge.errors import InvalidSetting, PledgeError
from pledge.origins import ADDRESS_FILE
from pledge.register_keys import KEY_FILE as REGISTER_KEY
from pledge.register_keys import load_register_keys
from pledge.secrets import KEY_FILE as SECRET_KEY
from pledge.secrets import load_keys, write_once
from pledge.store.copying import kept_from_others
from pledge.store.wholeness import NotWhole, examine

_BESIDE_DATABASE = ("-wal", "-shm", "-journal")


class NotRestored(PledgeError):
    """Nothing was restored, and what was there is as it was; the message says why."""


@dataclass(frozen=True)
class Restored:
    manifest: Manifest
    kept: Sequence[Path]
    """What was there before, under its new names."""


def restore(
    source: Path,
    data: Path,
    database: Path,
    secret_of: Callable[[Kind | None], Secret | None],
    *,
    overwrite: bool,
    now: datetime,
) -> Restored:
    """Raises NotRestored, and what else is said to whoever asked."""
    present = _present(data, database)
    if present and not overwrite:
        raise NotRestored(
            f"{present[0]} is there already: restore into another folder (PLEDGE_DATA), or with "
            "--overwrite, which keeps it under another name"
        )
    for folder in (data, database.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with draft_folder(database.parent) as drafts:
        manifest = read(
            source,
            secret_of,
            accept=lambda manifest: check_revision(manifest.contents.revision),
            into=drafts,
        )
        _examine(source, drafts, manifest)
        kept = _put_in_place(drafts, data, database, f".before-{now:%Y%m%dT%H%M%SZ}")
    return Restored(manifest, kept)


def _present(data: Path, database: Path) -> list[Path]:
    """The database first, so that nobody finds it with the keys of another one."""
    paths = [database, *(Path(f"{database}{end}") for end in _BESIDE_DATABASE)]
    paths += [data / name for name in (*KEYS, ADDRESS_FILE)]
    return [path for path in paths if path.exists()]


def _examine(source: Path, drafts: Path, manifest: Manifest) -> None:
    """Whatever the backup says of itself is held against what is in it."""
    try:
        found = examine(drafts / DATABASE)
        if (drafts / SECRET_KEY).exists():
            load_keys((), drafts)
        if (drafts / REGISTER_KEY).exists():
            load_register_keys((), drafts)
    except NotWhole as error:
        raise NoBackup(f"{source}: {error}") from None
    except (InvalidSetting, UnicodeDecodeError):
        raise NoBackup(f"{source}: its keys can't be read") from None
    if found != manifest.contents:
        raise NoBackup(f"{source}: its database is not what it says of it")


def _put_in_place(drafts: Path, data: Path, database: Path, ending: str) -> list[Path]:
    with ExitStack() as undo:
        kept = []
        with _alone(database):
            for path in _present(data, database):
                aside = _free(path.with_name(f"{path.name}{ending}"))
                path.rename(aside)
                undo.callback(aside.rename, path)
                kept.append(aside)
        for name in (*KEYS, ADDRESS_FILE):
            if (drafts / name).exists():
                _put(drafts / name, data / name)
                undo.callback((data / name).unlink)
        _link_database(drafts / DATABASE, database)
        undo.pop_all()
    return kept


def _put(draft: Path, path: Path) -> None:
    """A file of text, never in place of one that a site has made meanwhile."""
    text = draft.read_text().rstrip("\n")
    write_once(path, text)
    if path.read_text().rstrip("\n") != text:
        raise NotRestored(f"{path} was made just now: stop the site, and restore again")


@contextmanager
def _alone(database: Path) -> Iterator[None]:
    if not database.exists():
        yield
        return
    with kept_from_others(database):
        yield


def _link_database(draft: Path, database: Path) -> None:
    """Last, whole and on the disk, and never in place of one that somebody has made meanwhile."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    try:
        os.link(draft, database)
    except FileExistsError:
        raise NotRestored(
            f"{database} was made just now: stop the site, and restore again"
        ) from None
    folder = os.open(database.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _free(path: Path) -> Path:
    """This name, or the next one that nothing has."""
    found, number = path, 1
    while found.exists():
        number += 1
        found = path.with_name(f"{path.name}-{number}")
    return found
