"""`/organizer/initiatives/{slug}/text/…`: publishing a draft, and the versions that there are."""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Text
from pledge.domain.texts import is_finished, written
from pledge.editing import Writing
from pledge.store.organizers import Organizer
from pledge.web.contexts import TextDiff, TextPublishPage, TextVersionPage
from pledge.web.desks import desk
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.text_diffs import text_diffs
from pledge.web.texts import previews, version_rows
from pledge.web.views import initiative_view


async def ask(request: Request, organizer: Organizer) -> Response:
    """What would change, and who has signed what stands now."""
    writing = await services(request).editing.writing(permit(request).initiative_id)
    return await _ask(request, organizer, writing)


async def publish(request: Request, organizer: Organizer) -> Response:
    sent = await posted(request, ("edition", "ask"))
    editing, initiative_id = services(request).editing, permit(request).initiative_id
    done = await editing.publish(
        initiative_id,
        edition=sent["edition"],
        ask_again={"yes": True, "no": False}.get(sent["ask"]),
        by=organizer.actor,
    )
    if done:
        return RedirectResponse(f"{_text(request)}?done=published", status_code=303)
    _ = translations(language_of(request)).gettext
    writing = await editing.writing(initiative_id)
    if sent["edition"] == writing.edition:
        error = _("Please choose what becomes of the companies that have signed")
    else:
        error = _("Somebody has changed the text meanwhile. Please look at it once more.")
    return await _ask(request, organizer, writing, sent["ask"], error, status=422)


async def show(request: Request, organizer: Organizer) -> Response:
    """One version, or how it differs from another one."""
    editing, initiative_id = services(request).editing, permit(request).initiative_id
    number = request.path_params["number"]
    writing = await editing.writing(initiative_id)
    rows = {row.number: row for row in version_rows(writing)}
    version = await editing.version(initiative_id, number) if number in rows else None
    if version is None or writing.initiative.is_blank:
        raise HTTPException(404)
    compared = _number(request.query_params.get("with", ""), rows)
    other = await editing.version(initiative_id, compared) if compared else None
    language = language_of(request)
    context = TextVersionPage(
        desk=desk(request, organizer),
        initiative=initiative_view(writing.initiative, writing.standing, language),
        version=rows[number],
        previews=previews(writing.initiative, writing.standing, version.texts, language),
        others=tuple(other for other in rows if other != number),
        compared=compared,
        diffs=await _diffs(request, other.texts, version.texts) if other else (),
    )
    return page(request, context, private=True)


async def _ask(
    request: Request,
    organizer: Organizer,
    writing: Writing,
    chosen: str = "",
    error: str = "",
    *,
    status: int = 200,
) -> Response:
    initiative, draft = writing.initiative, writing.draft
    if draft is None or not is_finished(draft.texts):
        # Published or given up meanwhile, or not ready: the text's page says what there is.
        return RedirectResponse(_text(request), status_code=303)
    language = language_of(request)
    after = written(draft.texts)
    before: Mapping[str, Text] = {} if initiative.is_blank else initiative.text.texts
    first = initiative.languages[0]
    renamed = first not in after or after[first].title != initiative.title(first)
    context = TextPublishPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, writing.standing, language),
        diffs=await _diffs(request, before, after),
        lettering_lost=bool(initiative.letterings) and renamed,
        edition=writing.edition,
        number=0 if initiative.is_blank else initiative.text.number,
        signed=writing.signed,
        signed_now=writing.signed_now,
        ask=chosen,
        error=error,
    )
    return page(request, context, status, private=True)


async def _diffs(
    request: Request, before: Mapping[str, Text], after: Mapping[str, Text]
) -> tuple[TextDiff, ...]:
    """Off the event loop: long texts take a while."""
    messages = translations(language_of(request))
    return await asyncio.to_thread(text_diffs, before, after, messages)


def _number(sent: str, known: Mapping[int, object]) -> int:
    """The version to compare with; 0 if none was chosen."""
    if not sent:
        return 0
    number = next((number for number in known if str(number) == sent), None)
    if number is None:
        raise HTTPException(404)
    return number


def _text(request: Request) -> str:
    return f"{HOME}/{request.path_params['slug']}/text"
