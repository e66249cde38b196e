"""Tablets: what is drawn on the stage while it is drawn, and that they are there."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.initiatives import Approval, Publication, Status, publication
from pledge.domain.ink import framed
from pledge.domain.links import LinkKind
from pledge.domain.names import InvalidValue, company_name
from pledge.domain.outlines import framed_outline
from pledge.domain.presence import Screen, ScreenKind
from pledge.web.forms import posted, ticked
from pledge.web.problems import too_many
from pledge.web.screens import TABLET, give_name
from pledge.web.services import services
from pledge.web.signing import behind


async def strokes(request: Request) -> Response:
    """Shown only with consent to publish, and where nothing has to be approved before."""
    found = await behind(request)
    if not found.link.stage or found.standing.status is not Status.OPEN:
        raise HTTPException(404, "link")
    if found.link.ended(services(request).clock()):
        raise HTTPException(410, "link")
    if wait := services(request).limits.link.wait(f"stage {found.link.id}"):
        return too_many(request, wait)
    sent = await posted(request, ("ink", "width", "height", "company", "publish"))
    staging = services(request).staging
    try:
        width, height = float(sent["width"] or 0), float(sent["height"] or 0)
        drawn = framed(sent["ink"], width, height)
        company = company_name(sent["company"]) if sent["company"].strip() else ""
    except (InvalidValue, ValueError):
        raise HTTPException(422, "strokes") from None
    waits = found.standing.approval is not Approval.NOTHING
    shown = publication(found.initiative) in (Publication.BOTH, Publication.INK)
    if drawn is None or waits or not shown or not ticked(sent["publish"]):
        await staging.clear(found.initiative.id, found.link.id)
    else:
        outline = framed_outline(drawn, width, height)
        await staging.show(
            found.initiative.id,
            found.link.id,
            {"company": company, "view_box": outline.view_box, "path": outline.path},
        )
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def here(request: Request) -> Response:
    """A tablet is there; it says so now and then, and the organizers see which do."""
    found = await behind(request)
    if found.link.kind is not LinkKind.KIOSK:
        raise HTTPException(404, "link")
    if found.link.revoked_at:
        raise HTTPException(410, "link")
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    screen = Screen(
        give_name(request, response, TABLET),
        ScreenKind.STAGE if found.link.stage else ScreenKind.KIOSK,
        found.initiative.meeting(found.link.meeting_id).key,
    )
    services(request).attending.seen(found.initiative.base_slug, screen)
    return response
