"""What leaves the console as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView


@dataclass(frozen=True)
class ExportOption:
    """Something that can be chosen of an export."""

    value: str
    words: str
    hint: str
    """May be empty."""
    chosen: bool


@dataclass(frozen=True)
class ExportJob:
    """An export that takes long."""

    name: str
    file: str
    """Its name once it is downloaded."""
    public: bool
    who: str
    begun_at: datetime
    state: str
    """`waiting`, `running`, `done` or `failed`."""
    percent: int
    rows: int
    size: str
    """With its unit."""
    sha256: str
    fault: str
    """Why it failed."""
    unset: tuple[str, ...]
    """Characters that no font has, with the names that they are in."""
    here: bool
    """Whether its file can be fetched from this machine."""
    barred: bool
    """Whether it holds the audit log, and whoever looks may not see that."""


@dataclass(frozen=True)
class ExportsPage:
    """What of the signatures goes out, in which form; and what is being made."""

    desk: Desk
    initiative: InitiativeView
    groups: Mapping[str, tuple[ExportOption, ...]]
    """What can be chosen: `format`, `extent`, `meeting`, `state`, `column`, `language`, `ink`."""
    short: int
    """Signatures up to which a table is downloaded at once."""
    jobs: tuple[ExportJob, ...]
    busy: bool
    """Whether one of them is not done yet."""
    errors: Mapping[str, str]
    """By what they are about."""
