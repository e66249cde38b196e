"""Entries in the console: the list of them, each alone, and what is done about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pledge.codes import Code
from pledge.domain.initiatives import Asks, Publication
from pledge.domain.outlines import Outline
from pledge.domain.signatures import Company
from pledge.web.contexts.audit import AuditLine
from pledge.web.contexts.desks import Desk
from pledge.web.contexts.links import UnsetCharacter
from pledge.web.contexts.views import FormView, InitiativeView, MeetingView


@dataclass(frozen=True)
class EntryRow:
    """One signature in a list of the console."""

    number: int
    company: str
    uscc: str
    representative: str
    title: str
    phone: str
    signed_at: datetime
    meeting: str
    vouched: str
    """In words, as `state`."""
    shown: str
    """`standing`, `waiting`, `hidden`, `replaced` or `withdrawn`."""
    state: str
    assisted: bool
    ink: Outline | None
    short: str
    """What is left of the name without place and legal form."""
    erased: bool
    chosen: bool


@dataclass(frozen=True)
class SignaturesPage:
    """The signatures that a search has found; several can be changed at once."""

    desk: Desk
    initiative: InitiativeView
    total: int
    meetings: tuple[tuple[str, str], ...]
    """What can be chosen, as are the three below: its value and its words."""
    links: tuple[tuple[str, str], ...]
    states: tuple[tuple[str, str], ...]
    vouchings: tuple[tuple[str, str], ...]
    q: str
    chosen: Mapping[str, str]
    """The search, by the names of its fields."""
    query: str
    """The same for an address, without the page."""
    found: int
    more: bool
    """There may be others: so many are counted and shown."""
    rows: tuple[EntryRow, ...]
    page: int
    pages: int
    cursor: int
    changed: int
    """By the last action; -1 if there was none just now."""
    left: int
    """How many could not be changed."""
    all: bool
    """Every box is ticked."""
    reason: str
    errors: Mapping[str, str]
    """By name: `chosen`, `reason`."""


@dataclass(frozen=True)
class AmendForm:
    """What was typed into one of an entry's forms, and what is wrong with it."""

    action: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    taken: int | None = None
    """The entry that stands for the company already."""
    doubt: Company | None = None
    """The company of the other entry, where the two do not look like one."""


@dataclass(frozen=True)
class PersonalLink:
    address: str
    code: Code


@dataclass(frozen=True)
class ErasedView:
    """That personal data of an entry was erased, and whether files still hold it."""

    at: datetime
    swept_at: datetime | None
    """When nothing of it was left in the files of the database."""
    fault: str
    """Why that came to nothing so far: `busy`, `full`, `broken`; empty while it is under way."""


@dataclass(frozen=True)
class ErasePage:
    """What erasing takes, what it leaves, and the form that has it done."""

    desk: Desk
    initiative: InitiativeView
    number: int
    company: str
    person_erased: bool
    """Only the company is left to be erased."""
    person: tuple[int, ...]
    """Numbers of the entries whose personal data goes."""
    whole: tuple[int, ...]
    """Those of which everything goes, with the company's name."""
    stands: int | None
    """The one that would be withdrawn with the company's name."""
    namesakes: tuple[int, ...]
    """Others that somebody of the same name has signed; they stay."""
    form: AmendForm


@dataclass(frozen=True)
class EntryPage:
    """All that is known of an entry, what was done to it, and what may be done."""

    desk: Desk
    initiative: InitiativeView
    number: int
    company: str
    uscc: str
    representative: str
    title: str
    phone: str
    publish: bool
    ink: Outline | None
    signed_at: datetime
    meeting: str
    link: str
    """Kind and name of the link, in words, as `vouched` and `state`."""
    vouched: str
    assisted: bool
    text_number: int
    text_digest: str
    receipt: str
    """Its address."""
    shown: str
    state: str
    awaits: str
    replaces: int | None
    merged: tuple[int, ...]
    """Other entries in whose place it stands."""
    replaced_by: int | None
    device: bool
    """Whether it is known in which browser it was signed."""
    unset: tuple[UnsetCharacter, ...]
    """Characters of its names that no font has."""
    same_device: tuple[int, ...]
    alike: tuple[EntryRow, ...]
    history: tuple[AuditLine, ...]
    is_erased: bool
    """Whether the person's data is."""
    erased: ErasedView | None
    may_erase: bool
    form: AmendForm
    may_sign_anew: bool
    personal: PersonalLink | None
    """By which its company may sign anew."""
    cursor: int
    notice: str


@dataclass(frozen=True)
class AssistPage:
    """Staff signs for a delegate without a phone."""

    desk: Desk
    initiative: InitiativeView
    meetings: tuple[MeetingView, ...]
    meeting_key: str
    companies: tuple[str, ...]
    """On the roster, to choose from."""
    form: FormView
    asks: Asks
    publication: Publication
    status: str
    """Of the initiative: nothing is signed unless it is `open`."""
    taken: int | None
    """The entry that stands for the company already."""
    signed: int
    """The number that was signed just now, or 0."""
