"""`/r/{id}/receipt.json`: the receipt as a file, for whoever holds its address."""

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.certificates import certificate_number
from pledge.web.services import services
from pledge.web.sign_pages import STATION

_KEPT_ON_STATION = timedelta(minutes=2)
"""As long as the page: on a kiosk nobody finds the receipt of whoever was there before."""


async def receipt_json(request: Request) -> Response:
    """It proves what was signed, also once that has been withdrawn or replaced."""
    made = services(request)
    found = await made.publishing.receipt(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "receipt")
    initiative, signature = found.published.initiative, found.signature
    if made.tokens.scanned(request.cookies.get(STATION, "")) and (
        made.clock() - signature.signed_at > _KEPT_ON_STATION
    ):
        raise HTTPException(404, "receipt")
    receipt = await made.registering.receipt(initiative.id, initiative.slug, signature)
    if receipt is None:
        raise HTTPException(404, "rehearsed")
    name = f"receipt-{certificate_number(initiative.id, signature)}.json"
    return Response(
        receipt.content,
        media_type="application/json",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Robots-Tag": "noindex",
        },
    )
