"""Initiatives, their texts and the meetings at which they are signed."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from zoneinfo import ZoneInfo

from pledge.errors import PledgeError

Localized = Mapping[str, str]
"""Words by language (`zh`, `en`)."""

DEFAULT_ZONE = "Asia/Shanghai"


def in_language(words: Localized, language: str) -> str:
    """The words in a language, or in whatever language there is."""
    return words.get(language) or next((text for text in words.values() if text), "")


class Status(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"

    def may_become(self, other: "Status") -> bool:
        """Signing opens, closes and may open again; nothing that was open is a draft again."""
        return other is not Status.DRAFT and other is not self


@dataclass(frozen=True)
class Organ:
    """A body that calls for the initiative, and what it does for it (主办, 承办)."""

    role: Localized
    name: Localized


@dataclass(frozen=True)
class Text:
    """The exact text in one language, as Markdown."""

    title: str
    markdown: str

    @property
    def source(self) -> bytes:
        """The bytes that are hashed and signed: the title as a heading, then the text."""
        return f"# {self.title}\n\n{self.markdown}".encode()

    @property
    def sha256(self) -> str:
        return sha256(self.source).hexdigest()


@dataclass(frozen=True)
class TextVersion:
    """The text in all its languages, as it was shown to whoever signed it."""

    number: int
    texts: Mapping[str, Text]

    @cached_property
    def digest(self) -> str:
        return digest_of(self.texts)


def digest_of(texts: Mapping[str, Text]) -> str:
    """SHA-256 over one line a language, sorted: its tag, a space, and the hash of its text."""
    return digest_of_hashes({tag: text.sha256 for tag, text in texts.items()})


def digest_of_hashes(hashes: Mapping[str, str]) -> str:
    """The same where the texts themselves are not at hand."""
    lines = "".join(f"{tag} {digest}\n" for tag, digest in sorted(hashes.items()))
    return sha256(lines.encode()).hexdigest()


@dataclass(frozen=True)
class PartialDate:
    """A day, a month or a year: of some meetings only the year is known."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, written: str) -> "PartialDate":
        """From ISO 8601 with reduced precision: 2023, 2023-08, 2023-08-10."""
        parts = [int(part) for part in written.split("-")]
        parsed = cls(*parts)
        date(parsed.year, parsed.month or 1, parsed.day or 1)
        return parsed

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        return "-".join(parts)


@dataclass(frozen=True)
class Meeting:
    id: int
    key: str
    place: Localized
    """The city, as lists and walls name it."""
    event: Localized
    date: PartialDate
    zone: str = DEFAULT_ZONE
    rehearsal: str = ""
    """The slug of its rehearsal while there is one: its links and walls lead there."""
    venue: Localized = field(default_factory=dict)
    """The house and the hall; may be empty."""
    time: str = ""
    """When it begins, as 09:30 in its zone; may be empty."""

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(ZoneInfo(self.zone))

    def instant(self, local: datetime) -> datetime:
        """When the clocks at the meeting show this; `local` has no zone of its own."""
        return local.replace(tzinfo=ZoneInfo(self.zone))


@dataclass(frozen=True)
class Path:
    """One outline of the title's lettering: an SVG path's `d`, and whether it is accented."""

    d: str
    accent: bool


@dataclass(frozen=True)
class Lettering:
    """The title drawn as outlines, since many phones have no Chinese serif."""

    view_box: str
    paths: tuple[Path, ...]


class Ask(StrEnum):
    """Whether the form has a field."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    OFF = "off"


@dataclass(frozen=True)
class Asks:
    """Which fields the form has beside company and representative, which it always asks for."""

    uscc: Ask = Ask.OPTIONAL
    title: Ask = Ask.OPTIONAL
    phone: Ask = Ask.OPTIONAL
    ink: Ask = Ask.OPTIONAL
    """Required of whoever can draw: a browser without scripts signs without."""

    def of(self, name: str) -> Ask:
        """What it says of a field; those that it does not know are always asked for."""
        found: Ask = getattr(self, name, Ask.REQUIRED)
        return found


@dataclass(frozen=True)
class Shows:
    """What the public sees of signatures; never more than was consented to (rule 8)."""

    signatories: bool = True
    """The companies on lists and walls; without it the public sees how many there are."""
    representatives: bool = True
    """Their full names with consent, else their surnames."""
    ink: bool = True
    told: Mapping[str, int] = field(default_factory=dict)
    """Of what is not shown, the number of the last signature that was told it would be."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of what is shown."""
        return tuple(part for part in SHOWN if getattr(self, part))

    @property
    def names(self) -> bool:
        return self.signatories and self.representatives

    @property
    def handwriting(self) -> bool:
        return self.signatories and self.ink

    def changed_to(self, wanted: "Shows", last_number: int) -> "Shows":
        """What is shown from now on; `last_number` is that of the newest signature.

        Whoever signed while something was not shown had been told so: it may be shown again only
        if nobody has. Raises `MoreThanTold`.
        """
        back = [part for part in wanted.parts if part not in self.parts]
        if more := [part for part in back if last_number > self.told.get(part, 0)]:
            raise MoreThanTold(more)
        told = {
            part: number
            for part in SHOWN
            if part not in wanted.parts
            and (number := last_number if part in self.parts else self.told.get(part, 0))
        }
        return replace(wanted, told=told)


SHOWN = ("signatories", "representatives", "ink")


class MoreThanTold(PledgeError):
    """Of some signatures more would be public than whoever signed was told (rule 8)."""

    def __init__(self, parts: Sequence[str]):
        super().__init__(
            f"{', '.join(parts)} can't be shown: companies have signed that were told otherwise"
        )
        self.parts = tuple(parts)


@dataclass(frozen=True)
class Privacy:
    """What whoever signs is told of their data, beside what the product itself knows."""

    processor: Localized
    purpose: Localized
    retention: Localized


@dataclass(frozen=True)
class Initiative:
    """An initiative as it is published: everything but its counts and its status, which move."""

    id: int
    slug: str
    organs: tuple[Organ, ...]
    meetings: tuple[Meeting, ...]
    """In the order in which they are held."""
    text: TextVersion
    privacy: Privacy
    contact: Localized
    note: Localized
    letterings: Mapping[str, Lettering]
    """By shape: `stack` (two lines), `line`, `ceremony`; drawn in the first language."""
    asks: Asks = field(default_factory=Asks)
    shows: Shows = field(default_factory=Shows)
    logo: str = ""
    """Digest of the organizers' logo; empty if there is none."""
    superseded: frozenset[str] = frozenset()
    """Digests of the texts whose signatories are asked to sign the current one."""
    is_rehearsal: bool = False
    """It stands in for a meeting of the real one, and goes when the rehearsal ends."""

    @cached_property
    def terms(self) -> str:
        """Marks what whoever signs is told: what is asked, what becomes public, the privacy
        notice.
        """
        told = [asdict(self.asks), self.shows.parts, asdict(self.privacy)]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def base_slug(self) -> str:
        """The slug of what a rehearsal stands in for; of any other its own."""
        return self.slug.partition("~")[0]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.text.texts)

    @property
    def is_blank(self) -> bool:
        """Nothing has been published yet: it was made a moment ago."""
        return not any(text.markdown for text in self.text.texts.values())

    @property
    def lacks(self) -> tuple[str, ...]:
        """What must be there before anybody may sign: `text`, `privacy`, `contact`."""
        there = {
            "text": all(text.markdown.strip() for text in self.text.texts.values()),
            "privacy": all(
                in_language(words, self.languages[0])
                for words in (
                    self.privacy.processor,
                    self.privacy.purpose,
                    self.privacy.retention,
                )
            ),
            "contact": bool(in_language(self.contact, self.languages[0])),
        }
        return tuple(name for name, is_there in there.items() if not is_there)

    def title(self, language: str) -> str:
        return in_language({tag: text.title for tag, text in self.text.texts.items()}, language)

    def lettering(self, shape: str, language: str) -> Lettering | None:
        """The title's outlines, if there are any: it is drawn in the first language alone."""
        return self.letterings.get(shape) if language == self.languages[0] else None

    def meeting(self, meeting_id: int) -> Meeting:
        return next(meeting for meeting in self.meetings if meeting.id == meeting_id)

    def meeting_by_key(self, key: str) -> Meeting | None:
        return next((meeting for meeting in self.meetings if meeting.key == key), None)

    @property
    def latest_meeting(self) -> Meeting:
        """Where a link signs that names no meeting."""
        return self.meetings[-1]


class Publication(StrEnum):
    """To what whoever signs is asked to consent beside signing: that this becomes public."""

    BOTH = "both"
    """The representative's full name and the handwriting."""
    NAME = "name"
    INK = "ink"
    NOTHING = ""


def publication(initiative: Initiative) -> Publication:
    """What would be published with consent: of what is not, nobody is asked."""
    name = initiative.shows.names
    ink = initiative.shows.handwriting and initiative.asks.ink is not Ask.OFF
    if name and ink:
        return Publication.BOTH
    return Publication.NAME if name else Publication.INK if ink else Publication.NOTHING


class Approval(StrEnum):
    """What waits for an organizer's approval before it is shown; the signature counts at once."""

    NOTHING = ""
    INK = "ink"
    ALL = "all"
    """The company and the representative too."""


REHEARSAL_MARK = {"zh": "【彩排】", "en": "[Rehearsal] "}


SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")
"""An initiative's name in addresses."""


def rehearsal_slug(slug: str, meeting: str) -> str:
    """Of the initiative that stands in for a meeting; no other slug has a tilde."""
    return f"{slug}~{meeting}"


def rehearsal_texts(texts: Mapping[str, Text]) -> dict[str, Text]:
    """The texts as they are rehearsed: marked, so that nobody signs one for the other."""
    return {
        tag: Text(f"{REHEARSAL_MARK[tag]}{text.title}", text.markdown)
        for tag, text in texts.items()
    }
