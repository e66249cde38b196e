"""The hall's screen, and who directs it."""

from dataclasses import dataclass

from pledge.official_text import Passage
from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView, MeetingView, SignatoryRow


@dataclass(frozen=True)
class WallPage:
    initiative: InitiativeView
    meeting: MeetingView
    meeting_key: str
    """The meeting that the wall is narrowed to, or an empty string."""
    total: int
    newest: tuple[SignatoryRow, ...]
    cursor: int
    reading: tuple[Passage, ...]
    scene: str
    state_address: str
    """Where the wall asks how it stands."""
    revision: str
    """Of what the page shows beside that; when it changes, the wall fetches the page anew."""


@dataclass(frozen=True)
class LaunchView:
    """What was frozen at the launch."""

    at: str
    total: int
    text: str
    list: str


@dataclass(frozen=True)
class CeremonyPage:
    """From where the organizer leads the walls."""

    desk: Desk
    initiative: InitiativeView
    total: int
    scene: str
    page: int
    """The page of the text that is read out right now."""
    pages: int
    cursor: int
    seconds: int
    """Of the countdown, as the form suggests it."""
    most_seconds: int
    launch: LaunchView | None


@dataclass(frozen=True)
class EndRehearsalPage:
    """Asks before everything that was rehearsed is removed, and says how much that is."""

    desk: Desk
    initiative: InitiativeView
    meeting: MeetingView
    signatures: int
    total: int
    """Of the real signatories, which stay."""
