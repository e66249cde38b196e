"""The audit log: who did what, when and why, with what stood before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pledge.domain.rights import Actor


class Action(StrEnum):
    """What was done. Each has its words in `web.audit_words`."""

    STATUS = "status"
    APPROVAL = "approval"
    SCENE = "scene"
    REHEARSAL_STARTED = "rehearsal-started"
    REHEARSAL_ENDED = "rehearsal-ended"
    HIDDEN = "hidden"
    RESTORED = "restored"
    APPROVED = "approved"
    CORRECTED = "corrected"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    ERASED = "erased"
    ASSISTED = "assisted"
    IMPORTED = "imported"
    CREATED = "created"
    DUPLICATED = "duplicated"
    DRAFTED = "drafted"
    DRAFT_DROPPED = "draft-dropped"
    PUBLISHED = "published"
    SCHEDULED = "scheduled"
    ROSTER = "roster"
    MATCHED = "matched"
    UNINVITED = "uninvited"
    LINK_MADE = "link-made"
    LINK_CHANGED = "link-changed"
    LINK_REVOKED = "link-revoked"
    EXPORTED = "exported"
    EXPORT_BEGUN = "export-begun"
    EXPORT_REMOVED = "export-removed"
    ORGANIZER_ADDED = "organizer-added"
    PASSWORD_SET = "password-set"  # noqa: S105 -- the name of what was done
    ROLE = "role"
    NOTICES_ADDED = "notices-added"
    NOTICES_CHANGED = "notices-changed"
    NOTICES_REMOVED = "notices-removed"
    NOTICES_TESTED = "notices-tested"
    ROLE_TAKEN = "role-taken"
    INVITED = "invited"
    INVITATION_REVOKED = "invitation-revoked"
    JOINED = "joined"
    SECOND_FACTOR_ON = "second-factor-on"
    SECOND_FACTOR_OFF = "second-factor-off"
    SESSIONS_ENDED = "sessions-ended"
    RESET = "reset"
    ARRANGED = "arranged"
    LOGO = "logo"
    MEETING_ADDED = "meeting-added"
    MEETING_CHANGED = "meeting-changed"
    MEETINGS_ORDERED = "meetings-ordered"
    MEETING_REMOVED = "meeting-removed"


@dataclass(frozen=True)
class Entry:
    """One line of the log, as it is written."""

    by: Actor
    action: Action
    subject: str = ""
    """To what it was done, in words that will still be understood."""
    number: int | None = None
    """Of the signature concerned."""
    reason: str = ""
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Recorded:
    """One line of the log, as it is read."""

    id: int
    at: datetime
    who: str
    action: Action
    subject: str
    number: int | None
    reason: str
    before: Mapping[str, str]
    after: Mapping[str, str]
