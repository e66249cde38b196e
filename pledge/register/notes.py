"""Signed notes: text with the signatures of named Ed25519 keys (C2SP, signed-note)."""

from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pledge.register.trees import InvalidProof

_ED25519 = b"\x01"
_MOST_SIGNATURES = 64


@dataclass(frozen=True)
class VerifierKey:
    name: str
    public: bytes
    """32 bytes (RFC 8032)."""

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        """name+id+key, as tools that verify notes take it."""
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            decoded = b64decode(encoded, validate=True)
        except (Error, ValueError):
            decoded = b""
        key = cls(name, decoded[1:])
        if not _is_name(name) or len(decoded) != 33 or decoded[:1] != _ED25519:
            raise InvalidProof("not a verifier key of an Ed25519 note")
        if key.id.hex() != key_id:
            raise InvalidProof("the verifier key's id does not belong to its name and key")
        return key


@dataclass(frozen=True)
class SigningKey:
    name: str
    seed: bytes
    """32 bytes (RFC 8032); whoever has them can sign."""

    @property
    def verifier(self) -> VerifierKey:
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self.name, public)

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def line(self, text: str) -> str:
        signature = self.verifier.id + self._key.sign(text.encode())
        return f"— {self.name} {b64encode(signature).decode()}\n"


def signed(text: str, keys: Sequence[SigningKey]) -> str:
    """The text, which ends in a newline, with a signature of each key."""
    return f"{text}\n" + "".join(key.line(text) for key in keys)


def opened(note: str, keys: Sequence[VerifierKey]) -> str:
    """The text of a note that one of these keys has signed.

    Raises InvalidProof if none has, or if the signature of one of them is wrong; those of others
    are ignored.
    """
    text, separator, lines = note.rpartition("\n\n")
    signatures = lines.splitlines(keepends=True)
    if not separator or not 0 < len(signatures) <= _MOST_SIGNATURES:
        raise InvalidProof("not a signed note")
    text += "\n"
    if any(ord(character) < 0x20 and character != "\n" for character in note):
        raise InvalidProof("the note holds control characters")
    known = {(key.name, key.id): key for key in keys}
    verified = False
    for line in signatures:
        name, raw = _signature(line)
        key = known.get((name, raw[:4]))
        if key is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
        except InvalidSignature:
            raise InvalidProof(f"the signature of {name} is wrong") from None
        verified = True
    if not verified:
        raise InvalidProof("the note is not signed by a known key")
    return text


def _signature(line: str) -> tuple[str, bytes]:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    try:
        raw = b64decode(encoded.removesuffix("\n"), validate=True)
    except (Error, ValueError):
        raw = b""
    if dash != "—" or not _is_name(name) or not line.endswith("\n") or len(raw) < 5:
        raise InvalidProof("a signature line of the note can't be read")
    return name, raw


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)
