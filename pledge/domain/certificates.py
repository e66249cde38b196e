"""Certificates: the number by which anybody checks one, and what may be certified.

A number reads `CY-20230810-0129-6`: which initiative (`CY` the first, `CY2` the second), the day on
which was signed, the signature's number, and a check digit over all digits before it (ISO/IEC 7064,
MOD 11,10), so that a number that was mistyped is told from one that was invented.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum

from stdnum.iso7064 import mod_11_10

from pledge.domain.initiatives import Approval
from pledge.domain.signatures import Signature, State

_DAY_BEGINS = timezone(timedelta(hours=8))
"""The day of a number is China's wherever was signed: numbers must not move with a meeting."""

_WRITTEN = re.compile(r"CY([1-9]\d{0,8})?-(\d{8})-(\d{4,18})-(\d)", re.ASCII)
_TYPED = re.compile(r"CY([1-9]\d{0,8})??-?(20\d{6})-?(\d{4,18})-?(\d)", re.ASCII)
_QUOTED = re.compile(r"(?<![A-Z0-9])CY([1-9]\d{0,8})?-20\d{6}-\d{4,18}-\d(?!\d)", re.ASCII)
_LONGEST = 60
_MISREAD = str.maketrans("OQILZ", "00112")
"""Letters that stand where only digits can: so they were meant."""
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－﹣ー_·. ", "-"))


@dataclass(frozen=True)
class CertificateNumber:
    initiative_id: int
    day: str
    """As 20230810."""
    number: int

    def __str__(self) -> str:
        return f"{self._body}-{mod_11_10.calc_check_digit(self._digits)}"

    @property
    def _body(self) -> str:
        which = "CY" if self.initiative_id == 1 else f"CY{self.initiative_id}"
        return f"{which}-{self.day}-{self.number:04}"

    @property
    def _digits(self) -> str:
        return f"{self.initiative_id}{self.day}{self.number:04}"


def certificate_number(initiative_id: int, signature: Signature) -> CertificateNumber:
    """A correction, which is signed when what it corrects was, keeps the day."""
    day = f"{signature.signed_at.astimezone(_DAY_BEGINS):%Y%m%d}"
    return CertificateNumber(initiative_id, day, signature.number)


class BadNumber(StrEnum):
    """Why something is not the number of a certificate."""

    SHAPE = "shape"
    CHECK = "check"
    """Looks like one, and its check digit is wrong: mistyped."""


def parsed_number(typed: str) -> CertificateNumber | BadNumber:
    """Reads what people type and paste: any case and width, other dashes or none, O for 0."""
    text = unicodedata.normalize("NFKC", typed[:_LONGEST]).upper().translate(_DASHES)
    text = re.sub(r"-+", "-", text).strip("-")
    found = _TYPED.fullmatch(text[:2] + text[2:].translate(_MISREAD))
    if not found:
        return BadNumber.SHAPE
    number = CertificateNumber(int(found[1] or 1), found[2], int(found[3]))
    written = _WRITTEN.fullmatch(str(number))
    return number if written and written[4] == found[4] else BadNumber.CHECK


def number_quoted(text: str) -> str:
    """What is written as a number in text that was pasted with it (`证书编号：CY-…`, the address
    that its code holds), or else the text. It may be mistyped."""
    plain = unicodedata.normalize("NFKC", text).upper().translate(_DASHES)
    found = _QUOTED.search(re.sub(r"-+", "-", plain))
    return found[0] if found else text


class Withheld(StrEnum):
    """Why there is no certificate of a signature."""

    REHEARSED = "rehearsed"
    """It is in no register: nothing was signed."""
    ENDED = "ended"
    """Withdrawn or replaced."""
    HIDDEN = "hidden"
    WAITS = "waits"
    """An organizer has yet to approve it."""


def withheld(signature: Signature) -> Withheld | None:
    """None if a certificate may be made: of what stands in the register, and in public."""
    if signature.entry is None:
        return Withheld.REHEARSED
    if signature.state is not State.STANDING:
        return Withheld.ENDED
    if signature.hidden:
        return Withheld.HIDDEN
    return Withheld.WAITS if signature.awaits is Approval.ALL else None


_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that could be another, or a digit."""
_CHECKED_BITS = 40


def check_code(leaf: bytes) -> str:
    """核验码: the first 40 bits of a leaf's hash in the register, as `K7M2 9QHD`.

    It stands on the certificate and on the page that checks it. Whoever doctors a certificate can't
    make it that of another entry; it is for the eye, the register itself proves more.
    """
    bits = int.from_bytes(leaf[: _CHECKED_BITS // 8])
    places = range(_CHECKED_BITS - 5, -1, -5)
    letters = "".join(_LETTERS[bits >> place & 31] for place in places)
    return f"{letters[:4]} {letters[4:]}"
