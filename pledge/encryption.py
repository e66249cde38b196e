"""Encryption of files that are written and read from their beginning to their end.

A file is a header and pieces. The header: 16 bytes that name the format; how its key is made (`P`
from a passphrase, by scrypt, RFC 7914; `K` from a key file); for scrypt the power of two of its
cost, else 0; 16 random bytes of salt; 16 bytes by which a wrong key is told from damage. HKDF (RFC
5869, SHA-256, the salt, the bytes before the check as info) makes of what scrypt gives, or of the
key file, 32 bytes of key and that check. Pieces are 64 KiB, the last one 0 to 64 KiB, each under
AES-256-GCM with 16 bytes of tag; the nonce is the number of the piece in 11 bytes and a byte that
is 1 for the last one, 0 before it, and the header is authenticated with each. So pieces can't be
changed, moved, left out, or cut off at the end (the STREAM construction, as in age). Each file has
a salt and so a key of its own: no nonce is used twice.
"""

import hmac
import io
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pledge.errors import PledgeError

MAGIC = b"pledge-sealed-1\n"
PIECE = 64 * 1024
SHORTEST_KEY_FILE = 32
"""Bytes."""

_SALT = 16
_CHECK = 16
_TAG = 16
_HEADER = len(MAGIC) + 2 + _SALT + _CHECK
_COST = 17
"""128 MB and some tenths of a second, for whoever opens a file and for each guess."""
_COSTS = range(10, 21)
_BLOCK = 8


class Kind(Enum):
    PASSPHRASE = b"P"
    KEY_FILE = b"K"


@dataclass(frozen=True)
class Secret:
    """What opens a file; it is not repeated in any text."""

    kind: Kind
    content: bytes = field(repr=False)


class NotOpened(PledgeError):
    """An encrypted file can't be opened, or is damaged."""


class Encrypting(io.RawIOBase):
    """Writes into a file; it is whole once this is closed, which leaves the file open."""

    def __init__(self, file: BinaryIO, secret: Secret, *, cost: int = _COST):
        self._file = file
        cost = cost if secret.kind is Kind.PASSPHRASE else 0
        start = MAGIC + secret.kind.value + bytes([cost]) + secrets.token_bytes(_SALT)
        key, check = _derived(start, secret)
        self._header = start + check
        self._cipher = AESGCM(key)
        self._pieces = 0
        self._held = bytearray()
        file.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, content: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._held += content
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(content)

    def finish(self) -> None:
        """The last piece, without which nobody takes the file for whole."""
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._pieces, last=last)
        self._file.write(self._cipher.encrypt(nonce, piece, self._header))
        self._pieces += 1


class Decrypting(io.RawIOBase):
    """Reads what was encrypted; nothing is given out that was not written there."""

    def __init__(self, file: BinaryIO, secret_of: Callable[[Kind], Secret]):
        """`secret_of` gives the secret of the kind that the file needs. Raises NotOpened."""
        self._file = file
        header = file.read(_HEADER)
        kind = _kind(header)
        start, check = header[:-_CHECK], header[-_CHECK:]
        key, expected = _derived(start, secret_of(kind))
        if not hmac.compare_digest(check, expected):
            what = "passphrase" if kind is Kind.PASSPHRASE else "key file"
            raise NotOpened(f"it is not opened by this {what}")
        self._header = header
        self._cipher = AESGCM(key)
        self._pieces = 0
        self._held = b""
        self._next = file.read(PIECE + _TAG)
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        while not self._held and not self._ended:
            self._held = self._opened()
        given = self._held[: len(buffer)]
        buffer[: len(given)] = given
        self._held = self._held[len(given) :]
        return len(given)

    def _opened(self) -> bytes:
        sealed, self._next = self._next, self._file.read(PIECE + _TAG)
        self._ended = not self._next
        nonce = _nonce(self._pieces, last=self._ended)
        self._pieces += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._header)
        except (InvalidTag, ValueError):
            raise NotOpened("it is damaged or cut off") from None


def _kind(header: bytes) -> Kind:
    """Of a header that can be read."""
    try:
        kind = Kind(header[len(MAGIC) : len(MAGIC) + 1])
    except ValueError:
        raise NotOpened("it is damaged or cut off") from None
    cost = header[len(MAGIC) + 1] if len(header) == _HEADER else -1
    if cost not in (_COSTS if kind is Kind.PASSPHRASE else (0,)):
        raise NotOpened("it is damaged or cut off")
    return kind


def _derived(start: bytes, secret: Secret) -> tuple[bytes, bytes]:
    """The key and the check."""
    salt = start[-_SALT:]
    content = secret.content
    if secret.kind is Kind.PASSPHRASE:
        cost = start[len(MAGIC) + 1]
        content = Scrypt(salt=salt, length=32, n=1 << cost, r=_BLOCK, p=1).derive(content)
    made = HKDF(algorithm=SHA256(), length=32 + _CHECK, salt=salt, info=start).derive(content)
    return made[:32], made[32:]


def _nonce(piece: int, *, last: bool) -> bytes:
    return piece.to_bytes(11) + bytes([last])
