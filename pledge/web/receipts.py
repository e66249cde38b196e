"""`/r/{id}`: the receipt, for whoever holds its address."""

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.certifying import PICTURE_SIZE
from pledge.codes import drawn_code
from pledge.domain.amendments import is_same_act
from pledge.domain.certificates import certificate_number, withheld
from pledge.domain.initiatives import Initiative
from pledge.domain.outlines import outline
from pledge.domain.signatures import Signature, State
from pledge.domain.uscc import masked
from pledge.publishing import ReceiptPublished
from pledge.web.contexts import ReceiptPage
from pledge.web.languages import language_of
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sign_pages import STATION
from pledge.web.views import initiative_view, meeting_view

_SHOWN_ON_STATION = timedelta(minutes=2)
"""On a kiosk nobody finds the receipt of whoever was there before."""


async def receipt(request: Request) -> Response:
    found = await services(request).publishing.receipt(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "receipt")
    initiative, signature = found.published.initiative, found.signature
    path = f"/r/{signature.receipt}"
    address = f"{origin(request)}{path}"
    if elsewhere := left_behind(request, signature):
        return RedirectResponse(elsewhere, status_code=303)
    station = _station(request)
    language = language_of(request)
    meeting = initiative.meeting(signature.meeting_id)
    reason = withheld(signature)
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
        certificate="" if reason else str(certificate_number(initiative.id, signature)),
        # On a kiosk whoever has signed takes the receipt along, and the certificate with it.
        picture="" if reason or station else f"{path}/certificate.png?lang={language}",
        picture_size=PICTURE_SIZE,
        withheld=reason or "",
        public_representative=signature.representative_shown(initiative.shows),
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


def left_behind(request: Request, signature: Signature) -> str:
    """Where a kiosk leads that asks for what was signed a while ago, else nothing."""
    station = _station(request)
    long_ago = services(request).clock() - signature.signed_at > _SHOWN_ON_STATION
    return f"/s/{station}" if station and long_ago else ""


def _station(request: Request) -> str:
    """The token of the kiosk that asks; empty for any other browser."""
    station = request.cookies.get(STATION, "")
    return station if services(request).tokens.scanned(station) else ""


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
