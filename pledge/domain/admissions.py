"""Links that let somebody in once: to join an initiative, or to choose a new password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pledge.domain.rights import Role

JOINING = timedelta(days=7)
"""For how long an invitation to join is valid."""

RESETTING = timedelta(days=1)
"""For how long a new password may be chosen."""


class Ended(StrEnum):
    """Why a link lets nobody in any more."""

    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class OneTimeLink:
    id: int
    email: str
    """Whom it lets in, and nobody else."""
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    def ended(self, now: datetime) -> Ended | None:
        if self.used_at:
            return Ended.USED
        if self.revoked_at:
            return Ended.REVOKED
        return Ended.EXPIRED if self.expires_at <= now else None


@dataclass(frozen=True, kw_only=True)
class Reset(OneTimeLink):
    """Lets the account of an address choose a new password."""


@dataclass(frozen=True, kw_only=True)
class Admission(OneTimeLink):
    """Gives a role in an initiative, and never a password to an account that is there."""

    initiative_id: int
    role: Role
    creates: bool
    """Whether the account may make initiatives of its own."""
    invited_by: str
