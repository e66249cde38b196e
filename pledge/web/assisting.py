"""`/organizer/signatures/{slug}/assist`: staff signs for a delegate without a phone."""

from dataclasses import replace
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Ask, Initiative, publication
from pledge.domain.links import LinkKind, SigningLink
from pledge.domain.rights import Actor
from pledge.domain.signatures import (
    AlreadySigned,
    LinkEnded,
    NotOpen,
    Outcome,
    Proposal,
    Signed,
    TextChanged,
)
from pledge.publishing import Published
from pledge.secrets import attempt_of, timed_name
from pledge.store.organizers import Organizer
from pledge.web.contexts import AssistPage
from pledge.web.desks import desk
from pledge.web.forms import SigningForm, form_view, posted, signing_form
from pledge.web.languages import language_of, translations
from pledge.web.queries import whole_number
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view, meeting_views

_ANY_TABLET = SigningLink(0, 0, 0, LinkKind.KIOSK)
"""What the form is held against before a meeting is chosen: it binds it to no company."""


async def show(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer, request.query_params.get("meeting", ""))


async def sign(request: Request, organizer: Organizer) -> Response:
    """By the same rules as on a phone, through a tablet's link of the meeting."""
    published = await _published(request)
    key = (await posted(request, ("meeting",)))["meeting"]
    messages = translations(language_of(request))
    form = await signing_form(request, _ANY_TABLET, _by_hand(published.initiative), messages)
    if "consent" in form.errors:
        form.errors["consent"] = messages.gettext("Please ask the person, and tick the box")
    link = await _link(request, published, key, by=organizer.actor)
    if link is None:
        form.errors["meeting"] = messages.gettext("Please choose a meeting")
    elif link.initiative_id != published.initiative.id:
        form.errors["meeting"] = messages.gettext("This meeting is being rehearsed right now")
    if form.errors or form.company is None or form.person is None or link is None:
        return await _page(request, organizer, key, form)
    outcome = await services(request).signing.sign(
        Proposal(
            link=link,
            attempt=attempt_of(form.attempt, form.company.key),
            text=form.text,
            company=form.company,
            person=form.person,
            receipt=timed_name(),
            ink=form.ink,
            assisted_by=organizer.actor,
            told_otherwise=form.terms not in ("", published.initiative.terms),
        )
    )
    if isinstance(outcome, Signed):
        address = f"{request.url.path}?{urlencode({'meeting': key})}"
        return RedirectResponse(f"{address}&signed={outcome.signature.number}", status_code=303)
    return await _refused(request, organizer, key, form, outcome)


async def _refused(
    request: Request, organizer: Organizer, key: str, form: SigningForm, outcome: Outcome
) -> Response:
    """The form again, with what was typed and why it was not signed."""
    _ = translations(language_of(request)).gettext
    taken = None
    match outcome:
        case AlreadySigned():
            form.errors["company"] = _("This company has signed already")
            if form.company:
                taken = await services(request).reviewing.standing_for(
                    permit(request).initiative_id, form.company
                )
        case TextChanged():
            form.errors["form"] = (
                _("The text has been revised: please have it read anew")
                if form.text != (await _published(request)).initiative.text.digest
                else _("What is asked or published has changed: please look at the form anew")
            )
        case NotOpen():
            form.errors["form"] = _("Signing is not open")
        case LinkEnded():
            form.errors["form"] = _("The tablet's link of this meeting no longer admits")
    status = 409 if isinstance(outcome, AlreadySigned) else 422
    return await _page(request, organizer, key, form, taken=taken, status=status)


async def _published(request: Request) -> Published:
    found = await services(request).publishing.by_slug(request.path_params["slug"])
    if found is None:
        raise HTTPException(404, "initiative")
    return found


async def _link(
    request: Request, published: Published, key: str, *, by: Actor
) -> SigningLink | None:
    """Of a tablet at the meeting, as it leads now; None if there is no such meeting.

    A rehearsal is led by the links of the real one.
    """
    if published.initiative.meeting_by_key(key) is None:
        return None
    link = await services(request).organizing.standing_link(
        published.initiative.base_slug, LinkKind.KIOSK, meeting=key, by=by
    )
    found = await services(request).publishing.behind_link(link.id)
    return found.link if found else None


async def _page(
    request: Request,
    organizer: Organizer,
    key: str,
    form: SigningForm | None = None,
    *,
    taken: int | None = None,
    status: int = 422,
) -> Response:
    language = language_of(request)
    published = await _published(request)
    initiative = published.initiative
    meeting = initiative.meeting_by_key(key) or initiative.latest_meeting
    context = AssistPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, published.standing, language),
        meetings=meeting_views(initiative, language),
        meeting_key=meeting.key,
        companies=tuple(await services(request).reviewing.invited_companies(initiative.id)),
        form=form_view(
            _ANY_TABLET,
            action=request.url.path,
            attempt=(form.attempt if form else "") or timed_name(),
            text=initiative.text.digest,
            terms=initiative.terms,
            opened="",
            form=form,
        ),
        asks=_by_hand(initiative).asks,
        publication=publication(initiative),
        status=published.standing.status,
        taken=taken,
        signed=whole_number(request, "signed", default=0, least=1) if form is None else 0,
    )
    return page(request, context, status if form else 200, private=True)


def _by_hand(initiative: Initiative) -> Initiative:
    """Handwriting is never required of whoever has no phone to write on."""
    if initiative.asks.ink is not Ask.REQUIRED:
        return initiative
    return replace(initiative, asks=replace(initiative.asks, ink=Ask.OPTIONAL))
