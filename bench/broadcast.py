"""The limit of the fan-out: a bare broadcast, `python -m bench.broadcast PORT`.

Whoever follows has a queue; what is posted is put into every queue and answered. It keeps nothing,
so that nobody can resume; it looks nothing up, and does not notice who is slow. Served with the
settings of `pledge.serving`.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from itertools import count

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pledge.serving import listen, raise_open_files, server_config


def create_broadcast() -> Starlette:
    numbers = count(1)
    queues: set[asyncio.Queue[bytes]] = set()

    async def frames() -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        queues.add(queue)
        try:
            yield b"retry: 2000\nid: 0\n\n"
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    async def follow(_request: Request) -> Response:
        return StreamingResponse(frames(), media_type="text/event-stream")

    async def tell(request: Request) -> Response:
        told = await request.body()
        frame = b"id: %d\n%s" % (next(numbers), told)
        for queue in queues:
            queue.put_nowait(frame)
        return Response(status_code=204)

    return Starlette(routes=[Route("/events", follow), Route("/events", tell, methods=["POST"])])


def main(port: int) -> None:
    raise_open_files()
    config = server_config(create_broadcast(), trusted_proxies="127.0.0.1")
    config.http = "httptools"  # the server's own connections
    uvicorn.Server(config).run(sockets=[listen("127.0.0.1", port)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
