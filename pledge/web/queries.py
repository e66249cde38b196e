"""What stands behind the question mark of an address."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request


def whole_number(request: Request, name: str, *, default: int, least: int) -> int:
    """A number of the query; anything else there is a mistake that is answered with 400."""
    typed = request.query_params.get(name, "").strip()
    if not typed:
        return default
    if not re.fullmatch("[0-9]{1,15}", typed) or int(typed) < least:
        raise HTTPException(400, name)
    return int(typed)
