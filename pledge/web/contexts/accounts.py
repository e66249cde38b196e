"""Organizers' accounts: how they come in, and who belongs to the team."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pledge.codes import Code
from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView


@dataclass(frozen=True)
class LoginPage:
    token: str
    """Guards the form against being posted from elsewhere."""
    email: str = ""
    error: str = ""
    next: str = ""


@dataclass(frozen=True)
class SetupPage:
    """The one-time page on which the first organizer chooses an e-mail address and a password."""

    action: str
    token: str
    shortest: int
    """Characters that a password needs."""
    email: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    """By field name: `email`, `password`, `again`."""


@dataclass(frozen=True)
class CodePage:
    """The second step of login: the code of the second factor."""

    token: str
    next: str
    error: str = ""


@dataclass(frozen=True)
class JoinPage:
    """Where somebody comes in by an invitation."""

    action: str
    token: str
    state: str
    """`new`: a password is chosen; `login`: there is an account, which has to be logged in;
    `accept`: it is; `other`: another one is."""
    initiative: str
    role: str
    email: str
    """The invited address."""
    invited_by: str
    visitor: str
    """Who is logged in; empty if nobody is."""
    login: str
    """Where to log in and come back from."""
    shortest: int
    errors: Mapping[str, str]
    """By field name: `password`, `again`."""


@dataclass(frozen=True)
class ResetPage:
    """Where a new password is chosen after an account was reset."""

    action: str
    token: str
    email: str
    shortest: int
    errors: Mapping[str, str]
    """By field name: `password`, `again`."""


@dataclass(frozen=True)
class MemberRow:
    """Somebody with a role in an initiative."""

    id: int
    email: str
    role: str
    me: bool
    last_owner: bool
    """Who can't be given another role."""
    second_factor: bool
    seen_at: datetime | None


@dataclass(frozen=True)
class InvitedRow:
    """Somebody who has yet to accept."""

    id: int
    email: str
    role: str
    invited_by: str
    expires_at: datetime


@dataclass(frozen=True)
class TeamPage:
    """Who has which role, and a form that invites: with what was typed, and what is wrong."""

    desk: Desk
    initiative: InitiativeView
    members: tuple[MemberRow, ...]
    invited: tuple[InvitedRow, ...]
    email: str
    role: str
    creates: bool
    lets_create: bool
    """Whether the organizer may let others make initiatives."""
    mails: bool
    """Whether invitations go out by mail too."""
    errors: Mapping[str, str]
    """By field name: `email`, `role`; `team` names the list."""
    notice: str


@dataclass(frozen=True)
class InvitedPage:
    """A one-time link, the only time that it is shown; to be printed, copied or scanned."""

    desk: Desk
    title: str
    team: str
    """The page to go on to."""
    email: str
    role: str
    address: str
    code: Code
    expires_at: datetime
    mailed: str
    """`sent`, `failed`, or nothing where there is no mail server."""


@dataclass(frozen=True)
class SessionRow:
    id: str
    browser: str
    created_at: datetime
    seen_at: datetime
    own: bool
    """The one in which the page is looked at."""


@dataclass(frozen=True)
class AccountPage:
    """One's own account."""

    desk: Desk
    shortest: int
    second_factor: bool
    sessions: tuple[SessionRow, ...]
    errors: Mapping[str, str]
    """By field name: `current`, `password`, `again`; `confirm`, `code`."""
    notice: str


@dataclass(frozen=True)
class SecondFactorPage:
    """The secret for an authenticator app, which counts once a code has come back."""

    desk: Desk
    action: str
    secret: str
    code: Code
    error: str
