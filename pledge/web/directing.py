"""`/organizer/initiatives/{slug}/ceremony`: large buttons that lead the walls."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.scenes import COUNTDOWN, LONGEST_COUNTDOWN, MOST_PAGES, Scene
from pledge.store.organizers import Organizer
from pledge.web.contexts import CeremonyPage, LaunchView
from pledge.web.dashboard import to_progress
from pledge.web.desks import desk
from pledge.web.forms import posted
from pledge.web.languages import language_of
from pledge.web.moments import instant
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.views import initiative_view, passages_read_out


async def show(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    overview = await services(request).organizing.overview(initiative_id)
    launch = await services(request).publishing.launch(initiative_id)
    language = language_of(request)
    initiative, standing = overview.initiative, overview.standing
    if rehearsal := initiative.latest_meeting.rehearsal:
        # The walls follow the rehearsal, and a launch here would be recorded as the real one.
        return RedirectResponse(f"{HOME}/{rehearsal}/ceremony", status_code=303)
    pages = passages_read_out(initiative, language)
    context = CeremonyPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, standing, language),
        total=standing.total,
        scene=standing.scene,
        page=standing.direction.page_at([one.seconds for one in pages], services(request).clock()),
        pages=len(pages),
        cursor=standing.cursor,
        seconds=COUNTDOWN,
        most_seconds=LONGEST_COUNTDOWN,
        launch=LaunchView(
            at=instant(initiative.latest_meeting.local(launch.at), language),
            total=launch.total,
            text=launch.text,
            list=launch.list,
        )
        if launch
        else None,
    )
    return page(request, context, private=True)


async def direct(request: Request, organizer: Organizer) -> Response:
    """Shows whichever scene's button was pressed."""
    initiative_id = permit(request).initiative_id
    sent = await posted(request, ("scene", "page", "seconds", "back"))
    if sent["scene"] not in set(Scene):
        raise HTTPException(400, "scene")
    scene = Scene(sent["scene"])
    await services(request).directing.show(
        initiative_id,
        scene,
        by=organizer.actor,
        page=_number(sent["page"], "page", 0, MOST_PAGES) if sent["page"] else None,
        seconds=_number(sent["seconds"], "seconds", 1, LONGEST_COUNTDOWN, COUNTDOWN),
    )
    if sent["back"] == "progress":
        return to_progress(request, place="hall")
    return RedirectResponse(f"{HOME}/{request.path_params['slug']}/ceremony", status_code=303)


def _number(sent: str, name: str, least: int, most: int, default: int | None = None) -> int:
    text = sent.strip()
    if not text and default is not None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and least <= int(text) <= most):
        raise HTTPException(400, name)
    return int(text)
