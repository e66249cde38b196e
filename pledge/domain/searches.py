"""What an organizer looks for among the signatures."""

from dataclasses import dataclass
from enum import StrEnum

from pledge.domain.initiatives import Approval
from pledge.domain.links import LinkKind, Vouched
from pledge.domain.signatures import Signature, State


class Shown(StrEnum):
    """How an entry stands, as lists of the console tell it."""

    STANDING = "standing"
    """It stands and is shown."""
    WAITING = "waiting"
    """It stands; it, or its ink, is shown once it has been approved."""
    HIDDEN = "hidden"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"

    @classmethod
    def of(cls, entry: Signature) -> "Shown":
        if entry.state is not State.STANDING:
            return cls(entry.state)
        if entry.hidden:
            return cls.HIDDEN
        return cls.STANDING if entry.awaits is Approval.NOTHING else cls.WAITING


@dataclass(frozen=True)
class Search:
    q: str = ""
    """A part of the company's name, the representative's, the code or the phone; or the number."""
    meeting_id: int | None = None
    kind: LinkKind | None = None
    """Of the link it was signed through."""
    link_id: int | None = None
    shown: Shown | None = None
    vouched: Vouched | None = None
    assisted: bool = False
    """Only what staff has entered."""
    duplicates: bool = False
    """Only those that may be of one company, side by side: what is left of their names, without
    place and legal form, is the same."""
