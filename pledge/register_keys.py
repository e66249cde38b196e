"""The register's signing keys: Ed25519, newest first, in a file that only the operator reads.

The file has a line a key: its seed (RFC 8032) in base 64. A checkpoint is signed with all of them,
so that a new key can be put first while everybody who knows the old one still verifies. One that
no longer signs stays as `retired` and its public half: receipts that it signed are recognised.
The setting takes the same lines, separated by commas.

Running processes follow the file: it is read anew when it has changed, so that a replacement needs
no restart and reaches all workers at once. It is made at the start alone: one that is missing later
was lost, and another key in its place would be taken for the register's own.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pledge.errors import InvalidSetting, PledgeError
from pledge.register.notes import SigningKey, VerifierKey
from pledge.secrets import write_once, write_whole

KEY_FILE = "register.key"

_SEED = 32
_RETIRED = "retired "
_PEM = "-----BEGIN"

_log = structlog.get_logger()


class KeysAreElsewhere(PledgeError):
    """The keys come from the environment, where commands can't change them."""


@dataclass(frozen=True)
class RegisterKeys:
    seeds: tuple[bytes, ...]
    """Newest first; there is one at least."""
    retired: tuple[bytes, ...] = ()
    """Public keys."""

    def fingerprints(self) -> tuple[str, ...]:
        """Of their public halves, of retired ones too."""
        publics = (*map(_public, self.seeds), *self.retired)
        return tuple(sha256(public).hexdigest()[:16] for public in publics)

    def signing(self, origin: str) -> tuple[SigningKey, ...]:
        """Those that sign the checkpoints of the register with this name, newest first."""
        return tuple(SigningKey(origin, seed) for seed in self.seeds)

    def verifiers(self, origin: str) -> tuple[VerifierKey, ...]:
        """By which its checkpoints and receipts are recognised: newest first, retired ones last."""
        return (
            *(key.verifier for key in self.signing(origin)),
            *(VerifierKey(origin, public) for public in self.retired),
        )


def new_seed() -> bytes:
    return secrets.token_bytes(_SEED)


def with_new(keys: RegisterKeys, seed: bytes) -> RegisterKeys:
    """The seed signs first from now on, the others go on signing beside it."""
    others = tuple(known for known in keys.seeds if known != seed)
    public = _public(seed)
    retired = tuple(known for known in keys.retired if known != public)
    return replace(keys, seeds=(seed, *others), retired=retired)


def newest_alone(keys: RegisterKeys) -> RegisterKeys:
    """The newest key alone signs from now on; the others are retired."""
    retired = tuple(map(_public, keys.seeds[1:]))
    return RegisterKeys(keys.seeds[:1], (*retired, *keys.retired))


def parsed_seed(text: str) -> bytes:
    """Raises InvalidSetting, which never repeats what was given."""
    try:
        seed = b64decode(text.strip(), validate=True)
    except (Error, ValueError):
        seed = b""
    if len(seed) != _SEED:
        raise InvalidSetting("a key of the register is 32 bytes (Ed25519, RFC 8032) in base 64")
    return seed


def imported_seed(text: str) -> bytes:
    """A seed in base 64, or a key in PEM (PKCS #8, without a password) as OpenSSL makes it.

    Raises InvalidSetting, which never repeats what was given.
    """
    if not text.lstrip().startswith(_PEM):
        return parsed_seed(text)
    try:
        key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidSetting("the key can't be read: it must be Ed25519, without a password")
    return key.private_bytes_raw()


def load_register_keys(settings_keys: Sequence[str], data: Path) -> RegisterKeys:
    """The keys of the environment, else of the key file, which the first start writes."""
    if settings_keys:
        return _parsed(settings_keys, "PLEDGE_REGISTER_KEYS")
    path = data / KEY_FILE
    write_once(path, b64encode(new_seed()).decode())
    return _read(path)


def store_register_keys(keys: RegisterKeys, settings_keys: Sequence[str], data: Path) -> None:
    """Into the key file, whole or not at all; running processes follow it."""
    if settings_keys:
        raise KeysAreElsewhere(
            "the register's keys come from PLEDGE_REGISTER_KEYS: change them there"
        )
    lines = [b64encode(seed).decode() for seed in keys.seeds]
    lines += [_RETIRED + b64encode(public).decode() for public in keys.retired]
    write_whole(data / KEY_FILE, "\n".join(lines))


class FollowedKeys:
    """The keys as they are now, for whoever signs or verifies."""

    def __init__(self, settings_keys: Sequence[str], data: Path):
        self._path = None if settings_keys else data / KEY_FILE
        self._keys = load_register_keys(settings_keys, data)
        self._seen = self._state()

    def __call__(self) -> RegisterKeys:
        """What can't be read changes nothing, and the log says so: the keys stay known."""
        if self._path and (state := self._state()) != self._seen:
            self._seen = state
            try:
                self._keys = _read(self._path)
            except (InvalidSetting, OSError, UnicodeDecodeError) as fault:
                _log.error("the register's keys can't be read anew", error=type(fault).__name__)
        return self._keys

    def _state(self) -> tuple[int, ...]:
        """Another one when the file is another one; empty if there is none."""
        if self._path is None:
            return ()
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return (found.st_ino, found.st_mtime_ns, found.st_size)


def _public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _read(path: Path) -> RegisterKeys:
    return _parsed(path.read_text().splitlines(), str(path))


def _parsed(given: Sequence[str], where: str) -> RegisterKeys:
    lines = [line.strip() for line in given if line.strip()]
    try:
        seeds = [parsed_seed(line) for line in lines if not line.startswith(_RETIRED)]
        retired = [
            parsed_seed(line.removeprefix(_RETIRED)) for line in lines if line.startswith(_RETIRED)
        ]
    except InvalidSetting as error:
        raise InvalidSetting(f"{where}: {error}") from None
    if not seeds:
        raise InvalidSetting(f"{where} holds no key that signs: restore it from your backup")
    return RegisterKeys(tuple(seeds), tuple(retired))
