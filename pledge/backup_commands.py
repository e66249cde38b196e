"""The commands `pledge backup` and `pledge restore`."""

import os
import sys
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from pledge.app import address_of
from pledge.backup_files import Manifest
from pledge.backups import back_up
from pledge.encryption import SHORTEST_KEY_FILE, Kind, NotOpened, Secret
from pledge.errors import InvalidSetting, NotFound, PledgeError
from pledge.origins import remembered_origin
from pledge.restoring import restore as restore_site
from pledge.settings import Settings, read_settings
from pledge.store.database import sqlite_file

SHORTEST_PASSPHRASE = 12
_LARGEST_SECRET = 4096


class NotOurs(PledgeError):
    """The database is not one that these commands copy."""


def _secret_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--key-file",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="File with the key: 32 bytes or more, such as `openssl rand -base64 32` makes.",
        ),
        click.option(
            "--passphrase-stdin", is_flag=True, help="Read the passphrase from standard input."
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--encrypt", is_flag=True, help="Ask for a passphrase, and encrypt with it.")
@_secret_options
def backup(file: Path, encrypt: bool, passphrase_stdin: bool, key_file: Path | None) -> None:
    """Write all that the site needs to one file, while it runs or not: database, keys, address.

    The file is written whole or not at all, and checked before it gets its name; an older backup
    of that name is replaced then. It holds personal data and the keys: encrypt it, or keep it where
    nobody else reads.
    """
    if encrypt + passphrase_stdin + bool(key_file) > 1:
        raise click.UsageError("--encrypt, --passphrase-stdin and --key-file exclude each other")
    settings = read_settings(os.environ)
    database = _database(settings)
    if not database.is_file():
        raise NotFound(
            f"there is no database in {settings.data} yet: start `pledge serve` once, or set "
            "PLEDGE_DATA"
        )
    secret = None
    if key_file:
        secret = _key(key_file)
    elif passphrase_stdin or encrypt:
        secret = _new_passphrase(asked=encrypt)
    site = settings.base_url or remembered_origin(settings.data)
    manifest = back_up(settings.data, database, file, secret, site=site, now=datetime.now(UTC))
    click.echo(f"{file}: {'encrypted' if secret else 'not encrypted'}, verified")
    _tell(manifest)
    for name, keys in (
        ("PLEDGE_SECRET_KEYS", settings.secret_keys),
        ("PLEDGE_REGISTER_KEYS", settings.register_keys),
    ):
        if keys:
            click.echo(f"Note: the keys in {name} are not in it; keep them elsewhere.", err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--overwrite", is_flag=True, help="Where there is a site already; it is kept, renamed."
)
@_secret_options
def restore(file: Path, overwrite: bool, passphrase_stdin: bool, key_file: Path | None) -> None:
    """Restore a site from a backup, into the data folder; the site must not run.

    Everything is verified first, the registers too. A backup of an older version is brought up to
    date by the next start. Asks for the passphrase if the file needs one.
    """
    if passphrase_stdin and key_file:
        raise click.UsageError("--passphrase-stdin and --key-file exclude each other")
    settings = read_settings(os.environ)

    def secret_of(kind: Kind | None) -> Secret | None:
        if kind is None and (passphrase_stdin or key_file):
            raise NotOpened("it is not encrypted: leave --passphrase-stdin or --key-file out")
        if kind is None:
            return None
        if kind is Kind.KEY_FILE and key_file:
            return _key(key_file)
        if kind is Kind.KEY_FILE:
            raise NotOpened("it is encrypted with a key: name its file with --key-file")
        if key_file:
            raise NotOpened("it is encrypted with a passphrase: leave --key-file out")
        return _passphrase(_line() if passphrase_stdin else _asked())

    done = restore_site(
        file,
        settings.data,
        _database(settings),
        secret_of,
        overwrite=overwrite,
        now=datetime.now(UTC),
    )
    made_at = f"{done.manifest.made_at:%Y-%m-%d %H:%M:%S} UTC"
    click.echo(f"{file}: restored and verified, as of {made_at}")
    _tell(done.manifest)
    for path in done.kept:
        click.echo(f"kept: {path}")
    if done.manifest.site and settings.base_url not in ("", done.manifest.site):
        click.echo(
            f"Note: the site was at {done.manifest.site}, and PLEDGE_BASE_URL is another address: "
            "registers are named by it.",
            err=True,
        )
    click.echo("Note: whatever was erased since then must be erased again.", err=True)


def _database(settings: Settings) -> Path:
    found = sqlite_file(address_of(settings))
    if found is None:
        raise NotOurs(
            "the database is PostgreSQL's: back it up with pg_basebackup or pg_dump; "
            "docs/operating.md says how"
        )
    return found.resolve()


def _tell(manifest: Manifest) -> None:
    held = manifest.contents
    click.echo(f"{held.initiatives} initiatives, {held.signatures} signatures")
    for one in held.registers:
        click.echo(f"register of {one.slug}: {one.size} entries, root {one.root.hex()}")
    click.echo(f"files: {', '.join(file.name for file in manifest.files)}")
    click.echo(f"site: {manifest.site or '-'}")


def _key(path: Path) -> Secret:
    with path.open("rb") as file:
        content = file.read(_LARGEST_SECRET + 1).strip()
    if not SHORTEST_KEY_FILE <= len(content) <= _LARGEST_SECRET:
        raise InvalidSetting(
            f"{path}: a key has {SHORTEST_KEY_FILE} to {_LARGEST_SECRET} bytes; "
            "`openssl rand -base64 32` makes one"
        )
    return Secret(Kind.KEY_FILE, content)


def _new_passphrase(*, asked: bool) -> Secret:
    text = _asked(confirm=True) if asked else _line()
    if len(text) < SHORTEST_PASSPHRASE:
        raise InvalidSetting(f"a passphrase has {SHORTEST_PASSPHRASE} characters or more")
    return _passphrase(text)


def _passphrase(text: str) -> Secret:
    """Typed on another keyboard, the same letters are the same passphrase."""
    return Secret(Kind.PASSPHRASE, unicodedata.normalize("NFC", text).encode())


def _asked(*, confirm: bool = False) -> str:
    text: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return text


def _line() -> str:
    try:
        return sys.stdin.buffer.readline(_LARGEST_SECRET).decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidSetting("the passphrase can't be read: it must be UTF-8") from None
