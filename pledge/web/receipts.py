"""`/r/{id}`: the receipt, for whoever holds its address."""

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.codes import drawn_code
from pledge.domain.amendments import is_same_act
from pledge.domain.initiatives import Initiative
from pledge.domain.outlines import outline
from pledge.domain.signatures import Signature, State
from pledge.domain.uscc import masked
from pledge.publishing import ReceiptPublished
from pledge.web.contexts import ReceiptPage
from pledge.web.languages import language_of
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.signing import STATION
from pledge.web.views import initiative_view, meeting_view

_SHOWN_ON_STATION = timedelta(minutes=2)
"""On a kiosk nobody finds the receipt of whoever was there before."""


async def receipt(request: Request) -> Response:
    found = await services(request).publishing.receipt(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "receipt")
    initiative, signature = found.published.initiative, found.signature
    address = f"{origin(request)}/r/{signature.receipt}"
    station = request.cookies.get(STATION, "")
    station = station if services(request).tokens.scanned(station) else ""
    if station and services(request).clock() - signature.signed_at > _SHOWN_ON_STATION:
        return RedirectResponse(f"/s/{station}", status_code=303)
    language = language_of(request)
    meeting = initiative.meeting(signature.meeting_id)
    context = ReceiptPage(
        initiative=initiative_view(initiative, found.published.standing, language),
        meeting=meeting_view(meeting, language),
        number=signature.number,
        company=signature.company.name,
        uscc=masked(signature.company.uscc),
        representative=signature.person.name,
        published=_published(initiative, signature),
        signed_at=meeting.local(signature.signed_at),
        address=address,
        ink=outline(signature.ink) if signature.ink else None,
        taken_along=drawn_code(address) if station else None,
        next_form=f"/s/{station}" if station else "",
        became=_became(found),
        successor=found.successor.number if found.successor else None,
        successor_receipt=(
            f"/r/{found.successor.receipt}"
            if found.successor and is_same_act(signature, found.successor)
            else ""
        ),
        erased=signature.erased_at is not None,
    )
    return page(request, context, private=True)


def _published(initiative: Initiative, signature: Signature) -> str:
    if not initiative.shows.names:
        return ""
    return "name" if signature.person.publish else "surname"


def _became(found: ReceiptPublished) -> str:
    """Whoever holds a receipt learns that it no longer holds, and no more than that.

    Only a correction leads on: it is of the same act, by the same person.
    """
    if found.successor and is_same_act(found.signature, found.successor):
        return "corrected"
    return "" if found.signature.state is State.STANDING else found.signature.state
