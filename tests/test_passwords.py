"""Passwords are kept so that whoever steals the database learns none of them."""

from argon2 import Type

from pledge import passwords

IN_EARNEST, NOBODYS = passwords.HASHER, passwords.NOBODYS
"""Before the tests make them hasty."""


def test_passwords_are_hashed_as_rfc_9106_recommends() -> None:
    chosen = (IN_EARNEST.type, IN_EARNEST.time_cost, IN_EARNEST.memory_cost, IN_EARNEST.parallelism)
    assert chosen == (Type.ID, 3, 64 * 1024, 4)


def test_a_login_that_names_nobody_takes_as_long_as_any_other() -> None:
    assert not IN_EARNEST.check_needs_rehash(NOBODYS), "it was hashed with other parameters"


async def test_a_password_is_matched_and_never_stored() -> None:
    stored = await passwords.hashed("a long enough password")
    assert "password" not in stored
    assert await passwords.matches(stored, "a long enough password")
    assert not await passwords.matches(stored, "another long password")
    assert not await passwords.matches(await passwords.void(), "")
