"""Rosters: who is invited, and what an import would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView, MeetingView


@dataclass(frozen=True)
class RosterRow:
    id: int
    """Of the invitation."""
    company: str
    contact: str
    phone: str
    seat: str
    group: str
    note: str
    signed_at: datetime | None
    address: str
    """Of the company's own signing link."""


@dataclass(frozen=True)
class NearMatch:
    """A signature that may be an invited company's: an organizer says whether it is."""

    invitation: int
    invited: str
    number: int
    signed: str


@dataclass(frozen=True)
class RosterPage:
    desk: Desk
    initiative: InitiativeView
    meetings: tuple[MeetingView, ...]
    meeting_key: str
    q: str
    seat: str
    seats: tuple[str, ...]
    state: str
    """`missing`, `signed` or `all`."""
    invited: int
    signed: int
    found: int
    rows: tuple[RosterRow, ...]
    names: str
    """Of all that were found, one a line, to be copied into a chat."""
    near: tuple[NearMatch, ...]
    page: int
    pages: int
    added: int
    """By the last import; -1 if there was none just now."""
    changed: int
    removed: str
    """The company that was taken off just now; may be empty."""
    error: str


@dataclass(frozen=True)
class RosterColumn:
    index: int
    heading: str
    sample: str
    chosen: str
    """What the column means, or an empty string."""


@dataclass(frozen=True)
class RosterLine:
    """A row of the table, as the spreadsheet counts."""

    number: int
    cells: tuple[tuple[str, str, str], ...]
    """Column, what stands there, and what is wrong with it (or an empty string)."""
    repeats: bool = False


@dataclass(frozen=True)
class RosterCheckPage:
    """A table before it is taken over: its columns, and every row with something wrong."""

    desk: Desk
    initiative: InitiativeView
    action: str
    file: str
    meeting: MeetingView
    header: int
    """The header's row, from 1; 0 if there is none."""
    columns: tuple[RosterColumn, ...]
    names: Mapping[str, str]
    """Of all that a column can mean."""
    shown: tuple[str, ...]
    """What the table is shown with: the columns that mean something."""
    good: int
    wrong: int
    repeated: int
    """Those of the wrong ones that name a company once more."""
    skipped: int
    problems: tuple[RosterLine, ...]
    fine: tuple[RosterLine, ...]
    """The first of those that can be invited: to see whether the columns are read rightly."""
    kept: tuple[tuple[str, str], ...]
    """Corrections that were made already and rows that were left out, as hidden fields."""
