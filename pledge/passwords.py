"""Passwords, as argon2id hashes them; off the event loop, since that takes its time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from pledge.domain.accounts import LONGEST_PASSWORD, new_password

HASHER = PasswordHasher()
"""With the parameters that RFC 9106, section 4, recommends where memory is scarce."""


def _of_nobody() -> str:
    return HASHER.hash(secrets.token_urlsafe(24))


NOBODYS = _of_nobody()
"""What a login is held against that names nobody, so that it takes as long as any other."""


async def hashed(password: str) -> str:
    """Raises BadAccount for one that is too short or too long."""
    return await asyncio.to_thread(HASHER.hash, new_password(password))


async def void() -> str:
    """The hash of a password that nobody knows."""
    return await asyncio.to_thread(_of_nobody)


async def matches(stored: str, password: str) -> bool:
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str, password: str) -> bool:
    try:
        return HASHER.verify(stored, password[: LONGEST_PASSWORD + 1])
    except (Argon2Error, InvalidHashError):
        return False
