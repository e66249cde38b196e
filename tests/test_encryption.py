"""Encrypted files: what is documented opens them, and nothing that was changed is opened."""

import io
from typing import cast

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pledge.encryption import PIECE, Decrypting, Encrypting, Kind, NotOpened, Secret

HEADER, SEALED = 50, PIECE + 16
KEY = Secret(Kind.KEY_FILE, b"0123456789abcdef0123456789abcdef")
PHRASE = Secret(Kind.PASSPHRASE, "口令 of a test".encode())


def encrypted(content: bytes, secret: Secret = KEY) -> bytes:
    file = io.BytesIO()
    sealing = Encrypting(file, secret, cost=10)
    for start in range(0, len(content), 50_000):
        sealing.write(content[start : start + 50_000])
    sealing.finish()
    return file.getvalue()


def decrypted(sealed: bytes, secret: Secret = KEY) -> bytes:
    return cast("bytes", Decrypting(io.BytesIO(sealed), lambda kind: secret).readall())


def content_of(length: int) -> bytes:
    return bytes(place * 7 % 251 for place in range(length))


@pytest.mark.parametrize("secret", [KEY, PHRASE], ids=["key", "passphrase"])
@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_what_was_written_is_read(length: int, secret: Secret) -> None:
    content = content_of(length)
    sealed = encrypted(content, secret)
    assert decrypted(sealed, secret) == content
    assert content[:64] not in sealed or length < 64
    assert encrypted(content, secret) != sealed, "never with the same key and nonce again"


def test_it_is_as_it_is_documented() -> None:
    """Opened here by what the module's documentation says, and none of its code."""
    content = content_of(PIECE + 5)
    for secret in (KEY, PHRASE):
        sealed = encrypted(content, secret)
        header, pieces = sealed[:50], [sealed[50 : 50 + SEALED], sealed[50 + SEALED :]]
        assert header[:16] == b"pledge-sealed-1\n"
        assert header[16:18] == (b"K\x00" if secret is KEY else b"P\x0a")
        salt, given = header[18:34], secret.content
        if secret is PHRASE:
            given = Scrypt(salt=salt, length=32, n=1 << header[17], r=8, p=1).derive(given)
        made = HKDF(SHA256(), 48, salt, header[:34]).derive(given)
        assert made[32:] == header[34:]
        opened = [
            AESGCM(made[:32]).decrypt(number.to_bytes(11) + bytes([last]), piece, header)
            for number, (piece, last) in enumerate(zip(pieces, (0, 1), strict=True))
        ]
        assert b"".join(opened) == content


@pytest.mark.parametrize("at", [*range(50), 50, 51, 50 + SEALED - 1, 50 + SEALED, -1])
def test_a_changed_byte_is_found(at: int) -> None:
    sealed = bytearray(encrypted(content_of(PIECE + 5)))
    sealed[at] ^= 1
    with pytest.raises(NotOpened):
        decrypted(bytes(sealed))


@pytest.mark.parametrize("length", [0, 16, 17, 49, 50, 51, 66, 50 + SEALED, 50 + 2 * SEALED, -1])
def test_a_file_that_is_cut_off_is_found(length: int) -> None:
    """Also where a piece ends, and where nothing is left of the last one."""
    for content in (content_of(2 * PIECE + 9), content_of(2 * PIECE)):
        sealed = encrypted(content)
        if len(sealed) == 50 + 2 * SEALED == length:
            continue  # that is the whole of it
        with pytest.raises(NotOpened):
            decrypted(sealed[:length])


def test_pieces_that_are_moved_repeated_or_of_another_file_are_found() -> None:
    sealed = encrypted(content_of(3 * PIECE))
    header = sealed[:50]
    one, two, three = (sealed[50 + SEALED * at : 50 + SEALED * (at + 1)] for at in range(3))
    assert decrypted(header + one + two + three) == content_of(3 * PIECE)
    other = encrypted(content_of(3 * PIECE))[50 : 50 + SEALED]
    for pieces in ((two, one, three), (one, three), (one, one, two, three), (other, two, three)):
        with pytest.raises(NotOpened, match="damaged"):
            decrypted(header + b"".join(pieces))
    with pytest.raises(NotOpened, match="damaged"):
        decrypted(sealed + b"x")


def test_another_secret_is_told_from_damage() -> None:
    with pytest.raises(NotOpened, match="key file"):
        decrypted(encrypted(b"x"), Secret(Kind.KEY_FILE, b"another key of at least 32 bytes"))
    with pytest.raises(NotOpened, match="passphrase"):
        decrypted(encrypted(b"x", PHRASE), Secret(Kind.PASSPHRASE, b"another passphrase"))
    assert PHRASE.content.decode() not in repr(PHRASE)
