"""The forms that make, rename and limit signing links."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from gettext import NullTranslations

from starlette.requests import Request

from pledge.domain.initiatives import Initiative, Meeting
from pledge.domain.links import LONGEST_LINK_NAME, MOST_USES, Limits, LinkKind, SigningLink
from pledge.domain.names import InvalidValue, company_name, optional_line
from pledge.domain.signatures import Company
from pledge.domain.uscc import uscc
from pledge.web.contexts import LinkFormView
from pledge.web.forms import flaw_of, posted
from pledge.web.languages import language_of, translations

STAGE = "stage"
"""What the form calls a kiosk on the stage."""

KINDS = ("poster", "kiosk", STAGE, "screen", "invitation")

_LIMITED = ("name", "most", "admits_from", "expires_at")
_MADE = ("kind", "meeting", "company", "uscc", *_LIMITED)
_YEARS = range(2000, 2100)
_WRITTEN = "%Y-%m-%dT%H:%M"
"""As browsers send a `datetime-local` field (HTML Standard, 2.3.5.5)."""


@dataclass
class LinkForm:
    """What was sent; the rest holds once there are no errors."""

    typed: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    kind: LinkKind = LinkKind.POSTER
    meeting: Meeting | None = None
    company: Company | None = None
    name: str = ""
    limits: Limits = field(default_factory=Limits)

    @property
    def stage(self) -> bool:
        return self.typed.get("kind") == STAGE

    @property
    def view(self) -> LinkFormView:
        return LinkFormView(**self.typed, errors=self.errors)


async def new_link_form(request: Request, initiative: Initiative) -> LinkForm:
    form = LinkForm(await posted(request, _MADE))
    messages = translations(language_of(request))
    _ = messages.gettext
    if form.typed["kind"] not in KINDS:
        form.errors["kind"] = _("Please choose what the link is for")
    else:
        form.kind = LinkKind.KIOSK if form.stage else LinkKind(form.typed["kind"])
    form.meeting = initiative.meeting_by_key(form.typed["meeting"])
    if form.meeting is None:
        form.errors["meeting"] = _("Please choose a meeting")
    if form.kind is LinkKind.INVITATION:
        form.company = _invited(form, messages)
    _read_limits(form, form.meeting or initiative.latest_meeting, messages)
    return form


async def changed_link_form(request: Request, link: SigningLink, meeting: Meeting) -> LinkForm:
    form = LinkForm(await posted(request, _LIMITED), kind=link.kind, meeting=meeting)
    _read_limits(form, meeting, translations(language_of(request)))
    return form


def stored_view(link: SigningLink, meeting: Meeting) -> LinkFormView:
    """The form as the link stands."""
    return LinkFormView(
        name=link.name,
        most="" if link.most is None else str(link.most),
        admits_from=_written(link.admits_from, meeting),
        expires_at=_written(link.expires_at, meeting),
    )


def _invited(form: LinkForm, messages: NullTranslations) -> Company:
    def checked(name: str, check: Callable[[str], str]) -> str:
        try:
            return check(form.typed[name])
        except InvalidValue as invalid:
            form.errors[name] = flaw_of(name, invalid, messages)
            return ""

    return Company(checked("company", company_name), checked("uscc", uscc))


def _read_limits(form: LinkForm, meeting: Meeting, messages: NullTranslations) -> None:
    _ = messages.gettext
    try:
        form.name = optional_line(form.typed["name"])
    except InvalidValue as invalid:
        form.errors["name"] = flaw_of("name", invalid, messages)
    if len(form.name) > LONGEST_LINK_NAME:
        form.errors["name"] = _("%(most)d characters at most") % {"most": LONGEST_LINK_NAME}
    form.limits = Limits(
        _number(form, messages),
        _moment(form, "admits_from", meeting, messages),
        _moment(form, "expires_at", meeting, messages),
    )
    if not form.limits.are_possible:
        form.errors["expires_at"] = _("The end must be later than the beginning")


def _number(form: LinkForm, messages: NullTranslations) -> int | None:
    _ = messages.gettext
    typed = form.typed["most"].strip()
    if not typed:
        return None
    if form.kind is LinkKind.INVITATION:
        form.errors["most"] = _("An invitation is for one company; please leave this empty")
        return None
    if not (
        typed.isascii() and typed.isdecimal() and len(typed) < 9 and 1 <= int(typed) <= MOST_USES
    ):
        form.errors["most"] = _("Please enter a number from 1 to %(most)d, or nothing") % {
            "most": MOST_USES
        }
        return None
    return int(typed)


def _moment(
    form: LinkForm, name: str, meeting: Meeting, messages: NullTranslations
) -> datetime | None:
    _ = messages.gettext
    typed = form.typed[name].strip().replace(" ", "T")
    if not typed:
        return None
    try:
        local = datetime.strptime(typed[:16], _WRITTEN)
    except ValueError:
        form.errors[name] = _("Please enter a day and a time, such as 2026-08-10 09:30")
        return None
    if local.year not in _YEARS:
        form.errors[name] = _("Please check the year")
        return None
    return meeting.instant(local)


def _written(at: datetime | None, meeting: Meeting) -> str:
    return f"{meeting.local(at):{_WRITTEN}}" if at else ""
