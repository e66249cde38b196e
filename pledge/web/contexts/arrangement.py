"""What an initiative is: its details, its meetings and their order."""

from collections.abc import Mapping
from dataclasses import dataclass

from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView, MeetingView


@dataclass(frozen=True)
class FormLines:
    """What stands in the fields of a form, by their names, and what is wrong with it."""

    values: Mapping[str, str]
    errors: Mapping[str, str]
    labels: Mapping[str, str]
    """Of the fields that the summary of errors links to."""


@dataclass(frozen=True)
class ArrangementPage:
    """Who calls for the initiative, what its form asks, what is public, its logo."""

    desk: Desk
    initiative: InitiativeView
    languages: tuple[str, ...]
    lines: FormLines
    organs: tuple[int, ...]
    """The rows of organizers, the last ones empty."""
    asked: tuple[tuple[str, str], ...]
    """The fields that can be chosen: name and label."""
    seen: str
    """Marks what is shown, so that nobody overwrites what they have not seen."""
    logo_error: str
    notice: str


@dataclass(frozen=True)
class ProgrammeRow:
    meeting: MeetingView
    zone: str
    signed: int
    invited: int


@dataclass(frozen=True)
class ProgrammePage:
    """The meetings in their order, with what came of each, and a form for one more."""

    desk: Desk
    initiative: InitiativeView
    languages: tuple[str, ...]
    rows: tuple[ProgrammeRow, ...]
    signed: int
    """Over all meetings."""
    invited: int
    lines: FormLines
    zones: tuple[str, ...]
    notice: str


@dataclass(frozen=True)
class MeetingPage:
    """One meeting, to be changed or removed."""

    desk: Desk
    initiative: InitiativeView
    languages: tuple[str, ...]
    meeting: MeetingView
    lines: FormLines
    zones: tuple[str, ...]
    obstacle: str
    """Why it could not be removed; may be empty."""
