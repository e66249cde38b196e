"""The register's signing keys: Ed25519, newest first, in a file that only the operator reads.

The file has a line a key: its seed (RFC 8032) in base 64. A checkpoint is signed with all of them,
so that a new key can be put first while everybody who knows the old one still verifies. One that
no longer signs stays as `retired` and its public half: receipts that it signed are recognised.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pledge.errors import InvalidSetting, PledgeError
from pledge.register.notes import SigningKey, VerifierKey
from pledge.secrets import write_once, write_whole

KEY_FILE = "register.key"

_SEED = 32
_RETIRED = "retired "


class KeysAreElsewhere(PledgeError):
    """The keys come from the environment, where commands can't change them."""


@dataclass(frozen=True)
class RegisterKeys:
    seeds: tuple[bytes, ...]
    """Newest first; there is one at least."""
    retired: tuple[bytes, ...] = ()
    """Public keys."""

    def signing(self, origin: str) -> tuple[SigningKey, ...]:
        """Those that sign the checkpoints of the register with this name, newest first."""
        return tuple(SigningKey(origin, seed) for seed in self.seeds)

    def verifiers(self, origin: str) -> tuple[VerifierKey, ...]:
        """By which its checkpoints and receipts are recognised, those of retired keys too."""
        return (
            *(key.verifier for key in self.signing(origin)),
            *(VerifierKey(origin, public) for public in self.retired),
        )


def new_seed() -> bytes:
    return secrets.token_bytes(_SEED)


def with_new(keys: RegisterKeys, seed: bytes) -> RegisterKeys:
    """The seed signs first from now on, the others go on signing beside it."""
    others = tuple(known for known in keys.seeds if known != seed)
    return replace(keys, seeds=(seed, *others))


def newest_alone(keys: RegisterKeys) -> RegisterKeys:
    """The newest key alone signs from now on; the others are retired."""
    retired = tuple(SigningKey("x", seed).verifier.public for seed in keys.seeds[1:])
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


def load_register_keys(settings_keys: Sequence[str], data: Path) -> RegisterKeys:
    """The keys of the environment, else of the key file, which the first start writes."""
    if settings_keys:
        return RegisterKeys(tuple(parsed_seed(key) for key in settings_keys))
    path = data / KEY_FILE
    write_once(path, b64encode(new_seed()).decode())
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    try:
        seeds = [parsed_seed(line) for line in lines if not line.startswith(_RETIRED)]
        retired = [
            parsed_seed(line.removeprefix(_RETIRED)) for line in lines if line.startswith(_RETIRED)
        ]
    except InvalidSetting as error:
        raise InvalidSetting(f"{path}: {error}") from None
    if not seeds:
        raise InvalidSetting(f"{path} holds no key that signs: restore it from your backup")
    return RegisterKeys(tuple(seeds), tuple(retired))


def store_register_keys(keys: RegisterKeys, settings_keys: Sequence[str], data: Path) -> None:
    """Into the key file, whole or not at all. Running processes read it when they start again."""
    if settings_keys:
        raise KeysAreElsewhere(
            "the register's keys come from PLEDGE_REGISTER_KEYS: change them there"
        )
    lines = [b64encode(seed).decode() for seed in keys.seeds]
    lines += [_RETIRED + b64encode(public).decode() for public in keys.retired]
    write_whole(data / KEY_FILE, "\n".join(lines))
