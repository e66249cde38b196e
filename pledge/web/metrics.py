"""`/metrics`, for Prometheus: for whom the operator names, and for nobody else."""

from ipaddress import ip_address

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pledge.web.services import services

_HEADERS = {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST}


async def metrics(request: Request) -> Response:
    """Others are not told that there is anything (decision 036)."""
    if not _may_read(request):
        raise HTTPException(404)
    return Response(await services(request).observing.exposition(), headers=_HEADERS)


def _may_read(request: Request) -> bool:
    """By the address that asks, which is the one behind a trusted proxy."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in services(request).settings.metrics_from)
