"""What must not be guessed: the installation's keys, the tokens of links, random names.

A link's token is its row's number and a MAC over it, written in upper-case base 32: 24 characters
that fit the alphanumeric mode of a QR code (ISO/IEC 18004, 7.4.4). There is one spelling of each
token; anything else is unknown. Keys are tried newest first, so that they can be replaced while
printed codes still admit.
"""

import hmac
import os
import secrets
from base64 import b32decode, b32encode
from hashlib import sha256
from pathlib import Path

from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import SigningAlgorithm

from pledge.errors import InvalidSetting

KEY_FILE = "secret.key"

_ID_BYTES = 5
_MAC_BYTES = 10


class _TruncatedHmac(SigningAlgorithm):
    """HMAC-SHA-256 cut to 80 bits, which RFC 2104 (5) allows; guessing one online is hopeless."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, sha256)[:_MAC_BYTES]


class Tokens:
    """Makes and checks everything that is signed with the installation's keys."""

    def __init__(self, keys: tuple[str, ...]):
        oldest_first = list(reversed(keys))
        self._links = Signer(
            oldest_first,
            salt="pledge.link",
            key_derivation="hmac",
            digest_method=sha256,
            algorithm=_TruncatedHmac(),
        )
        self._forms = URLSafeTimedSerializer(oldest_first, salt="pledge.form")
        self._setup = Signer(oldest_first, salt="pledge.setup", digest_method=sha256)

    def link(self, link_id: int) -> str:
        value = link_id.to_bytes(_ID_BYTES)
        mac = _TruncatedHmac().get_signature(self._links.derive_key(), value)
        return b32encode(value + mac).decode()

    def link_id(self, token: str) -> int | None:
        """The link that a token names, or None if the token was never given out."""
        try:
            decoded = b32decode(token)
        except ValueError:
            return None
        if len(decoded) != _ID_BYTES + _MAC_BYTES:
            return None
        value, mac = decoded[:_ID_BYTES], decoded[_ID_BYTES:]
        if not self._links.verify_signature(value, base64_encode(mac)):
            return None
        return int.from_bytes(value)

    def form(self, visitor: str) -> str:
        """Guards a form of the console: only whoever holds the visitor's cookie can post it."""
        return str(self._forms.dumps(visitor))

    def form_is(self, visitor: str, token: str, *, seconds: int) -> bool:
        try:
            signed_for = self._forms.loads(token, max_age=seconds)
        except BadSignature:
            return False
        return isinstance(signed_for, str) and hmac.compare_digest(
            signed_for.encode(), visitor.encode()
        )

    def setup(self) -> str:
        """The same at every start; it admits until the first organizer exists."""
        return self._setup.get_signature(b"first organizer").decode()

    def setup_is(self, token: str) -> bool:
        return self._setup.verify_signature(b"first organizer", token.encode())


def random_name() -> str:
    """130 random bits in lower-case base 32: for attempts, receipts, browsers."""
    return b32encode(secrets.token_bytes(17))[:26].decode().lower()


def digest(secret: str) -> str:
    """What is stored of a secret that only has to be recognised."""
    return sha256(secret.encode()).hexdigest()


def load_keys(settings_keys: tuple[str, ...], data: Path) -> tuple[str, ...]:
    """The keys of the environment, else of the key file, which the first start writes."""
    if settings_keys:
        return settings_keys
    path = data / KEY_FILE
    _write_once(path, secrets.token_urlsafe(32))
    keys = tuple(path.read_text().split())
    if not keys:
        raise InvalidSetting(f"{path} is empty: restore it, or remove it to void all links")
    return keys


def _write_once(path: Path, key: str) -> None:
    """Whole or not at all: of several processes that start at once, the first one's key counts."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
