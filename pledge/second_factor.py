"""The second factor: codes of six digits that change every thirty seconds (RFC 6238).

A clock may be one step off, on either side (5.2). Each step is good for one code (5.2: “the
verifier MUST NOT accept the second attempt”); the store remembers the last one that was used.
"""

import re
import unicodedata
from datetime import datetime

from pyotp import TOTP, random_base32
from pyotp.exceptions import OTPVerificationError

_ISSUER = "Pledge"
_STEPS_OFF = 1
_SECRET = re.compile("[A-Z2-7]{32}")


def new_secret() -> str:
    """160 bits in base 32, as RFC 4226 (4) recommends."""
    return random_base32()


def is_secret(text: str) -> bool:
    return bool(_SECRET.fullmatch(text))


def address(secret: str, account: str, site: str) -> str:
    """What the QR code says that an authenticator app takes in."""
    return TOTP(secret).provisioning_uri(name=account, issuer_name=f"{_ISSUER} {site}".strip())


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The time step that a code belongs to, or None if it is wrong or there is no secret."""
    if not secret:
        return None
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed))
    try:
        return TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=_STEPS_OFF)
    except OTPVerificationError:
        return None
