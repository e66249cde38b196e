"""Passwords, as argon2id hashes them; off the event loop, since that takes its time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from pledge.domain.accounts import LONGEST_PASSWORD, new_password

HASHER = PasswordHasher()
"""With the parameters that RFC 9106, section 4, recommends where memory is scarce."""


NOBODYS = (
    "$argon2id$v=19$m=65536,t=3,p=4"
    "$OkQRi4q7B1O6Q5n6XhnfsA$NdBmMQGI1QXtuvOiYHC5ZuiXpPTjBQh11tckuXKhHSk"
)
"""What a login is held against that names nobody, so that it takes as long as any other.

The password was random and is known to nobody. Written down rather than made at each start, which
would keep every command waiting.
"""


async def hashed(password: str) -> str:
    """Raises BadAccount for one that is too short or too long."""
    return await asyncio.to_thread(HASHER.hash, new_password(password))


async def void() -> str:
    """The hash of a password that nobody knows."""
    return await asyncio.to_thread(HASHER.hash, secrets.token_urlsafe(24))


async def matches(stored: str, password: str) -> bool:
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password[: LONGEST_PASSWORD + 1])
    except (Argon2Error, InvalidHashError):
        return False
