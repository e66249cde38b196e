"""The text: writing it, publishing it, and when it can be signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView


@dataclass(frozen=True)
class DiffLine:
    """One line of two versions: its runs, each `kept`, `added` or `removed`."""

    runs: tuple[tuple[str, str], ...]

    @property
    def altered(self) -> bool:
        return any(change != "kept" for change, _text in self.runs)


@dataclass(frozen=True)
class TextDiff:
    """How the text in one language differs; without lines it does not."""

    language: str
    """As pages declare it: `zh-CN` or `en`."""
    name: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True)
class TextPreview:
    """The text in one language as phones will show it."""

    tag: str
    language: str
    name: str
    initiative: InitiativeView
    blank: bool
    """Nothing is written in this language: it is left out."""


@dataclass(frozen=True)
class TextPreviewPage:
    """What is fetched while somebody types; not a page by itself."""

    previews: tuple[TextPreview, ...]


@dataclass(frozen=True)
class TextField:
    """What is being written in one language, and beside it how it will look."""

    title: str
    text: str
    preview: TextPreview


@dataclass(frozen=True)
class VersionRow:
    number: int
    digest: str
    at: datetime
    signed: int
    """Signatures that stand and refer to it."""
    current: bool
    superseded: bool
    """Whoever has signed it is asked to sign the current one."""


@dataclass(frozen=True)
class DraftView:
    """Who has last saved, and when."""

    at: datetime
    by: str


@dataclass(frozen=True)
class TextPage:
    """The text in all its languages, to be written, and its versions."""

    desk: Desk
    initiative: InitiativeView
    fields: tuple[TextField, ...]
    errors: Mapping[str, str]
    """By field name: `title_zh`, `text_zh`, …"""
    edition: str
    """Names what the form began with: whoever saves in between is not overwritten unawares."""
    draft: DraftView | None
    versions: tuple[VersionRow, ...]
    notice: str
    overtaken: tuple[TextDiff, ...] | None
    """From what another organizer has saved meanwhile to what this one has typed."""


@dataclass(frozen=True)
class TextPublishPage:
    """Asks before a draft becomes the text that is signed: what changes, and for whom."""

    desk: Desk
    initiative: InitiativeView
    diffs: tuple[TextDiff, ...]
    lettering_lost: bool
    """The title has changed, and with it goes its drawing."""
    edition: str
    number: int
    """Of the version that is signed now; 0 if nothing has been published yet."""
    signed: int
    """Signatures that stand, whatever version they refer to."""
    signed_now: int
    """Those that refer to the version that is signed now."""
    ask: str
    """Whether they are to be asked to sign again: `yes`, `no`, or not chosen yet."""
    error: str


@dataclass(frozen=True)
class TextVersionPage:
    """One version, as it was signed or could be, or compared with another."""

    desk: Desk
    initiative: InitiativeView
    version: VersionRow
    previews: tuple[TextPreview, ...]
    others: tuple[int, ...]
    """The versions that it can be compared with."""
    compared: int
    """The one that it is compared with; 0: none."""
    diffs: tuple[TextDiff, ...]


@dataclass(frozen=True)
class SchedulePage:
    """When signing opens and closes by itself."""

    desk: Desk
    initiative: InitiativeView
    place: str
    zone: str
    now: datetime
    values: Mapping[str, str]
    """`opens_at` and `closes_at`, as a date and time input has them."""
    errors: Mapping[str, str]
