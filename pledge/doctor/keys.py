"""Checks of what must stay secret: the site's keys, those of the registers, the certificate."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from pledge import register_keys, secrets
from pledge.agreeing import all_there, differing, own_fingerprints
from pledge.doctor.findings import Finding, fault, ok, warning
from pledge.errors import InvalidSetting
from pledge.register.checkpoints import Checkpoint, opened_checkpoint, signed_checkpoint
from pledge.register.trees import EMPTY, InvalidProof
from pledge.sealing import load_seal
from pledge.settings import SHORTEST_KEY, Settings
from pledge.store import examining, known_keys
from pledge.store.database import sqlite_file
from pledge.store.migrating import Revision, revision

_BUT_ITS_OWNER = 0o077
_OTHERS = 0o007
"""Somebody else has put the certificate there, and may let the site read it by its group."""
_SOON = timedelta(days=30)
_TRIAL = "doctor.invalid/register"


def secret_keys(settings: Settings) -> Iterator[Finding]:
    check = "secret keys"
    if settings.secret_keys:
        yield ok(check, f"{len(settings.secret_keys)} in PLEDGE_SECRET_KEYS")
        return
    path = settings.data / secrets.KEY_FILE
    if found := _unsafe(
        check, path, "if the site has run before, restore it: without it printed codes are void"
    ):
        yield found
        return
    keys = path.read_text(errors="replace").split()
    if not keys:
        yield fault(check, f"{path} is empty", "restore it from your backup")
    elif min(map(len, keys)) < SHORTEST_KEY:
        yield warning(
            check,
            f"a key in {path} is shorter than {SHORTEST_KEY} characters",
            "put a longer one before it, and take it away once its codes have been taken down",
        )
    else:
        yield ok(check, f"{len(keys)} in {path}, for its owner alone")


def keys_of_registers(settings: Settings) -> Iterator[Finding]:
    """A checkpoint of an empty register is signed on trial, and kept nowhere."""
    check = "register keys"
    path = settings.data / register_keys.KEY_FILE
    if not settings.register_keys and (
        found := _unsafe(
            check, path, "if the site has run before, restore your copy, else another key will sign"
        )
    ):
        yield found
        return
    where = "PLEDGE_REGISTER_KEYS" if settings.register_keys else str(path)
    try:
        keys = register_keys.load_register_keys(settings.register_keys, settings.data)
        note = signed_checkpoint(Checkpoint(_TRIAL, 0, EMPTY), keys.signing(_TRIAL))
        opened_checkpoint(note, _TRIAL, keys.verifiers(_TRIAL))
    except InvalidSetting as invalid:
        yield fault(check, str(invalid), "restore it from your copy")
    except (UnicodeDecodeError, InvalidProof):
        yield fault(check, f"{where} signs nothing that verifies", "restore it from your copy")
    else:
        yield ok(check, f"{len(keys.seeds)} in {where}; a checkpoint signs and verifies")


async def keys_of_nodes(settings: Settings, url: str) -> list[Finding]:
    """On PostgreSQL: whether this node has the keys of its fellows. On SQLite it has none."""
    check = "keys of nodes"
    if sqlite_file(url) is not None or not all_there(settings):
        return []
    try:
        async with examining.opened_to_look(url) as connection:
            if await revision(connection) is not Revision.CURRENT:
                return []
            known = await known_keys.known(connection)
    except (DBAPIError, OSError):
        return []  # which the check of the database says
    own = own_fingerprints(settings)
    found = [
        fault(
            check,
            f"the {kind} keys are not those of the other nodes on this database",
            "set PLEDGE_SECRET_KEYS and PLEDGE_REGISTER_KEYS to the same on every node",
        )
        for kind in differing(known, own)
    ] or [
        warning(
            check,
            f"the {kind} keys are not all the same on every node",
            "while a key is being replaced that is as it should be; restart the other nodes",
        )
        for kind in known_keys.Kind
        if known[kind] and known[kind] != own[kind]
    ]
    return found or [ok(check, "those that are known to the database")]


def certificate(settings: Settings, now: datetime) -> Iterator[Finding]:
    check = "PDF certificate"
    if not settings.pdf_certificate:
        yield ok(check, "none, PDF certificates are not sealed")
        return
    path = Path(settings.pdf_certificate)
    if path.exists() and (found := _unsafe(check, path, "", nobody=_OTHERS)):
        yield found
        return
    try:
        seal = load_seal(settings.pdf_certificate, settings.pdf_passphrase)
    except InvalidSetting as invalid:
        yield fault(check, str(invalid), "correct the setting, or leave it out")
        return
    if seal is None:
        return
    ends = f"{seal.ends:%Y-%m-%d}"
    if seal.ends <= now:
        yield fault(check, f"it ended on {ends}", "put a new one in its place and restart")
    elif seal.ends <= now + _SOON:
        yield warning(check, f"it ends on {ends}", "get a new one in time")
    else:
        yield ok(check, f"it holds until {ends}")


def _unsafe(
    check: str, path: Path, if_missing: str, *, nobody: int = _BUT_ITS_OWNER
) -> Finding | None:
    """A file that is missing, can't be read, or can be read by whom it must not."""
    if not path.exists():
        return fault(check, f"{path} is not there", if_missing)
    if not os.access(path, os.R_OK):
        return fault(
            check, f"{path} can't be read", "run this as the user of the site, or chown the file"
        )
    if path.stat().st_mode & nobody:
        advice = f"chmod {0o666 & ~nobody:o} {path}"
        return fault(check, f"others on this machine may read {path}", advice)
    return None
