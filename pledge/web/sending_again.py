"""What a delegate has sent and nobody could take just now: kept on the answer, to be sent again.

A browser that runs our script sends it again by itself (`static/js/signing/sending.js`). Others
would have to rely on the back button, which may bring an empty form with another attempt.
"""

from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.ink import ink
from pledge.domain.names import InvalidValue
from pledge.domain.outlines import Outline, outline
from pledge.web.contexts import SendAgainPage
from pledge.web.forms import BROUGHT, TYPED, posted
from pledge.web.problems import NEXT_TRY, come_back, too_many
from pledge.web.responding import page

_SHOWN = ("company", "uscc", "representative", "title", "phone")


async def unavailable(request: Request, outage: Exception) -> Response:
    """The database is away or too busy."""
    return await _kept(request, come_back(request, outage), NEXT_TRY)


async def too_often(request: Request, seconds: float) -> Response:
    return await _kept(request, too_many(request, seconds), ceil(seconds))


async def _kept(request: Request, otherwise: Response, seconds: int) -> Response:
    """With the same attempt, by which nothing is signed twice."""
    try:
        sent = await posted(request, (*TYPED, *BROUGHT))
    except HTTPException:
        return otherwise  # there is nothing that could be kept
    context = SendAgainPage(
        busy=otherwise.status_code == 503,
        action=f"/s/{request.path_params['token']}",
        fields={name: value for name, value in sent.items() if value},
        shown={name: sent[name].strip() for name in _SHOWN if sent[name].strip()},
        ink=_drawn(sent["ink"]),
    )
    response = page(request, context, otherwise.status_code, private=True)
    response.headers["Retry-After"] = str(seconds)
    return response


def _drawn(sent: str) -> Outline | None:
    """As it will be kept; what can't be, the next answer says."""
    try:
        found = ink(sent)
    except InvalidValue:
        return None
    return outline(found.encode()) if found else None
