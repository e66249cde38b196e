"""Forms: from what was typed to domain values, or to a message at each field."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import NullTranslations
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.status import HTTP_413_CONTENT_TOO_LARGE

from pledge.domain.initiatives import Ask, Initiative, Publication, publication
from pledge.domain.ink import ink
from pledge.domain.links import SigningLink
from pledge.domain.names import (
    Flaw,
    InvalidValue,
    company_name,
    optional_line,
    person_name,
    phone_number,
)
from pledge.domain.signatures import Company, Person
from pledge.domain.uscc import LENGTH, uscc
from pledge.web.contexts import FormView

_ATTEMPT = re.compile(r"[A-Za-z0-9_-]{16,64}")
_MOST_FIELDS = 30
MOST_CELLS = 3000
"""Fields of a form that corrects a table."""


@dataclass
class SigningForm:
    """What a delegate has sent; `company` and `person` hold once there are no errors."""

    attempt: str
    """Empty if the form brought none that could be ours."""
    text: str
    opened: str
    """Says when the form was opened; only those behind the hall's screen bring it."""
    terms: str
    """Marks what the form said is asked and published."""
    typed: dict[str, str]
    company: Company | None = None
    person: Person | None = None
    ink: str = ""
    """As it is stored; empty if nothing was drawn."""
    errors: dict[str, str] = field(default_factory=dict)


TYPED = ("company", "uscc", "representative", "title", "phone", "ink", "consent", "publish")

BROUGHT = ("attempt", "text", "opened", "terms")

NO_INK = "[]"
"""What the pad sends when nothing was drawn; without a pad the field is empty."""


async def posted(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """The named fields as text; what is missing, or a file, is empty."""
    sent = await everything_posted(request, most=_MOST_FIELDS, files=0)
    return {name: sent.get(name, "") for name in names}


async def everything_posted(
    request: Request, *, most: int = MOST_CELLS, files: int = 1
) -> dict[str, str]:
    """All fields as text; of two of one name, the first. Whoever takes files closes the request."""
    kind, parameters = _options(request.headers.get("content-type", ""))
    if parameters.get(b"charset", b"utf-8").lower() != b"utf-8":
        raise HTTPException(400, "charset")
    pairs: Iterable[tuple[str, object]]
    if kind == b"application/x-www-form-urlencoded":
        pairs = _urlencoded(await request.body(), most)
    else:
        pairs = (await request.form(max_fields=most, max_files=files)).multi_items()
    sent: dict[str, str] = {}
    for name, value in pairs:
        # No database takes a NUL; what stands for it here, no field does.
        sent.setdefault(name, value.replace("\0", "\ufffd") if isinstance(value, str) else "")
    return sent


_options = lru_cache(maxsize=64)(parse_options_header)


def _urlencoded(body: bytes, most: int) -> list[tuple[str, str]]:
    """As UTF-8, also where a client has not percent-encoded it (URL Standard, 5.1)."""
    text = body.decode("utf-8", "replace")
    try:
        return parse_qsl(text, max_num_fields=most, keep_blank_values=True)
    except ValueError:
        raise HTTPException(400, "form") from None


async def signing_form(
    request: Request, link: SigningLink, initiative: Initiative, messages: NullTranslations
) -> SigningForm:
    """Reads the form. An invitation's company is the invited one, whatever was sent.

    What the initiative does not ask for is not read: it may come from a page that is out of date.
    """
    asks = initiative.asks
    try:
        values = await posted(request, (*TYPED, *BROUGHT))
    except HTTPException as problem:
        if problem.status_code != HTTP_413_CONTENT_TOO_LARGE:
            raise
        # Only a drawing can be so large. It is not read, and so neither is the rest.
        form = SigningForm("", "", "", "", dict.fromkeys(TYPED, ""))
        form.errors["ink"] = flaw_of("ink", InvalidValue(Flaw.INK_TOO_MUCH), messages)
        return form
    attempt, text, opened, terms = (values.pop(name) for name in BROUGHT)
    values.update((name, "") for name in TYPED if asks.of(name) is Ask.OFF)
    if publication(initiative) is Publication.NOTHING:
        values["publish"] = ""
    if link.company:
        values["company"] = link.company
        values["uscc"] = link.uscc or values["uscc"]
    form = SigningForm(attempt if _ATTEMPT.fullmatch(attempt) else "", text, opened, terms, values)
    _ = messages.gettext

    def checked(name: str, check: Callable[[str], str]) -> str:
        required = asks.of(name) is Ask.REQUIRED
        try:
            found = check(values[name])
            if required and not found and name != "ink":
                raise InvalidValue(Flaw.MISSING)
            return found
        except InvalidValue as invalid:
            form.errors[name] = flaw_of(name, invalid, messages, required=required)
            return ""

    company = Company(checked("company", company_name), checked("uscc", uscc))
    person = Person(
        name=checked("representative", person_name),
        title=checked("title", optional_line),
        phone=checked("phone", phone_number),
        publish=ticked(values["publish"]),
    )
    form.ink = checked("ink", lambda typed: drawn.encode() if (drawn := ink(typed)) else "")
    if asks.ink is Ask.REQUIRED and values["ink"].strip() == NO_INK:
        form.errors["ink"] = _("Please write your name in the box")
    if "ink" in form.errors:
        values["ink"] = ""  # it can't be shown again
    if not ticked(values["consent"]):
        form.errors["consent"] = _("Please tick the box before signing")
    if not form.attempt:
        form.errors["form"] = _("This form had been open for too long. Please press Sign again.")
    if not form.errors:
        form.company, form.person = company, person
    return form


def ticked(sent: str) -> bool:
    """Consent is never read into a word that means no."""
    return sent.strip().lower() not in ("", "0", "no", "false", "off")


def form_view(
    link: SigningLink,
    *,
    action: str,
    attempt: str,
    text: str,
    terms: str,
    opened: str,
    form: SigningForm | None = None,
) -> FormView:
    """The form as it is shown: empty, or with what was typed and what is wrong with it."""
    typed = form.typed if form else dict.fromkeys(TYPED, "")
    return FormView(
        action=action,
        attempt=attempt,
        text=text,
        terms=terms,
        opened=opened,
        ink=typed["ink"],
        company=link.company or typed["company"],
        company_locked=bool(link.company),
        uscc=link.uscc or typed["uscc"],
        uscc_locked=bool(link.uscc),
        representative=typed["representative"],
        title=typed["title"],
        phone=typed["phone"],
        consent=ticked(typed["consent"]),
        publish=ticked(typed["publish"]),
        errors=form.errors if form else {},
    )


def flaw_of(
    name: str, invalid: InvalidValue, messages: NullTranslations, *, required: bool = False
) -> str:
    """What is wrong with a field and what to do about it."""
    _ = messages.gettext
    words = _flaw_words(name, invalid, messages)
    if required or invalid.flaw not in _MAY_BE_EMPTY:
        return words
    return _("%(flaw)s, or leave it empty") % {"flaw": words}


_MAY_BE_EMPTY = {
    Flaw.NOT_A_PHONE,
    Flaw.CODE_LENGTH,
    Flaw.CODE_CHARACTER,
    Flaw.CODE_REGION,
    Flaw.CODE_CHECK,
}
"""Flaws of fields that can do without, unless an initiative requires them."""


def _flaw_words(name: str, invalid: InvalidValue, messages: NullTranslations) -> str:
    _ = messages.gettext
    match invalid.flaw:
        case Flaw.MISSING:
            return {
                "company": _("Please enter the company's full name"),
                "uscc": _("Please enter the Unified Social Credit Code"),
                "representative": _("Please enter the representative's name"),
                "title": _("Please enter the position"),
                "phone": _("Please enter the mobile number"),
            }[name]
        case Flaw.TOO_SHORT:
            return _("Please enter the full name as on the business licence")
        case Flaw.TOO_LONG:
            return _("%(length)d characters; please shorten it to %(most)d") % {
                "length": invalid.length,
                "most": invalid.most,
            }
        case Flaw.NO_LETTER:
            return _("A name needs at least one letter or character")
        case Flaw.INVISIBLE:
            return _(
                "Contains a character that can't be shown (%(character)s); please type it anew"
            ) % {"character": invalid.character}
        case Flaw.NOT_A_PHONE:
            return _("Not a telephone number; please check it")
        case Flaw.CODE_LENGTH:
            return _("The code has %(right)d characters, this has %(length)d; please check it") % {
                "right": LENGTH,
                "length": invalid.length,
            }
        case Flaw.CODE_CHARACTER:
            return _code_character(invalid, messages)
        case Flaw.CODE_REGION:
            return _("Characters 3 to 8 of the code are digits; please correct it")
        case Flaw.CODE_CHECK:
            return _("The check digit does not match; please correct the code")
        case Flaw.INK_DOT:
            return _("Only a dot was written; please write your name in the box")
        case Flaw.INK_LINE:
            return _("Only a straight line was written; please write your name in the box")
        case Flaw.INK_TOO_MUCH:
            return _("The handwriting is too large; please clear the box and write your name again")
        case Flaw.INK_UNREADABLE:
            return _(
                "The handwriting can't be read; please clear the box and write your name again"
            )


def _code_character(invalid: InvalidValue, messages: NullTranslations) -> str:
    _ = messages.gettext
    places = {"position": invalid.position, "character": invalid.character}
    digits = {"O": "0", "I": "1", "S": "5", "Z": "2", "V": "U"}
    if likely := digits.get(invalid.character):
        return _(
            "Character %(position)d can't be %(character)s, perhaps it is %(likely)s; please "
            "correct it"
        ) % {**places, "likely": likely}
    return _("Character %(position)d can't be “%(character)s”; please correct it") % places
