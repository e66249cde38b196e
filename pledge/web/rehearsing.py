"""`/organizer/initiatives/{slug}/rehearsal`: beginning and ending the rehearsal of a meeting."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.errors import NotFound
from pledge.store.organizers import Organizer
from pledge.web.contexts import EndRehearsalPage
from pledge.web.desks import desk
from pledge.web.forms import posted
from pledge.web.languages import language_of
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.views import initiative_view, meeting_view


async def ask(request: Request, organizer: Organizer) -> Response:
    """The one confirmation before everything that was rehearsed is removed."""
    initiative_id = permit(request).initiative_id
    overview = await services(request).organizing.overview(initiative_id)
    meeting = overview.initiative.meeting_by_key(request.query_params.get("meeting", ""))
    if meeting is None:
        raise HTTPException(404, "meeting")
    rehearsal = (await services(request).rehearsing.under_way(initiative_id)).get(meeting.key)
    if rehearsal is None:
        return _home(request)
    language = language_of(request)
    context = EndRehearsalPage(
        desk=desk(request, organizer),
        initiative=initiative_view(overview.initiative, overview.standing, language),
        meeting=meeting_view(meeting, language),
        signatures=rehearsal.signatures,
        total=overview.standing.total,
    )
    return page(request, context, private=True)


async def change(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    sent = await posted(request, ("meeting", "action"))
    rehearsing = services(request).rehearsing
    actions = {"start": rehearsing.start, "end": rehearsing.end}
    if sent["action"] not in actions:
        raise HTTPException(400, "action")
    try:
        await actions[sent["action"]](initiative_id, sent["meeting"], by=organizer.actor)
    except NotFound:
        raise HTTPException(404, "meeting") from None
    return _home(request)


def _home(request: Request) -> Response:
    return RedirectResponse(f"{HOME}/{request.path_params['slug']}#meetings", status_code=303)
