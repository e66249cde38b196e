"""`/r/{id}`: the receipt, for whoever holds its address."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.uscc import masked
from pledge.web.contexts import ReceiptPage
from pledge.web.languages import language_of
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.views import initiative_view, meeting_view


async def receipt(request: Request) -> Response:
    found = await services(request).publishing.receipt(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "receipt")
    initiative, signature = found.published.initiative, found.signature
    language = language_of(request)
    meeting = initiative.meeting(signature.meeting_id)
    context = ReceiptPage(
        initiative=initiative_view(initiative, found.published.standing, language),
        meeting=meeting_view(meeting, language),
        number=signature.number,
        company=signature.company.name,
        uscc=masked(signature.company.uscc),
        representative=signature.person.name,
        published=signature.person.publish,
        signed_at=meeting.local(signature.signed_at),
        address=f"{origin(request)}/r/{signature.receipt}",
    )
    return page(request, context, private=True)
