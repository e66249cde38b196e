"""What an organizer does about single signatures: hide, show again, approve."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Approval
from pledge.organizing import MOST_ATTENTION
from pledge.store.organizers import Organizer
from pledge.web.forms import posted
from pledge.web.services import services
from pledge.web.sessions import HOME, permit


async def change(request: Request, organizer: Organizer) -> Response:
    """One tap; tapped twice, it does nothing more."""
    initiative_id = permit(request).initiative_id
    moderating = services(request).moderating
    actions = {
        "hide": moderating.hide,
        "restore": moderating.restore,
        "approve": moderating.approve,
    }
    action = (await posted(request, ("action",)))["action"]
    if action not in actions:
        raise HTTPException(400, "action")
    await actions[action](initiative_id, request.path_params["number"], by=organizer.actor)
    return _home(request, "#newest")


async def approve_all(request: Request, organizer: Organizer) -> Response:
    """All that were shown on the page, and none that has come since."""
    initiative_id = permit(request).initiative_id
    numbers = (await posted(request, ("numbers",)))["numbers"]
    if not re.fullmatch(r"\d{1,15}(,\d{1,15})*", numbers, re.ASCII):
        raise HTTPException(400, "numbers")
    for number in numbers.split(",")[:MOST_ATTENTION]:
        await services(request).moderating.approve(initiative_id, int(number), by=organizer.actor)
    return _home(request, "#attention")


async def set_approval(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    chosen = (await posted(request, ("approval",)))["approval"]
    if chosen not in set(Approval):
        raise HTTPException(400, "approval")
    await services(request).moderating.set_approval(
        initiative_id, Approval(chosen), by=organizer.actor
    )
    return _home(request, "")


def _home(request: Request, place: str) -> Response:
    return RedirectResponse(f"{HOME}/{request.path_params['slug']}{place}", status_code=303)
