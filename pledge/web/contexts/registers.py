"""Certificates and the register: checking them, and the register's page in the console."""

from dataclasses import dataclass
from datetime import datetime

from pledge.domain.outlines import Outline
from pledge.web.contexts.desks import Desk, StampFault
from pledge.web.contexts.views import InitiativeView, MeetingView


@dataclass(frozen=True)
class CertificateView:
    """What a certificate must say: one that says otherwise is not genuine."""

    number: str
    code: str
    """核验码."""
    title: str
    """Of the initiative, as it was signed."""
    text_address: str
    """Of the text that was signed."""
    company: str
    """Empty where it is not published, or no longer stands."""
    representative: str
    """As far as was consented to; may be empty."""
    ink: Outline | None
    meeting: MeetingView
    signed_at: datetime
    """In the meeting's time zone."""


@dataclass(frozen=True)
class RegisterPlace:
    """Where a signature stands in the register."""

    index: int
    """From 0."""
    ended_by: int | None
    """Index of the entry by which it was withdrawn or replaced."""
    size: int
    """Of the newest checkpoint."""
    root: str
    """In base 64, as checkpoints have it."""
    checkpoint: str
    """Path of the checkpoint."""


@dataclass(frozen=True)
class CertificatePage:
    """What the number of a certificate stands for."""

    fate: str
    """`genuine`, `corrected`, `replaced`, `withdrawn`, `hidden` or `waits`."""
    initiative: InitiativeView
    certificate: CertificateView
    ended_at: datetime | None
    """When it was withdrawn or replaced; in the meeting's zone, as `checked_at`."""
    successor: str
    """The number of what stands in its place, if the public sees that."""
    place: RegisterPlace
    checked_at: datetime


@dataclass(frozen=True)
class NoCertificatePage:
    """Nothing has this number (404)."""

    why: str
    """`unknown`, `check` (mistyped) or `shape` (not a number of a certificate at all)."""
    number: str
    """As it was typed."""


@dataclass(frozen=True)
class HolderRow:
    """A company that was looked for, and its certificate."""

    number: str
    company: str
    initiative: str
    place: str
    signed_at: datetime
    """In the meeting's time zone."""


@dataclass(frozen=True)
class KnownRegister:
    """By what the page recognises receipts of this site."""

    slug: str
    title: str
    id: int
    """Of the initiative, as certificates' numbers have it."""
    keys: tuple[str, ...]
    """Verifier keys, newest first."""


@dataclass(frozen=True)
class VerifyPage:
    q: str
    too_short: bool
    """What was typed would find half of everybody."""
    holders: tuple[HolderRow, ...]
    more: bool
    """More were found than are listed."""
    registers: tuple[KnownRegister, ...]


@dataclass(frozen=True)
class StampView:
    """A time stamp of a register's checkpoint."""

    id: int
    authority: str
    """Its host."""
    size: int
    at: datetime
    """When the authority says it was, in the meeting's time zone."""


@dataclass(frozen=True)
class RegisterView:
    """A register, as both its pages show it."""

    size: int
    checkpoint: str
    """The signed note, byte for byte."""
    keys: tuple[str, ...]
    """Verifier keys of those that sign, newest first."""
    retired: tuple[str, ...]
    """Of those that no longer sign."""
    stamps: tuple[StampView, ...]
    """The newest ones."""
    older: int
    """How many more there are."""


@dataclass(frozen=True)
class RegisterPage:
    initiative: InitiativeView
    register: RegisterView


@dataclass(frozen=True)
class AuthorityView:
    name: str
    """Its host."""
    last: StampView | None
    fault: StampFault | None


@dataclass(frozen=True)
class OrganizerRegisterPage:
    desk: Desk
    initiative: InitiativeView
    register: RegisterView
    authorities: tuple[AuthorityView, ...]
    minutes: int
    """After which a register that has grown is stamped again."""
    named_after: str
    """The host in its name, if that is only where the site was last reached; else empty."""
