"""Exports: what may be chosen of them, what of it is public, and the jobs of those that take long.

Whatever says a choice says it in the same words: the page, an address, a command, a stored job.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pledge.domain.initiatives import Initiative, Shows
from pledge.domain.rosters import Invitation
from pledge.errors import PledgeError

LANGUAGES = ("zh", "en")

SHORT = 2000
"""Signatures up to which a table is made while whoever asked waits for it."""

KEPT = timedelta(hours=24)
"""For how long a finished export can be fetched."""

SILENT = timedelta(seconds=20)
"""Without a sign of life for so long, whoever made an export has ended."""


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
    PDF = "pdf"
    """The signature book (签名册)."""
    BUNDLE = "bundle"
    """A ZIP of all of these, with their digests."""

    @property
    def suffix(self) -> str:
        return "zip" if self is Format.BUNDLE else self.value


class EntryState(StrEnum):
    """How an entry stands, in one word."""

    STANDING = "standing"
    WAITING = "waiting"
    """It counts, and is shown once an organizer has approved it."""
    HIDDEN = "hidden"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Field(StrEnum):
    """The columns that there are, in their order."""

    NUMBER = "number"
    COMPANY = "company"
    USCC = "uscc"
    REPRESENTATIVE = "representative"
    TITLE = "title"
    PHONE = "phone"
    MEETING = "meeting"
    SEAT = "seat"
    GROUP = "group"
    NOTE = "note"
    LINK = "link"
    VOUCHED = "vouched"
    SIGNED_AT = "signed_at"
    STATE = "state"
    REPLACES = "replaces"
    REPLACED_BY = "replaced_by"
    ASSISTED = "assisted"
    PUBLISH = "publish"
    ERASED = "erased"
    """Whether the personal data was erased, and why fields are empty."""
    TEXT = "text"
    TEXT_SHA256 = "text_sha256"
    RECEIPT = "receipt"


PUBLIC_FIELDS = (
    Field.NUMBER,
    Field.COMPANY,
    Field.REPRESENTATIVE,
    Field.MEETING,
    Field.SIGNED_AT,
    Field.TEXT,
    Field.TEXT_SHA256,
)
"""What everybody may know (rule 8); of the representative only what was consented to."""


class InvalidChoice(PledgeError):
    """Something that can't be chosen; `field` says where, `value` what (empty: nothing was)."""

    def __init__(self, field: str, value: str, known: Collection[str] = ()):
        may = f"; there is {', '.join(known)}" if known else ""
        super().__init__(f"no {field} {value}{may}" if value else f"choose a {field}")
        self.field = field
        self.value = value


@dataclass(frozen=True)
class Choice:
    """What is exported, and how. Where nothing is chosen, everything is."""

    format: Format
    language: str = "zh"
    """Of headings, terms and places."""
    meetings: tuple[str, ...] = ()
    """By their keys."""
    states: tuple[EntryState, ...] = ()
    columns: tuple[Field, ...] = ()
    public: bool = False
    """For the press: what everybody may know, and nothing else."""
    ink: bool = False
    """Whether a workbook has pictures of the handwriting."""

    @property
    def values(self) -> dict[str, list[str]]:
        """The same as `chosen` takes it."""
        said = {"format": [self.format.value], "language": [self.language]}
        said |= {"meeting": list(self.meetings), "state": [str(state) for state in self.states]}
        said |= {"column": [str(field) for field in self.columns]}
        said |= {"extent": ["public"] if self.public else [], "ink": ["yes"] if self.ink else []}
        return {name: values for name, values in said.items() if values}

    @property
    def counted_states(self) -> tuple[EntryState, ...]:
        return (EntryState.STANDING,) if self.public else self.states or tuple(EntryState)

    def fields(self, shows: Shows) -> tuple[Field, ...]:
        """The columns in their order, of a public export those that may be shown."""
        known = tuple(Field)
        if self.public:
            known = PUBLIC_FIELDS
            if not shows.representatives:
                known = tuple(field for field in known if field is not Field.REPRESENTATIVE)
        return tuple(field for field in known if not self.columns or field in self.columns)

    def shows_ink(self, shows: Shows) -> bool:
        return self.ink and (shows.ink or not self.public)

    def is_short(self, signatures: int) -> bool:
        """Whether it can be had at once."""
        table = self.format in (Format.CSV, Format.XLSX, Format.JSON) and not self.ink
        return table and signatures <= SHORT


def chosen(values: Mapping[str, Sequence[str]], initiative: Initiative) -> Choice:
    """The choice that is said by lists of words; raises InvalidChoice."""

    def among(field: str, known: Collection[str]) -> tuple[str, ...]:
        for value in values.get(field, ()):
            if value not in known:
                raise InvalidChoice(field, value[:40], known)
        return tuple(one for one in known if one in values.get(field, ()))

    formats = among("format", tuple(Format))
    if len(formats) != 1:
        raise InvalidChoice("format", "", tuple(Format))
    choice = Choice(
        format=Format(formats[0]),
        language=next(iter(among("language", LANGUAGES)), LANGUAGES[0]),
        meetings=among("meeting", [meeting.key for meeting in initiative.meetings]),
        states=tuple(map(EntryState, among("state", tuple(EntryState)))),
        columns=tuple(map(Field, among("column", tuple(Field)))),
        public="public" in among("extent", ("full", "public")),
        ink=bool(among("ink", ("yes",))),
    )
    if choice.public and not initiative.shows.signatories:
        raise InvalidChoice("extent", "public")
    if not choice.fields(initiative.shows):
        raise InvalidChoice("column", "", tuple(map(str, PUBLIC_FIELDS)))
    return choice


class Invited:
    """The invitation behind each signature: its own link's, one that was matched, or its name's."""

    def __init__(self, invitations: Sequence[Invitation]):
        self._by_link = {one.link_id: one for one in invitations}
        self._by_number = {one.confirmed: one for one in invitations if one.confirmed}
        self._by_code: dict[str, list[Invitation]] = {}
        self._by_name: dict[str, list[Invitation]] = {}
        for one in invitations:
            if one.company.uscc:
                self._by_code.setdefault(one.company.uscc, []).append(one)
            self._by_name.setdefault(one.company.key, []).append(one)

    def of(
        self, *, number: int, link_id: int, meeting_id: int, name: str, uscc: str
    ) -> Invitation | None:
        """`name` is the company's key; of several meetings, that of the signature comes first."""
        if own := self._by_link.get(link_id) or self._by_number.get(number):
            return own
        found = self._by_code.get(uscc, []) if uscc else []
        found = found or [
            one for one in self._by_name.get(name, []) if not (uscc and one.company.uscc)
        ]
        return min(found, key=lambda one: one.meeting_id != meeting_id, default=None)


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Fault(StrEnum):
    """Why an export that takes long came to nothing."""

    BROKEN = "broken"
    """Something that the log tells of."""
    INTERRUPTED = "interrupted"
    """The site was stopped or started anew meanwhile."""
    FULL = "full"
    """There is no room left for it."""


@dataclass(frozen=True)
class Job:
    """An export that takes long: a process of its own makes it."""

    name: str
    """Of its file; not to be guessed."""
    initiative_id: int
    who: str
    """The organizer who wanted it."""
    choice: Mapping[str, Sequence[str]]
    """As `chosen` takes it."""
    audit: bool
    """Whether a bundle holds the audit log too."""
    origin: str
    """The site's address, for the receipts'."""
    state: JobState
    created_at: datetime
    done: int = 0
    total: int = 0
    """Steps: signatures gone through, as often as they are."""
    rows: int = 0
    size: int = 0
    """Bytes."""
    sha256: str = ""
    fault: str = ""
    """Why it failed; of one that is done, the characters that could not be set."""
    beat_at: datetime | None = None
    finished_at: datetime | None = None

    @property
    def holds_audit(self) -> bool:
        """Whether the audit log is in it: not for everybody who may fetch exports."""
        is_bundle = Format.BUNDLE in self.choice.get("format", ())
        return self.audit and is_bundle and "public" not in self.choice.get("extent", ())

    def as_of(self, now: datetime) -> JobState:
        """One whose maker has fallen silent has failed, whatever was last written of it."""
        silent = self.state is JobState.RUNNING and (self.beat_at or now) < now - SILENT
        return JobState.FAILED if silent else self.state
