"""`/organizer/signatures/{slug}`: the signatures, searched, and changed several at once."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Approval, Initiative, in_language
from pledge.domain.links import LinkKind, Vouched
from pledge.domain.names import InvalidValue, optional_line
from pledge.domain.outlines import outline
from pledge.domain.rosters import short_name
from pledge.domain.searches import Search, Shown
from pledge.domain.signatures import Signature
from pledge.reviewing import Results
from pledge.store.organizers import Organizer
from pledge.web.contexts import EntryRow, SignaturesPage
from pledge.web.dashboard import to_progress
from pledge.web.desks import desk
from pledge.web.entry_words import kind_words, link_words, shown_words, vouched_words
from pledge.web.forms import everything_posted, flaw_of, posted
from pledge.web.languages import language_of, translations
from pledge.web.queries import whole_number
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view, meeting_views

_FILTERS = ("q", "meeting", "link", "state", "vouched", "assisted", "duplicates", "page")


async def show(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer)


async def change(request: Request, organizer: Organizer) -> Response:
    """What was chosen, with one reason for all; says how many were changed and how many not."""
    sent = await everything_posted(request)
    actions = _actions(request)
    if sent.get("action") not in actions:
        raise HTTPException(400, "action")
    numbers = [int(name[1:]) for name in sent if re.fullmatch(r"n[0-9]{1,15}", name)]
    reason, errors = checked_reason(request, sent, required=sent["action"] == "withdraw")
    if not numbers:
        _ = translations(language_of(request)).gettext
        errors["chosen"] = _("Please choose at least one signature")
    if errors:
        return await _page(request, organizer, chosen=numbers, sent=sent, errors=errors)
    changed = await actions[sent["action"]](
        permit(request).initiative_id, *numbers, by=organizer.actor, reason=reason
    )
    if sent.get("back") == "progress":
        return to_progress(request, place="attention")
    done = {"changed": changed, "left": len(numbers) - changed}
    address = f"/organizer/signatures/{request.path_params['slug']}"
    return RedirectResponse(f"{address}?{urlencode({**_kept(request), **done})}", status_code=303)


async def set_approval(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    chosen = (await posted(request, ("approval",)))["approval"]
    if chosen not in set(Approval):
        raise HTTPException(400, "approval")
    await services(request).moderating.set_approval(
        initiative_id, Approval(chosen), by=organizer.actor
    )
    return to_progress(request)


def checked_reason(
    request: Request, sent: Mapping[str, str], *, required: bool
) -> tuple[str, dict[str, str]]:
    """The reason that was given, and what is wrong with it by its name."""
    messages = translations(language_of(request))
    typed = sent.get("reason", "")
    if required and not typed.strip():
        return "", {"reason": messages.gettext("Please give a reason; it goes into the audit log")}
    try:
        return optional_line(typed), {}
    except InvalidValue as invalid:
        return "", {"reason": flaw_of("reason", invalid, messages)}


def entry_row(
    request: Request, initiative: Initiative, entry: Signature, *, chosen: bool = False
) -> EntryRow:
    messages = translations(language_of(request))
    meeting = initiative.meeting(entry.meeting_id)
    shown = Shown.of(entry)
    return EntryRow(
        number=entry.number,
        company=entry.company.name,
        uscc=entry.company.uscc,
        representative=entry.person.name,
        title=entry.person.title,
        phone=entry.person.phone,
        signed_at=meeting.local(entry.signed_at),
        meeting=in_language(meeting.place, language_of(request)),
        vouched=vouched_words(entry.vouched, messages),
        shown=shown,
        state=shown_words(shown, messages),
        assisted=entry.assisted,
        ink=outline(entry.ink) if entry.ink else None,
        short=short_name(entry.company.name),
        erased=entry.erased_at is not None,
        chosen=chosen,
    )


def _actions(request: Request) -> Mapping[str, Callable[..., Awaitable[int]]]:
    moderating, amending = services(request).moderating, services(request).amending
    return {
        "hide": moderating.hide,
        "restore": moderating.restore,
        "approve": moderating.approve,
        "withdraw": amending.withdraw,
    }


async def _page(
    request: Request,
    organizer: Organizer,
    *,
    chosen: Collection[int] = (),
    sent: Mapping[str, str] = MappingProxyType({}),
    errors: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    initiative_id = permit(request).initiative_id
    found = await services(request).publishing.by_slug(request.path_params["slug"])
    if found is None:
        raise HTTPException(404, "initiative")
    results = await services(request).reviewing.search(
        initiative_id,
        _search(request, found.initiative),
        page=whole_number(request, "page", default=1, least=1),
    )
    context = _context(request, organizer, results, chosen, sent, errors)
    return page(request, context, 422 if errors else 200, private=True)


def _search(request: Request, initiative: Initiative) -> Search:
    """What the address asks for; a choice that there is not narrows nothing."""
    query = request.query_params
    meeting = initiative.meeting_by_key(query.get("meeting", ""))
    link = query.get("link", "")
    return Search(
        q=query.get("q", "").strip()[:100],
        meeting_id=meeting.id if meeting else None,
        kind=LinkKind(link) if link in set(LinkKind) else None,
        link_id=int(link) if re.fullmatch("[0-9]{1,15}", link) else None,
        shown=Shown(query["state"]) if query.get("state") in set(Shown) else None,
        vouched=Vouched(query["vouched"]) if query.get("vouched") in set(Vouched) else None,
        assisted=bool(query.get("assisted")),
        duplicates=bool(query.get("duplicates")),
    )


def _context(
    request: Request,
    organizer: Organizer,
    results: Results,
    chosen: Collection[int],
    sent: Mapping[str, str],
    errors: Mapping[str, str],
) -> SignaturesPage:
    language = language_of(request)
    messages = translations(language)
    query = request.query_params
    initiative = results.initiative
    named = [link for link in results.links if link.name]
    return SignaturesPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, results.standing, language),
        total=results.standing.total,
        meetings=tuple((one.key, one.place) for one in meeting_views(initiative, language)),
        links=(
            *((kind, kind_words(kind, messages)) for kind in LinkKind),
            *((str(link.id), link_words(link, messages)) for link in named),
        ),
        states=tuple((one, shown_words(one, messages)) for one in Shown),
        vouchings=tuple((one, vouched_words(one, messages)) for one in Vouched),
        q=query.get("q", "").strip()[:100],
        chosen={name: query.get(name, "") for name in _FILTERS},
        query=urlencode({k: v for k, v in _kept(request).items() if k != "page"}),
        found=results.found,
        more=results.more,
        rows=tuple(
            entry_row(request, initiative, one, chosen=one.number in chosen)
            for one in results.entries
        ),
        page=results.page,
        pages=results.pages,
        cursor=results.standing.cursor,
        changed=whole_number(request, "changed", default=-1, least=0) if not sent else -1,
        left=whole_number(request, "left", default=0, least=0),
        all=bool(query.get("all")) and not sent,
        reason=sent.get("reason", ""),
        errors=errors,
    )


def _kept(request: Request) -> dict[str, str]:
    """The search that an address names, to be gone on with."""
    return {name: value for name in _FILTERS if (value := request.query_params.get(name, ""))}
