"""Seats as rosters name them (A-02, 主桌3号, 12): their order, and the table that they are at."""

import re
import unicodedata

_DIGITS = 6

Order = tuple[tuple[int, int, str], ...]


def seat_order(seat: str) -> Order:
    """A-2 comes before A-10; whoever has no seat comes last."""
    parts = re.findall(r"\d+|\D+", _folded(seat))
    if not parts:
        return ((2, 0, ""),)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def seat_key(seat: str) -> str:
    """The same order for a database, which compares texts: numbers are filled up with zeros.

    Empty for no seat, which comes last by a comparison of its own.
    """
    parts = re.findall(r"\d+|\D+", _folded(seat))
    return "".join(part.zfill(_DIGITS) if part.isdecimal() else part for part in parts)


def at_table(seat: str, table: str) -> bool:
    """Table A has the seats A, A-1 and A3, and not AB; table 3 has 3 and 3-1, and not 31."""
    seat, table = _folded(seat), _folded(table)
    if not table or not seat.startswith(table):
        return False
    beyond = seat[len(table) : len(table) + 1]
    return not beyond or _kind(beyond) != _kind(table[-1]) or _kind(beyond) == "other"


def _folded(seat: str) -> str:
    return "".join(unicodedata.normalize("NFKC", seat).casefold().split())


def _kind(character: str) -> str:
    if character.isdecimal():
        return "digit"
    return "letter" if character.isascii() and character.isalpha() else "other"
