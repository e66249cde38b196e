"""Who may do what in an initiative, and in whose name it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pledge.errors import PledgeError


class NoOwnerLeft(PledgeError):
    """An initiative would be left with nobody who gives out roles."""


class Right(StrEnum):
    """What an address of the console asks for."""

    SEE = "see"
    """How signing goes: numbers, the newest, who is missing, which walls are connected."""
    MODERATE = "moderate"
    """What walls and lists show, single signatures, signing for somebody without a phone."""
    DIRECT = "direct"
    """Opening and closing, the ceremony, rehearsals."""
    EDIT = "edit"
    """The text, meetings, rosters, links and print sheets."""
    EXPORT = "export"
    GOVERN = "govern"
    """Who else has a role, whom notices are sent to, and the audit log."""


class Role(StrEnum):
    OWNER = "owner"
    EDITOR = "editor"
    STAFF = "staff"
    """Helps on the day."""
    VIEWER = "viewer"
    """Fetches exports, and nothing else."""

    @property
    def rights(self) -> frozenset[Right]:
        match self:
            case Role.OWNER:
                return frozenset(Right)
            case Role.EDITOR:
                return frozenset(Right) - {Right.GOVERN}
            case Role.STAFF:
                return frozenset({Right.SEE, Right.MODERATE})
            case Role.VIEWER:
                return frozenset({Right.EXPORT})


def is_last_owner(roles: Mapping[int, Role], organizer_id: int) -> bool:
    """Of an initiative's roles by organizer: whoever is must stay an owner."""
    return [one for one, role in roles.items() if role is Role.OWNER] == [organizer_id]


@dataclass(frozen=True)
class Actor:
    """In whose name something is done, as the audit log says it."""

    name: str
    """An organizer's e-mail address, or one of those below."""


OPERATOR = Actor("operator")
"""Whoever runs commands on the machine."""

SCHEDULE = Actor("schedule")
"""What was set to happen by itself."""

WALL = Actor("wall")
"""A wall that was opened where no code for it had been made."""
