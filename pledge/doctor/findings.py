"""What a check has found, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """The site works, and something will be missed or go wrong one day."""
    FAULT = "fault"
    """Something does not work, or is not safe, as it is."""


@dataclass(frozen=True)
class Finding:
    check: str
    level: Level
    what: str
    """One line. Holds no secret, and nothing personal."""
    advice: str = ""
    """One line; empty if all is well."""


def ok(check: str, what: str) -> Finding:
    return Finding(check, Level.OK, what)


def warning(check: str, what: str, advice: str) -> Finding:
    return Finding(check, Level.WARNING, what, advice)


def fault(check: str, what: str, advice: str) -> Finding:
    return Finding(check, Level.FAULT, what, advice)
