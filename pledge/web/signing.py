"""`/s/{token}`: where a QR code leads. The text and the form, and the act of signing."""

from dataclasses import replace
from datetime import UTC, datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.initiatives import Status, digest_of, publication, rehearsal_texts
from pledge.domain.links import FINISHING, LinkEnd, LinkKind
from pledge.domain.signatures import (
    AlreadySigned,
    AskedAgain,
    Company,
    LinkEnded,
    NotOpen,
    Proposal,
    Signature,
    Signed,
    TextChanged,
)
from pledge.publishing import LinkPublished
from pledge.secrets import attempt_of, digest, random_name, timed_name
from pledge.store.database import UNAVAILABLE
from pledge.web import sending_again
from pledge.web.contexts import AlreadySignedPage, LinkEndedPage, NotSigningPage, SignPage
from pledge.web.forms import SigningForm, form_view, signing_form
from pledge.web.languages import language_of, translations
from pledge.web.responding import cookie_header, page, set_cookie
from pledge.web.screens import REHEARSING
from pledge.web.services import services
from pledge.web.sign_pages import DEVICE, MARK, OPENED, STATION, Cookies
from pledge.web.views import initiative_view, meeting_view

_NEVER = datetime.fromtimestamp(0, UTC)
_DEVICE_SECONDS = 365 * 24 * 3600
_OPENED_SECONDS = int(FINISHING.total_seconds())


async def show(request: Request) -> Response:
    written = services(request).sign_pages.written.count
    found = await behind(request)
    if refused := _refusal(request, found, _admitted_until(request, found)):
        return refused
    if found.link.company:
        invited = Company(found.link.company, found.link.uscc)
        earlier = await services(request).publishing.earlier_signing(
            found.initiative,
            invited,
            device=_device(request),
            vouched=found.link.kind.vouched,
        )
        match earlier:
            case AlreadySigned():
                return _already_signed(request, found, invited.name, earlier, status=200)
            case AskedAgain(at):
                signed_at = found.initiative.meeting(found.link.meeting_id).local(at)
                return _remember_device(request, _form(request, found, signed_before=signed_at))
    return services(request).sign_pages.again(request, found) or _kept(request, found, written)


def _kept(request: Request, found: LinkPublished, written: int) -> Response:
    """The form, made anew; others who come for it need not wait for that again."""
    attempt, opened = timed_name(), _opening(request, found, None)
    response = _form(request, found, attempt=attempt)
    services(request).sign_pages.keep(
        request,
        found,
        response,
        attempt=attempt,
        opened=opened,
        cookies=Cookies(
            cookie_header(request, DEVICE, MARK, max_age=_DEVICE_SECONDS),
            cookie_header(request, OPENED, MARK, max_age=_OPENED_SECONDS) if opened else "",
        ),
        until=_code_ends(request, found),
        written=written,
    )
    return _remember_device(request, response)


async def sign(request: Request) -> Response:
    try:
        return await _signed(request)
    except UNAVAILABLE as outage:
        return await sending_again.unavailable(request, outage)


async def _signed(request: Request) -> Response:
    found = await behind(request)
    if wait := _wait(request, found):
        return await sending_again.too_often(request, wait)
    form = await signing_form(
        request, found.link, found.initiative, translations(language_of(request))
    )
    admitted_until = _admitted_until(request, found, form.opened)
    if form.company is None or form.person is None:
        return _refusal(request, found, admitted_until) or _remember_device(
            request, _form(request, found, form, status=422)
        )
    if wait := services(request).limits.attempt.wait(form.attempt):
        return await sending_again.too_often(request, wait)
    outcome = await services(request).signing.sign(
        Proposal(
            link=found.link,
            attempt=attempt_of(form.attempt, form.company.key),
            text=form.text,
            company=form.company,
            person=form.person,
            receipt=timed_name(),
            device="" if _is_station(found) else _device(request),
            ink=form.ink,
            admitted_until=admitted_until,
            told_otherwise=form.terms not in ("", found.initiative.terms),
        )
    )
    match outcome:
        case Signed(signature):
            return await _receipt(request, found, signature)
        case AlreadySigned():
            return _already_signed(request, found, form.company.name, outcome, status=409)
        case TextChanged():
            newer = await behind(request)
            return _form(request, newer, form, status=422, text_changed=_changed(newer, form))
        case NotOpen():
            return _not_open(request, await behind(request))
        case LinkEnded(reason):
            return _ended(request, found, reason)


async def behind(request: Request) -> LinkPublished:
    """What the token in the address leads to."""
    scanned = services(request).tokens.scanned(request.path_params["token"])
    found = await services(request).publishing.behind_link(scanned.link_id) if scanned else None
    if found is None:
        raise HTTPException(404, "link")
    return replace(found, standing=found.standing.at(services(request).clock()))


def _admitted_until(request: Request, found: LinkPublished, opened: str = "") -> datetime | None:
    """When the scanned code, or the form that it opened, no longer admits; None for ever.

    Whoever scans again after a while, or whose browser loads the page anew, is still the one who
    opened the form in time.
    """
    if found.link.kind is not LinkKind.SCREEN:
        return None
    tokens = services(request).tokens
    scanned = tokens.scanned(request.path_params["token"])
    made = scanned.made if scanned and scanned.made else _NEVER
    openings = [
        at
        for token in (opened, request.cookies.get(OPENED, ""))
        if (at := tokens.opened_at(found.link.id, token))
    ]
    return services(request).rotation.admitted_until(
        made, max(openings, default=None), services(request).clock()
    )


def _code_ends(request: Request, found: LinkPublished) -> datetime | None:
    """When the code that was scanned opens no more forms; None if it does not rotate."""
    scanned = services(request).tokens.scanned(request.path_params["token"])
    if found.link.kind is not LinkKind.SCREEN or scanned is None:
        return None
    now = services(request).clock()
    return services(request).rotation.admitted_until(scanned.made or _NEVER, None, now)


def _refusal(
    request: Request, found: LinkPublished, admitted_until: datetime | None
) -> Response | None:
    """The page in place of the form, where the link or the initiative does not admit."""
    now = services(request).clock()
    if reason := found.link.ended(now):
        return _ended(request, found, reason)
    if admitted_until is not None and admitted_until <= now:
        return _ended(request, found, LinkEnd.EXPIRED)
    if found.standing.status is not Status.OPEN:
        return _not_open(request, found)
    return None


def _wait(request: Request, found: LinkPublished) -> float:
    limits = services(request).limits
    device = request.cookies.get(DEVICE, "")
    return limits.link.wait(str(found.link.id)) or (limits.device.wait(device) if device else 0)


def _action(request: Request) -> str:
    return f"/s/{request.path_params['token']}"


def _is_station(found: LinkPublished) -> bool:
    """Many people sign on the same device, one after another."""
    return found.link.kind is LinkKind.KIOSK


async def _receipt(request: Request, found: LinkPublished, signature: Signature) -> Response:
    response = Response(
        status_code=303,
        headers={"Location": f"/r/{signature.receipt}", "Cache-Control": "no-store"},
    )
    if found.link.stage:
        await services(request).staging.clear(found.initiative.id, found.link.id)
    if _is_station(found):
        set_cookie(request, response, STATION, request.path_params["token"])
    return response


def _form(
    request: Request,
    found: LinkPublished,
    form: SigningForm | None = None,
    *,
    attempt: str = "",
    status: int = 200,
    text_changed: str = "",
    signed_before: datetime | None = None,
) -> Response:
    language = language_of(request)
    opened = _opening(request, found, form)
    context = SignPage(
        initiative=initiative_view(found.initiative, found.standing, language),
        meeting=meeting_view(found.initiative.meeting(found.link.meeting_id), language),
        total=found.standing.total,
        form=form_view(
            found.link,
            action=_action(request),
            attempt=attempt or (form.attempt if form else "") or timed_name(),
            text=found.initiative.text.digest,
            terms=found.initiative.terms,
            opened=opened,
            form=form,
        ),
        asks=found.initiative.asks,
        shows=found.initiative.shows,
        publication=publication(found.initiative),
        station="stage" if found.link.stage else "kiosk" if _is_station(found) else "",
        text_changed=text_changed,
        signed_before=signed_before,
    )
    response = page(request, context, status, private=True)
    if opened:
        set_cookie(request, response, OPENED, opened, max_age=_OPENED_SECONDS)
    if found.initiative.is_rehearsal:
        set_cookie(request, response, REHEARSING, request.path_params["token"])
    if _is_station(found):
        return response  # stored nowhere: the next one must not find it
    # A form may be kept: the back button then finds its attempt again, and so leads to the same
    # receipt. With `no-store` it would be a new form of a company that has signed, or, once it had
    # been corrected, an error of the browser's; with `Vary: Cookie` too, since this very answer
    # sets one.
    response.headers["Cache-Control"] = "private, no-cache"
    del response.headers["Vary"]
    return response


def _changed(newer: LinkPublished, form: SigningForm) -> str:
    texts = newer.initiative.text.texts
    if newer.initiative.is_rehearsal:
        return "terms" if form.text == newer.initiative.text.digest else "begun"
    if form.text == newer.initiative.text.digest:
        return "terms"
    return "ended" if form.text == digest_of(rehearsal_texts(texts)) else "text"


def _opening(request: Request, found: LinkPublished, form: SigningForm | None) -> str:
    """What lets the form be finished although its code has gone.

    As long as the code admits, this is a new opening; later it is the one that was in time.
    """
    if found.link.kind is not LinkKind.SCREEN:
        return ""
    tokens, now = services(request).tokens, services(request).clock()
    scanned = tokens.scanned(request.path_params["token"])
    if scanned and scanned.made and services(request).rotation.admits_at(scanned.made, now):
        return tokens.opened(found.link.id, now)
    for token in (form.opened if form else "", request.cookies.get(OPENED, "")):
        if tokens.opened_at(found.link.id, token):
            return token
    return ""


def _not_open(request: Request, found: LinkPublished) -> Response:
    language = language_of(request)
    meeting = found.initiative.meeting(found.link.meeting_id)
    closed_at, opens_at = found.standing.closed_at, found.standing.opens_at
    context = NotSigningPage(
        initiative=initiative_view(found.initiative, found.standing, language),
        meeting=meeting_view(meeting, language),
        total=found.standing.total,
        closed_at=meeting.local(closed_at) if closed_at else None,
        opens_at=meeting.local(opens_at) if opens_at else None,
    )
    status = 403 if found.standing.status is Status.DRAFT else 410
    return page(request, context, status, private=True)


def _ended(request: Request, found: LinkPublished, reason: LinkEnd) -> Response:
    """Gone, or, as a draft is, not there for now."""
    link, meeting = found.link, found.initiative.meeting(found.link.meeting_id)
    context = LinkEndedPage(
        initiative=initiative_view(found.initiative, found.standing, language_of(request)),
        reason=reason,
        admits_from=meeting.local(link.admits_from) if link.admits_from else None,
    )
    return page(request, context, 403 if reason is LinkEnd.NOT_YET else 410, private=True)


def _already_signed(
    request: Request, found: LinkPublished, company: str, earlier: AlreadySigned, *, status: int
) -> Response:
    language = language_of(request)
    signed_meeting = found.initiative.meeting(earlier.meeting_id)
    context = AlreadySignedPage(
        initiative=initiative_view(found.initiative, found.standing, language),
        meeting=meeting_view(found.initiative.meeting(found.link.meeting_id), language),
        company=company,
        signed_at=signed_meeting.local(earlier.at),
        signed_meeting=meeting_view(signed_meeting, language),
        receipt=f"/r/{earlier.receipt}" if earlier.receipt else "",
        next_form=_action(request) if _is_station(found) else "",
        asks=earlier.asks or "",
    )
    return page(request, context, status, private=True)


def _device(request: Request) -> str:
    """What is stored of the browser's own name; empty for one that keeps no cookies."""
    name = request.cookies.get(DEVICE, "")
    return digest(name) if name else ""


def _remember_device(request: Request, response: Response) -> Response:
    """A name for this browser, so that limits need not count by address."""
    if DEVICE not in request.cookies and STATION not in request.cookies:
        set_cookie(request, response, DEVICE, random_name(), max_age=_DEVICE_SECONDS)
    return response
