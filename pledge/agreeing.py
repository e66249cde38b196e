"""Agreeing: the nodes on one PostgreSQL have the same keys, or say so and do not start.

With another secret a node would send away whoever scans its fellows' codes; with another key of the
register it would sign checkpoints that nobody who knows the register believes. While a key is being
replaced, nodes differ for a while: one key in common will do. On SQLite the keys lie beside the
database, and there is nobody to agree with.
"""

from collections.abc import Collection

from pledge import register_keys, secrets
from pledge.errors import InvalidSetting, PledgeError
from pledge.register_keys import load_register_keys
from pledge.secrets import load_keys
from pledge.settings import REGISTER_KEYS, SECRET_KEYS, Settings
from pledge.store import known_keys
from pledge.store.database import Database
from pledge.store.known_keys import Kind

_FILES = {Kind.SECRET: secrets.KEY_FILE, Kind.REGISTER: register_keys.KEY_FILE}
_SETTINGS = {Kind.SECRET: SECRET_KEYS.name, Kind.REGISTER: REGISTER_KEYS.name}


class OtherKeys(PledgeError):
    """The nodes on this database have others."""


async def agree(database: Database, settings: Settings, *, renew: bool = False) -> None:
    """Makes the keys where there are none yet; raises OtherKeys. `renew`: these count from now on,
    whatever was known.
    """
    if database.writer.dialect.name == "sqlite":
        own_fingerprints(settings)
        return
    async with database.writing() as connection:
        await known_keys.take_turns(connection)
        known = await known_keys.known(connection)
        lacking = [kind for kind in Kind if known[kind] and not _has(settings, kind)]
        if lacking and not renew:
            raise OtherKeys(f"this node has no {lacking[0]} key: {_advice(lacking[0])}")
        own = own_fingerprints(settings)
        for kind in differing(known, own):
            if not renew:
                raise OtherKeys(
                    f"the {kind} keys of this node are not those of its fellows on this database: "
                    f"{_advice(kind)}"
                )
        if own != known:
            await known_keys.replace(connection, own)


def differing(known: known_keys.Fingerprints, own: known_keys.Fingerprints) -> list[Kind]:
    """Of which kind there is none in common."""
    return [kind for kind in Kind if known[kind] and not set(known[kind]) & set(own[kind])]


def own_fingerprints(settings: Settings) -> dict[Kind, set[str]]:
    """Of this node's keys, also of those that no longer sign; made if there are none."""
    secret: Collection[str] = load_keys(settings.secret_keys, settings.data)
    registers = load_register_keys(settings.register_keys, settings.data)
    return {
        Kind.SECRET: {secrets.fingerprint(key) for key in secret},
        Kind.REGISTER: set(registers.fingerprints()),
    }


def check_keys_are_there(settings: Settings) -> None:
    """For whoever must not make one: a key that is missing by now was lost."""
    for kind in Kind:
        if not _has(settings, kind):
            raise InvalidSetting(f"{settings.data / _FILES[kind]} is gone: restore it")


def all_there(settings: Settings) -> bool:
    return all(_has(settings, kind) for kind in Kind)


def _has(settings: Settings, kind: Kind) -> bool:
    given = {Kind.SECRET: settings.secret_keys, Kind.REGISTER: settings.register_keys}
    return bool(given[kind]) or (settings.data / _FILES[kind]).exists()


def _advice(kind: Kind) -> str:
    return (
        f"set {_SETTINGS[kind]} to the same on every node; if theirs are lost for good, "
        "start one node with `pledge serve --new-keys`"
    )
