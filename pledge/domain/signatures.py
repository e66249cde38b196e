"""The act of signing, and the rule that decides what comes of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pledge.domain.initiatives import Approval, Shows, Status
from pledge.domain.links import LinkEnd, SigningLink, Vouched
from pledge.domain.names import company_key, surname
from pledge.domain.rights import Actor
from pledge.domain.standing import Standing


class State(StrEnum):
    STANDING = "standing"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Company:
    name: str
    uscc: str = ""

    @property
    def key(self) -> str:
        return company_key(self.name)


@dataclass(frozen=True)
class Person:
    """The representative who signs for the company."""

    name: str
    title: str = ""
    phone: str = ""
    publish: bool = False
    """Whether the full name may be published; without it the public sees the surname."""

    @property
    def public_name(self) -> str:
        return self.name if self.publish else surname(self.name)


@dataclass(frozen=True)
class Salts:
    """Random bytes that keep the register's commitments from being guessed; empty once erased."""

    company: bytes = b""
    person: bytes = b""


@dataclass(frozen=True)
class Proposal:
    """What a delegate asks for by pressing Sign."""

    link: SigningLink
    attempt: str
    """Names the form and the company: posted again, it gives the same signature (rule 2)."""
    text: str
    """Digest of the text version that was shown (rule 4)."""
    company: Company
    person: Person
    receipt: str
    """The address that the receipt gets if this becomes a signature; not to be guessed."""
    device: str = ""
    """Digest of the browser's own name; empty for a browser that keeps no cookies."""
    ink: str = ""
    """The drawn signature, as `domain.ink` encodes it; empty if there is none."""
    admitted_until: datetime | None = None
    """When the code that was scanned, or the form that it opened, no longer admits."""
    told_otherwise: bool = False
    """The form said other things about what is asked and published than hold now."""
    assisted_by: Actor | None = None
    """Of the staff, who enters it for a delegate without a phone."""


@dataclass(frozen=True)
class Signature:
    """A company's signature as it stands in the store."""

    number: int
    index: int
    """The cursor of its `signed` event in the feed."""
    receipt: str
    attempt: str
    meeting_id: int
    company: Company
    person: Person
    vouched: Vouched
    text: str
    signed_at: datetime
    state: State = State.STANDING
    hidden: bool = False
    link_id: int = 0
    device: str = ""
    ink: str = ""
    awaits: Approval = Approval.NOTHING
    """What of it an organizer has yet to approve."""
    replaces: int | None = None
    """The number of the entry in whose place this one stands."""
    replaced_by: int | None = None
    assisted: bool = False
    """Entered by staff for a delegate without a phone."""
    entry: int | None = None
    """Index of its entry in the register; None in a rehearsal, which registers nothing."""
    salts: Salts | None = None
    """Of what the register commits to; none before it is registered."""
    erased_at: datetime | None = None
    """When the person's data was erased."""

    @property
    def is_public(self) -> bool:
        return self.state is State.STANDING and not self.hidden and self.awaits is not Approval.ALL

    @property
    def public_ink(self) -> str:
        """The ink that may be shown: with consent, and once it is approved where it must be."""
        return self.ink if self.person.publish and self.awaits is Approval.NOTHING else ""

    def representative_shown(self, shows: Shows) -> str:
        """The representative as the public sees them: by name, by surname, or not at all."""
        return self.person.public_name if shows.names else ""

    def ink_shown(self, shows: Shows) -> str:
        return self.public_ink if shows.handwriting else ""


@dataclass(frozen=True)
class Signed:
    """The signature stands, since now or since the same attempt was first posted."""

    signature: Signature


@dataclass(frozen=True)
class AlreadySigned:
    """Another attempt has signed for this company (rule 1)."""

    at: datetime
    meeting_id: int
    receipt: str = ""
    """Only for the browser that signed: it has seen the receipt, and may have lost it."""
    asks: Vouched | None = None
    """It is asked to sign the text anew, by whoever is vouched for at least so strongly."""


@dataclass(frozen=True)
class AskedAgain:
    """The company has signed a text that has been superseded, and may sign the current one."""

    at: datetime


@dataclass(frozen=True)
class TextChanged:
    """A newer text, or other terms, than were shown have been published (rules 4 and 8)."""


@dataclass(frozen=True)
class NotOpen:
    status: Status


@dataclass(frozen=True)
class LinkEnded:
    reason: LinkEnd


Outcome = Signed | AlreadySigned | TextChanged | NotOpen | LinkEnded


class Signatories:
    """Whose signature already stands, as far as the proposals at hand need to know.

    Rule 1, exactly: two signings are of one company if their codes are the same, or if their
    names are and not both of them gave a code.
    """

    def __init__(self, standing: Mapping[int, Signature]):
        self._by_code: dict[str, Signature] = {}
        self._by_name: dict[str, list[Signature]] = {}
        for signature in standing.values():
            self.add(signature)

    def add(self, signature: Signature) -> None:
        if signature.company.uscc:
            self._by_code[signature.company.uscc] = signature
        self._by_name.setdefault(signature.company.key, []).append(signature)

    def drop(self, signature: Signature) -> None:
        """It stands no longer."""
        if signature.company.uscc:
            del self._by_code[signature.company.uscc]
        self._by_name[signature.company.key].remove(signature)

    def of(self, company: Company) -> Signature | None:
        return next(iter(self.all_of(company)), None)

    def all_of(self, company: Company) -> list[Signature]:
        """More than one, if a company has signed under its code and under another name."""
        found = []
        if company.uscc and (same := self._by_code.get(company.uscc)):
            found.append(same)
        for namesake in self._by_name.get(company.key, ()):
            if not (company.uscc and namesake.company.uscc):
                found.append(namesake)
        return found


def earlier_signing(
    signatories: Signatories,
    company: Company,
    *,
    device: str,
    vouched: Vouched,
    superseded: Collection[str],
) -> AlreadySigned | AskedAgain | None:
    """What a company is told that has signed before; its receipt only in its own browser.

    Asked to sign anew, it may do so if whoever comes is vouched for as strongly as whoever signed:
    an open link replaces no invited company. Two signatures never become one by the way.
    """
    found = signatories.all_of(company)
    if not found:
        return None
    earlier = found[0]
    asks = earlier.vouched if len(found) == 1 and earlier.text in superseded else None
    if asks and vouched.at_least(asks):
        return AskedAgain(earlier.signed_at)
    own = bool(device) and device == earlier.device
    return AlreadySigned(
        earlier.signed_at, earlier.meeting_id, earlier.receipt if own else "", asks
    )


def refusal(
    proposal: Proposal,
    link: SigningLink,
    *,
    standing: Standing,
    text: str,
    signatories: Signatories,
    now: datetime,
    superseded: Collection[str] = (),
) -> Outcome | None:
    """Why the proposal is not accepted, or None if it becomes a signature.

    `link` is the proposal's as it is by now, `text` the digest of the text version that is signed
    now, `superseded` those whose signatories are asked to sign it: of these, `signatories.of` is
    then the one to be replaced. A company that has signed is told so before it is asked to read a
    newer text in vain.
    """
    if reason := link.ended(now):
        return LinkEnded(reason)
    if proposal.admitted_until is not None and proposal.admitted_until <= now:
        return LinkEnded(LinkEnd.EXPIRED)
    if (status := standing.at(now).status) is not Status.OPEN:
        return NotOpen(status)
    earlier = earlier_signing(
        signatories,
        proposal.company,
        device=proposal.device,
        vouched=link.kind.vouched,
        superseded=superseded,
    )
    if isinstance(earlier, AlreadySigned):
        return earlier
    if proposal.text != text or proposal.told_otherwise:
        return TextChanged()
    return None


def accepted(
    proposal: Proposal,
    link: SigningLink,
    *,
    number: int,
    index: int,
    entry: int | None = None,
    salts: Salts | None = None,
    at: datetime,
    approval: Approval,
    replaces: Signature | None = None,
) -> Signature:
    """The signature that the proposal becomes, and in whose place.

    What an organizer has hidden stays so: signing anew is no way back onto the wall.
    """
    if approval is Approval.INK and not proposal.ink:
        approval = Approval.NOTHING
    return Signature(
        number=number,
        index=index,
        receipt=proposal.receipt,
        attempt=proposal.attempt,
        meeting_id=link.meeting_id,
        company=proposal.company,
        person=proposal.person,
        vouched=link.kind.vouched,
        text=proposal.text,
        signed_at=at,
        link_id=link.id,
        device=proposal.device,
        ink=proposal.ink,
        awaits=approval,
        hidden=replaces.hidden if replaces else False,
        replaces=replaces.number if replaces else None,
        assisted=proposal.assisted_by is not None,
        entry=entry,
        salts=salts,
    )
