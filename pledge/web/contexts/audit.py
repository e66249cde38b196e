"""The log of who did what."""

from dataclasses import dataclass
from datetime import datetime

from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView


@dataclass(frozen=True)
class AuditLine:
    at: datetime
    who: str
    action: str
    subject: str
    number: int | None
    reason: str
    before: str
    after: str


@dataclass(frozen=True)
class AuditPage:
    """Who did what, when and why, newest first."""

    desk: Desk
    initiative: InitiativeView
    q: str
    action: str
    actions: tuple[tuple[str, str], ...]
    """What can be chosen: its value and its words."""
    found: int
    lines: tuple[AuditLine, ...]
    page: int
    pages: int
