"""Notices: to whom they go, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pledge.web.contexts.desks import Desk
from pledge.web.contexts.views import InitiativeView


@dataclass(frozen=True)
class AnswerView:
    """What came of the last message to a target."""

    taken: bool
    words: str
    said: str
    """What it has answered, its beginning."""
    seconds: str
    at: datetime
    test: bool


@dataclass(frozen=True)
class TargetView:
    """A target of notices, as its list shows it."""

    id: int
    name: str
    """May be empty."""
    address: str
    """Masked: the host, and how the address ends."""
    kind: str
    events: tuple[str, ...]
    active: bool
    failing: bool
    waiting: int
    """Events that have yet to be told."""
    next_at: datetime | None
    delivered_at: datetime | None
    answer: AnswerView | None


@dataclass(frozen=True)
class TargetForm:
    """A target of notices as its form shows it: what was typed, and what is wrong with it."""

    kinds: tuple[tuple[str, str], ...]
    """What can be chosen: its value and its words."""
    kind: str
    name: str
    address: str
    secret: str
    has_secret: bool
    """One is stored already; left empty, it stays."""
    language: str
    events: tuple[tuple[str, str, bool], ...]
    """Value, words, and whether it is ticked."""
    errors: Mapping[str, str]
    """By field name, in the order of the form. `form` names the form as a whole."""


@dataclass(frozen=True)
class NoticesPage:
    desk: Desk
    initiative: InitiativeView
    targets: tuple[TargetView, ...]
    full: bool
    """There may be no more of them."""
    form: TargetForm
    notice: str
    """What the last action did; may be empty."""


@dataclass(frozen=True)
class NoticeTargetPage:
    desk: Desk
    initiative: InitiativeView
    target: TargetView
    form: TargetForm
    secret: str
    """What a program checks signatures with; empty for robots."""
