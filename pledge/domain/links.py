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
    """Why a link does not admit, or no longer does."""

    NOT_YET = "not-yet"
    EXPIRED = "expired"
    USED_UP = "used-up"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Limits:
    """Within what a link admits; what is None is not limited."""

    most: int | None = None
    """How many may sign through it."""
    admits_from: datetime | None = None
    expires_at: datetime | None = None
    """From then on it no longer admits."""

    @property
    def are_possible(self) -> bool:
        """A window that ends before it begins would never admit."""
        if self.admits_from is None or self.expires_at is None:
            return True
        return self.admits_from < self.expires_at


NO_LIMITS = Limits()

LONGEST_LINK_NAME = 60
MOST_USES = 1_000_000


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
    rehearsed: bool = False
    """It leads to a rehearsal now: not before its time, and uncounted."""

    @property
    def limits(self) -> Limits:
        return Limits(self.most, self.admits_from, self.expires_at)

    def ended(self, now: datetime) -> LinkEnd | None:
        if self.revoked_at is not None:
            return LinkEnd.REVOKED
        if self.expires_at is not None and self.expires_at <= now:
            return LinkEnd.EXPIRED
        if self.rehearsed:
            return None  # what hangs in the hall for tomorrow is tried out today
        if self.admits_from is not None and now < self.admits_from:
            return LinkEnd.NOT_YET
        if self.most is not None and self.most <= self.used:
            return LinkEnd.USED_UP
        return None

    def opens_walls(self, now: datetime) -> bool:
        """Whether its token makes a browser a screen of the hall."""
        over = (LinkEnd.REVOKED, LinkEnd.EXPIRED)
        return self.kind is LinkKind.SCREEN and self.ended(now) not in over


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
        """A code made later than now is another node's, or from before the clock was set back: it
        is believed as far as the clocks of nodes may differ, and no further.
        """
        return now < made + self.admits and made <= now + self.admits

    def admitted_until(self, made: datetime, opened: datetime | None, now: datetime) -> datetime:
        """When whoever scanned a code is no longer admitted; a form opened in time lasts longer."""
        until = made + self.admits if self.admits_at(made, now) else now
        if opened and opened <= now + FINISHING:
            until = max(until, opened + FINISHING)
        return until
