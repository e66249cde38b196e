"""`/r/{id}/certificate.pdf` and `.png`: the certificate, for whoever holds the receipt."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.certifying import Form
from pledge.domain.certificates import Withheld
from pledge.presses import PressesBusy
from pledge.web.languages import language_of
from pledge.web.receipts import left_behind
from pledge.web.services import services

_MEDIA_TYPES = {Form.PDF: "application/pdf", Form.PICTURE: "image/png"}
_COME_AGAIN = "10"
"""Seconds in which some hundred are made."""


async def pdf(request: Request) -> Response:
    return await _certificate(request, Form.PDF)


async def picture(request: Request) -> Response:
    return await _certificate(request, Form.PICTURE)


async def _certificate(request: Request, form: Form) -> Response:
    found = await services(request).publishing.receipt(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "receipt")
    if elsewhere := left_behind(request, found.signature):
        return RedirectResponse(elsewhere, status_code=303)
    try:
        made = await services(request).certifying.certificate(found, form, language_of(request))
    except PressesBusy:
        raise HTTPException(503, "certificate", {"Retry-After": _COME_AGAIN}) from None
    if isinstance(made, Withheld):
        raise HTTPException(409, made)
    how = "inline" if form is Form.PICTURE else "attachment"
    return Response(
        made.content,
        media_type=_MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'{how}; filename="{made.number}.{form}"',
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex",
        },
    )
