"""Accounts of organizers: what an e-mail address and a password have to be like."""

import re
import unicodedata

from pledge.errors import PledgeError

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200

_LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.[^\s@.]{2,}")


class BadAccount(PledgeError):
    """An e-mail address or a password that can't be taken; `field` says which."""

    def __init__(self, field: str, reason: str):
        super().__init__(reason)
        self.field = field


def as_stored(email: str) -> str:
    """However it was typed, the spelling under which an account is found."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def email_address(typed: str) -> str:
    """As it is stored. Raises BadAccount."""
    email = as_stored(typed).encode(errors="replace").decode()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email):
        raise BadAccount("email", f"“{email}” is not an e-mail address")
    return email


def new_password(typed: str) -> str:
    """Long rather than intricate (NIST SP 800-63B, 5.1.1.2). Raises BadAccount."""
    if len(typed) < SHORTEST_PASSWORD:
        raise BadAccount("password", f"the password needs {SHORTEST_PASSWORD} characters or more")
    if len(typed) > LONGEST_PASSWORD:
        raise BadAccount("password", f"the password takes {LONGEST_PASSWORD} characters at most")
    return typed


def account_flaws(email: str, password: str) -> list[str]:
    """The fields that can't be taken, all at once."""
    flaws = []
    for check, typed in ((email_address, email), (new_password, password)):
        try:
            check(typed)
        except BadAccount as bad:
            flaws.append(bad.field)
    return flaws
