"""Signing links: who may sign through which QR code, and how strongly that vouches for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class LinkKind(StrEnum):
    POSTER = "poster"
    SCREEN = "screen"
    INVITATION = "invitation"
    KIOSK = "kiosk"

    @property
    def vouched(self) -> "Vouched":
        """Rule 5: a personal link, presence in the hall, or anybody with the poster's link."""
        match self:
            case LinkKind.INVITATION:
                return Vouched.INVITED
            case LinkKind.SCREEN | LinkKind.KIOSK:
                return Vouched.PRESENT
            case LinkKind.POSTER:
                return Vouched.OPEN


class Vouched(StrEnum):
    INVITED = "invited"
    PRESENT = "present"
    OPEN = "open"

    def at_least(self, other: "Vouched") -> bool:
        """Whether it is worth as much as another: an invitation, presence, an open link."""
        ranks = list(Vouched)
        return ranks.index(self) <= ranks.index(other)


class LinkEnd(StrEnum):
    """Why a link no longer admits."""

    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class SigningLink:
    id: int
    initiative_id: int
    meeting_id: int
    kind: LinkKind
    company: str = ""
    """The invited company; only invitations have one."""
    uscc: str = ""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    stage: bool = False
    """A kiosk on the stage: what is drawn there is seen on the walls while it is drawn."""
    name: str = ""
    """What organizers call it."""
    admits_from: datetime | None = None
    most: int | None = None
    """How many may sign through it."""
    used: int = 0
    """How many have."""
    used_at: datetime | None = None
    """When the newest of them did."""

    def ended(self, now: datetime) -> LinkEnd | None:
        if self.revoked_at is not None:
            return LinkEnd.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return LinkEnd.EXPIRED
        return None


FINISHING = timedelta(minutes=30)
"""How long whoever opened a form in time may take to finish it (rule 6)."""


@dataclass(frozen=True)
class Rotation:
    """How the codes of a `screen` link change (rule 6)."""

    every: timedelta
    """After so long the screen shows the next code."""
    admits: timedelta
    """So long a code admits, from when it was first shown."""

    def admits_at(self, made: datetime, now: datetime) -> bool:
        return now < made + self.admits

    def admitted_until(self, made: datetime, opened: datetime | None) -> datetime:
        """When whoever scanned a code is no longer admitted; a form opened in time lasts longer."""
        until = made + self.admits
        return max(until, opened + FINISHING) if opened else until
