"""QR codes: addresses as short as they can be, drawn as one path.

An address in capitals fits the alphanumeric mode (ISO/IEC 18004, 7.4.4), which takes 5.5 bits a
character in place of 8. Scheme and host do not tell capitals from small letters (RFC 3986,
6.2.2.1), and what follows `/S/` is a token in capitals already.
"""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from pledge.late import late

if TYPE_CHECKING:
    import qrcode
else:
    qrcode = late("qrcode")


QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004, 5.3.8)."""


class Correction(Enum):
    """How much of a code may be spoilt and still be read (ISO/IEC 18004, 7.5.1)."""

    SCREEN = "M"
    """15 %: modules as large as can be."""
    PRINT = "Q"
    """25 %: paper is folded, stained and written on."""


@dataclass(frozen=True)
class Code:
    """What an SVG element needs: a black path on white, its quiet zone within the view box."""

    address: str
    view_box: str
    path: str
    version: int
    modules: int
    """Along a side, with the quiet zone."""


def signing_address(origin: str, token: str) -> str:
    """What the QR code of a signing link says."""
    return f"{origin}/S/{token}".upper()


@lru_cache(maxsize=256)
def drawn_code(address: str, correction: Correction = Correction.SCREEN) -> Code:
    level: int = getattr(qrcode, f"ERROR_CORRECT_{correction.value}")
    code = qrcode.QRCode(error_correction=level, border=QUIET_ZONE)
    code.add_data(address)
    code.make(fit=True)
    rows: list[list[bool]] = code.get_matrix()
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            length = 1
            while x + length < len(row) and row[x + length] == row[x]:
                length += 1
            if row[x]:
                runs.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    side = len(rows)
    return Code(address, f"0 0 {side} {side}", "".join(runs), code.version, side)
