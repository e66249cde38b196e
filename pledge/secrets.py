"""What must not be guessed: the installation's keys, the tokens of links, random names.

A link's token is its row's number and a MAC over it, written in upper-case base 32: 24 characters
that fit the alphanumeric mode of a QR code (ISO/IEC 18004, 7.4.4). A code of the hall's screen also
holds the second in which it was made: 32 characters. There is one spelling of each token; anything
else is unknown. Keys are tried newest first, so that they can be replaced while printed codes still
admit.
"""

import hmac
import os
import re
import secrets
import time
from base64 import b32decode, b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from itsdangerous import BadSignature, Signer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.signer import SigningAlgorithm

from pledge.domain.signatures import Salts
from pledge.errors import InvalidSetting
from pledge.register.entries import SALT

KEY_FILE = "secret.key"

_ID_BYTES = 5
_TIME_BYTES = 4
_MAC_BYTES = 10
_CODE_MAC_BYTES = 11
_CLOCKS_DIFFER = 300
"""Seconds by which the clocks of nodes may, or by which one may be set back."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_SECOND = 6
_BEGAN = 1_577_836_800
_TIMED = re.compile("[0-9a-z]{6}[2-7a-z]{26}")


@dataclass(frozen=True)
class Scanned:
    """What the token behind a QR code says."""

    link_id: int
    made: datetime | None = None
    """When the code was made; None for one that does not rotate."""


class _TruncatedHmac(SigningAlgorithm):
    """HMAC-SHA-256 cut to 80 bits, which RFC 2104 (5) allows; guessing one online is hopeless."""

    def __init__(self, length: int):
        self._length = length

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, sha256)[: self._length]


class Tokens:
    """Makes and checks everything that is signed with the installation's keys."""

    def __init__(self, keys: tuple[str, ...]):
        oldest_first = list(reversed(keys))
        self._links = _signer(oldest_first, "pledge.link", _MAC_BYTES)
        self._codes = _signer(oldest_first, "pledge.code", _CODE_MAC_BYTES)
        self._openings = _signer(oldest_first, "pledge.opened", _CODE_MAC_BYTES)
        self._forms = URLSafeTimedSerializer(oldest_first, salt="pledge.form")
        self._passed = URLSafeTimedSerializer(oldest_first, salt="pledge.passed")
        # Four hundred phones scan the same code.
        self._scanned = lru_cache(maxsize=4096)(self._read)
        self._setup = Signer(oldest_first, salt="pledge.setup", digest_method=sha256)

    def link(self, link_id: int) -> str:
        return _signed(self._links, link_id.to_bytes(_ID_BYTES))

    def code(self, link_id: int, made: datetime) -> str:
        """What the hall's screen shows of a link from a moment on."""
        return _signed(self._codes, _moment(link_id, made))

    def opened(self, link_id: int, at: datetime) -> str:
        """Says that a form of a link was opened in time."""
        return _signed(self._openings, _moment(link_id, at))

    def opened_at(self, link_id: int, token: str) -> datetime | None:
        value = _verified(self._openings, token, _ID_BYTES + _TIME_BYTES)
        if value is None or int.from_bytes(value[:_ID_BYTES]) != link_id:
            return None
        return _time(value)

    def scanned(self, token: str) -> Scanned | None:
        """What a token of either kind names, or None if it was never given out."""
        return self._scanned(token)

    def _read(self, token: str) -> Scanned | None:
        if value := _verified(self._links, token, _ID_BYTES):
            return Scanned(int.from_bytes(value))
        if value := _verified(self._codes, token, _ID_BYTES + _TIME_BYTES):
            return Scanned(int.from_bytes(value[:_ID_BYTES]), _time(value))
        return None

    def form(self, visitor: str) -> str:
        """Guards a form of the console: only whoever holds the visitor's cookie can post it."""
        return str(self._forms.dumps(visitor))

    def form_is(self, visitor: str, token: str, *, seconds: int) -> bool:
        signed_for = _loaded(self._forms, token, seconds)
        return isinstance(signed_for, str) and hmac.compare_digest(
            signed_for.encode(), visitor.encode()
        )

    def passed(self, visitor: str, organizer_id: int, password: str) -> str:
        """Says that a visitor has given an account's password, whose hash is this."""
        return str(self._passed.dumps([visitor, organizer_id, digest(password)]))

    def passed_by(self, visitor: str, token: str, *, seconds: int) -> tuple[int, str] | None:
        """The organizer and the digest of the password's hash, or None if it was not so."""
        loaded = _loaded(self._passed, token, seconds)
        if loaded is None:
            return None
        given_by, organizer_id, password = loaded
        if not visitor or not hmac.compare_digest(given_by.encode(), visitor.encode()):
            return None
        return organizer_id, password

    def setup(self) -> str:
        """The same at every start; it admits until the first organizer exists."""
        return self._setup.get_signature(b"first organizer").decode()

    def setup_is(self, token: str) -> bool:
        return self._setup.verify_signature(b"first organizer", token.encode())


def _loaded(serializer: URLSafeTimedSerializer, token: str, seconds: int) -> Any:
    """What was signed so many seconds ago at most; None if it was not.

    It may also have been signed in what is a little later here: by another node, or before the
    clock was put right.
    """
    try:
        value, made = serializer.loads(token, return_timestamp=True)
    except BadSignature:
        return None
    age = (datetime.now(UTC) - made).total_seconds()
    return value if -_CLOCKS_DIFFER <= age <= seconds else None


def _signer(keys: list[str], salt: str, length: int) -> Signer:
    return Signer(
        keys,
        salt=salt,
        key_derivation="hmac",
        digest_method=sha256,
        algorithm=_TruncatedHmac(length),
    )


def _signed(signer: Signer, value: bytes) -> str:
    mac = signer.algorithm.get_signature(signer.derive_key(), value)
    return b32encode(value + mac).decode().rstrip("=")


def _verified(signer: Signer, token: str, length: int) -> bytes | None:
    """The value of a token, if it is spelled as we spell it and one of the keys has signed it."""
    try:
        decoded = b32decode(token + "=" * (-len(token) % 8))
    except ValueError:
        return None
    value, mac = decoded[:length], decoded[length:]
    if b32encode(decoded).decode().rstrip("=") != token:
        return None
    return value if signer.verify_signature(value, base64_encode(mac)) else None


def _moment(link_id: int, at: datetime) -> bytes:
    return link_id.to_bytes(_ID_BYTES) + int(at.timestamp()).to_bytes(_TIME_BYTES)


def _time(value: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(value[_ID_BYTES:]), UTC)


_NAMES_AT_ONCE = 64
_names: list[str] = []
_randoms: list[str] = []
os.register_at_fork(after_in_child=_names.clear)
os.register_at_fork(after_in_child=_randoms.clear)


def random_name() -> str:
    """128 random bits in hexadecimal: for browsers, screens, visits.

    The system is asked for many at once; each is handed out once.
    """
    return _drawn(_names, 32, lambda length: secrets.token_hex(length // 2))


def timed_name() -> str:
    """For receipts and attempts: 130 random bits after the second in which it was made, in 32
    small letters and digits.

    The database keeps an index of them all. Those that are made one after the other stand side by
    side in it, so that whoever signs writes its last page, and not one anywhere among millions.
    """
    return _second(int(time.time())) + _drawn(_randoms, 26, _token_base32)


def _drawn(drawn: list[str], length: int, draw: Callable[[int], str]) -> str:
    """The next of those that were drawn at once, each of so many characters."""
    if not drawn:
        text = draw(length * _NAMES_AT_ONCE)
        drawn.extend(text[place : place + length] for place in range(0, len(text), length))
    return drawn.pop()


def _token_base32(length: int) -> str:
    return b32encode(secrets.token_bytes(length * 5 // 8)).decode().lower()


def attempt_of(form: str, company_key: str) -> str:
    """What is stored of a form's attempt to sign for a company.

    One form may sign for one company after another, by way of the back button: what is sent again
    is the same form for the same company. It begins with the second that the form's own name
    begins with, so that it finds its place in the index by that; older forms' names have none.
    """
    told = digest(f"{form} {company_key}")
    second = form[:_SECOND] if _TIMED.fullmatch(form) else ""
    return second + told[len(second) :]


@lru_cache(maxsize=2)
def _second(at: int) -> str:
    """Since 2020, in six digits of base 36, which is enough until 2088; later ones begin anew."""
    number = max(at - _BEGAN, 0)
    return "".join(_DIGITS[number // 36**place % 36] for place in reversed(range(_SECOND)))


def random_salts() -> Salts:
    return Salts(secrets.token_bytes(SALT), secrets.token_bytes(SALT))


def digest(secret: str) -> str:
    """What is stored of a secret that only has to be recognised."""
    return sha256(secret.encode()).hexdigest()


def fingerprint(key: str) -> str:
    """By which a key is recognised that only those who have it know; tells no more of it than any
    link does that was signed with it.
    """
    return hmac.digest(key.encode(), b"pledge.fingerprint", sha256)[:8].hex()


def load_keys(settings_keys: tuple[str, ...], data: Path) -> tuple[str, ...]:
    """The keys of the environment, else of the key file, which the first start writes."""
    if settings_keys:
        return settings_keys
    path = data / KEY_FILE
    write_once(path, secrets.token_urlsafe(32))
    keys = tuple(path.read_text().split())
    if not keys:
        raise InvalidSetting(f"{path} is empty: restore it, or remove it to void all links")
    return keys


def write_once(path: Path, text: str) -> None:
    """Whole or not at all: of several processes that start at once, the first one's text counts."""
    if path.exists():
        return
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _settle(path)


def write_whole(path: Path, text: str) -> None:
    """In place of what is there, for nobody else to read; whole or not at all."""
    _draft(path, text).replace(path)
    _settle(path)


def _settle(path: Path) -> None:
    """Its name is on the disk as well: what a key has signed must outlive a power cut with it."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft
