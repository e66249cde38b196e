"""The columns of every export, from one definition: headings, values, the words for terms.

Values are made for a batch of signatures at a time and not one by one. What is done for each of a
million rows is done a million times, so it is left to what Python does by itself: maps and joins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from pledge.domain.exports import EntryState, Field, Invited
from pledge.domain.initiatives import Initiative
from pledge.domain.links import LinkKind, Vouched
from pledge.domain.names import surname

Values = Sequence[Any]


@dataclass(frozen=True)
class Batch:
    """Some signatures, and what their initiative says of them."""

    stored: Mapping[str, Values]
    """By the name of each stored column, a value a signature (`store.extracts`)."""
    initiative: Initiative
    language: str
    public: bool
    kinds: Mapping[int, LinkKind]
    """Of links, by their ids."""
    texts: Mapping[str, int]
    """Numbers of text versions, by their digests."""
    places: Mapping[int, str]
    """The city of each meeting, by its id."""
    invited: Invited | None
    """None if nobody was."""
    origin: str
    """The site's address; may be empty."""

    @property
    def size(self) -> int:
        return len(self.stored["number"])


class Kind(Enum):
    NUMBER = "number"
    """May be None."""
    TEXT = "text"
    TERM = "term"
    """A word of the vocabulary, or a truth: tables say it in the reader's words."""
    MOMENT = "moment"
    """ISO 8601 with microseconds, in the meeting's zone."""


@dataclass(frozen=True)
class Column:
    field: Field
    kind: Kind
    headings: Mapping[str, str]
    values: Callable[[Batch], Values]
    words: Mapping[str, Mapping[Any, str]] | None = None
    """By language, what a table says for each term."""
    width: int = 12
    """In a workbook, in characters."""

    def shown(self, batch: Batch) -> Values:
        """As tables say it."""
        values = self.values(batch)
        if self.words is None:
            return values
        return list(map(self.words[batch.language].__getitem__, values))


def _stored(name: str) -> Callable[[Batch], Values]:
    return lambda batch: batch.stored[name]


def _truths(name: str) -> Callable[[Batch], Values]:
    return lambda batch: list(map(bool, batch.stored[name]))


def _mapped(name: str, by: Callable[[Batch], Mapping[Any, Any]]) -> Callable[[Batch], Values]:
    return lambda batch: list(map(by(batch).__getitem__, batch.stored[name]))


def _representatives(batch: Batch) -> Values:
    names = batch.stored["representative"]
    if not batch.public:
        return names
    return [
        name if publish else surname(name)
        for name, publish in zip(names, batch.stored["publish"], strict=True)
    ]


def _invitations(name: str) -> Callable[[Batch], Values]:
    def values(batch: Batch) -> Values:
        invited = batch.invited
        if invited is None:
            return [""] * batch.size
        rows = zip(
            *(
                batch.stored[column]
                for column in ("number", "link_id", "meeting_id", "company_key", "uscc")
            ),
            strict=True,
        )
        found = (
            invited.of(number=number, link_id=link, meeting_id=meeting, name=key, uscc=uscc)
            for number, link, meeting, key, uscc in rows
        )
        return [getattr(one, name) if one else "" for one in found]

    return values


class _Minutes(dict[str, tuple[str, str]]):
    """UTC minutes as a zone's clock shows them: what comes before the seconds, and after."""

    def __init__(self, zone: tzinfo):
        super().__init__()
        self._zone = zone

    def __missing__(self, minute: str) -> tuple[str, str]:
        local = (
            datetime.fromisoformat(minute).replace(tzinfo=UTC).astimezone(self._zone).isoformat()
        )
        found = self[minute] = local[:16], local[19:]
        return found


def _moments(batch: Batch) -> Values:
    """Offsets change between minutes and not within one, so each minute is reckoned once."""
    zones = {one.zone: _Minutes(ZoneInfo(one.zone)) for one in batch.initiative.meetings}
    by_meeting = {one.id: zones[one.zone] for one in batch.initiative.meetings}
    moments = []
    for meeting, utc in zip(batch.stored["meeting_id"], batch.stored["signed_at"], strict=True):
        before, after = by_meeting[meeting][utc[:16]]
        moments.append(f"{before}{utc[16:]}{after}")
    return moments


def _receipts(batch: Batch) -> Values:
    home = f"{batch.origin}/r/"
    return [home + receipt for receipt in batch.stored["receipt"]]


def inks(batch: Batch) -> Values:
    """For the public as `Signature.public_ink` says: with consent, and once it is approved."""
    stored = batch.stored["ink"]
    if not batch.public:
        return stored
    shown = batch.initiative.shows.ink
    return [
        ink if shown and publish and not awaits else ""
        for ink, publish, awaits in zip(
            stored, batch.stored["publish"], batch.stored["awaits"], strict=True
        )
    ]


_TRUTHS = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}

COLUMNS = (
    Column(Field.NUMBER, Kind.NUMBER, {"zh": "序号", "en": "Number"}, _stored("number"), width=8),
    Column(
        Field.COMPANY,
        Kind.TEXT,
        {"zh": "企业名称", "en": "Company"},
        _stored("company"),
        width=36,
    ),
    Column(
        Field.USCC,
        Kind.TEXT,
        {"zh": "统一社会信用代码", "en": "Unified Social Credit Code"},
        _stored("uscc"),
        width=22,
    ),
    Column(
        Field.REPRESENTATIVE,
        Kind.TEXT,
        {"zh": "代表姓名", "en": "Representative"},
        _representatives,
    ),
    Column(Field.TITLE, Kind.TEXT, {"zh": "职务", "en": "Position"}, _stored("title")),
    Column(Field.PHONE, Kind.TEXT, {"zh": "手机号", "en": "Phone"}, _stored("phone"), width=16),
    Column(
        Field.MEETING,
        Kind.TEXT,
        {"zh": "场次", "en": "Meeting"},
        _mapped("meeting_id", lambda batch: batch.places),
        width=16,
    ),
    Column(Field.SEAT, Kind.TEXT, {"zh": "桌号", "en": "Seat"}, _invitations("seat")),
    Column(Field.GROUP, Kind.TEXT, {"zh": "分组", "en": "Group"}, _invitations("group")),
    Column(Field.NOTE, Kind.TEXT, {"zh": "备注", "en": "Note"}, _invitations("note"), width=20),
    Column(
        Field.LINK,
        Kind.TERM,
        {"zh": "签署链接", "en": "Link"},
        _mapped("link_id", lambda batch: batch.kinds),
        {
            "zh": {
                LinkKind.POSTER: "海报",
                LinkKind.SCREEN: "大屏",
                LinkKind.INVITATION: "邀请",
                LinkKind.KIOSK: "签到台",
            },
            "en": {kind: kind.value for kind in LinkKind},
        },
    ),
    Column(
        Field.VOUCHED,
        Kind.TERM,
        {"zh": "身份依据", "en": "Vouched for"},
        _stored("vouched"),
        {
            "zh": {
                Vouched.INVITED: "专属邀请",
                Vouched.PRESENT: "现场签署",
                Vouched.OPEN: "公开链接",
            },
            "en": {vouched: vouched.value for vouched in Vouched},
        },
    ),
    Column(
        Field.SIGNED_AT,
        Kind.MOMENT,
        {"zh": "签署时间", "en": "Signed at"},
        _moments,
        width=20,
    ),
    Column(
        Field.STATE,
        Kind.TERM,
        {"zh": "状态", "en": "State"},
        _stored("state"),
        {
            "zh": {
                EntryState.STANDING: "有效",
                EntryState.WAITING: "待审核",
                EntryState.HIDDEN: "已隐藏",
                EntryState.REPLACED: "已更换",
                EntryState.WITHDRAWN: "已撤回",
            },
            "en": {state: state.value for state in EntryState},
        },
    ),
    Column(
        Field.REPLACES,
        Kind.NUMBER,
        {"zh": "更换原序号", "en": "Replaces number"},
        _stored("replaces"),
    ),
    Column(
        Field.REPLACED_BY,
        Kind.NUMBER,
        {"zh": "更换为序号", "en": "Replaced by number"},
        _stored("replaced_by"),
    ),
    Column(
        Field.ASSISTED,
        Kind.TERM,
        {"zh": "工作人员代录", "en": "Entered by staff"},
        _truths("assisted"),
        _TRUTHS,
    ),
    Column(
        Field.PUBLISH,
        Kind.TERM,
        {"zh": "同意公开姓名", "en": "Name may be published"},
        _truths("publish"),
        _TRUTHS,
    ),
    Column(
        Field.ERASED,
        Kind.TERM,
        {"zh": "个人信息已删除", "en": "Personal data erased"},
        _truths("erased_at"),
        _TRUTHS,
    ),
    Column(
        Field.TEXT,
        Kind.NUMBER,
        {"zh": "文本版本", "en": "Text version"},
        _mapped("text_digest", lambda batch: batch.texts),
    ),
    Column(
        Field.TEXT_SHA256,
        Kind.TEXT,
        {"zh": "文本摘要", "en": "Text SHA-256"},
        _stored("text_digest"),
        width=24,
    ),
    Column(
        Field.RECEIPT,
        Kind.TEXT,
        {"zh": "回执地址", "en": "Receipt"},
        _receipts,
        width=36,
    ),
)

COLUMN_OF = {column.field: column for column in COLUMNS}
