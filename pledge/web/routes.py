"""The site's map: every address, from top to bottom."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from pledge.domain.rights import Right
from pledge.paths import STATIC
from pledge.store.organizers import Organizer
from pledge.web import (
    auditing,
    console,
    directing,
    events,
    exports,
    hall,
    health,
    initiatives,
    moderating,
    receipts,
    rehearsing,
    roster,
    sessions,
    signatories,
    signing,
    stage,
)
from pledge.web.sessions import for_organizers
from pledge.web.static import VersionedFiles

POST = ["POST"]
BOTH = ["GET", "POST"]

Handler = Callable[[Request], Awaitable[Response]]


def page_and_form(show: Handler, send: Handler) -> Handler:
    """One address for a page and what its form sends, so that it knows all its methods."""

    async def either(request: Request) -> Response:
        return await (send if request.method == "POST" else show)(request)

    return either


def page_and_action(show: sessions.Handler, act: sessions.Handler) -> sessions.Handler:
    """The same for a page of the console."""

    async def either(request: Request, organizer: Organizer) -> Response:
        return await (act if request.method == "POST" else show)(request, organizer)

    return either


ROUTES: list[BaseRoute] = [
    Route("/", initiatives.index),
    Route("/i/{slug}", initiatives.initiative),
    Route("/i/{slug}/signatories", signatories.signatories),
    Route("/i/{slug}/signatories.json", signatories.signatories_json),
    Route("/i/{slug}/events", events.events),
    Route("/i/{slug}/wall", hall.wall),
    Route("/i/{slug}/wall.json", hall.wall_json),
    # Capitals are for QR codes (codes); it is the same page.
    Route("/S/{token}", page_and_form(signing.show, signing.sign), methods=BOTH),
    Route("/s/{token}", page_and_form(signing.show, signing.sign), methods=BOTH),
    Route("/s/{token}/strokes", stage.strokes, methods=POST),
    Route("/r/{id}", receipts.receipt),
    Route("/organizer", for_organizers(console.front)),
    Route("/organizer/", for_organizers(console.front)),
    Route(
        "/organizer/setup/{token}",
        page_and_form(console.show_setup, console.set_up),
        methods=BOTH,
    ),
    Route("/organizer/login", page_and_form(console.show_login, console.log_in), methods=BOTH),
    Route("/organizer/logout", for_organizers(console.log_out), methods=POST),
    Route("/organizer/initiatives", for_organizers(console.initiatives)),
    Route("/organizer/initiatives/{slug}", for_organizers(console.initiative, Right.SEE)),
    Route(
        "/organizer/initiatives/{slug}/state",
        for_organizers(console.set_status, Right.DIRECT),
        methods=POST,
    ),
    Route("/organizer/initiatives/{slug}/wall", for_organizers(console.wall, Right.SEE)),
    Route(
        "/organizer/initiatives/{slug}/signatures",
        for_organizers(moderating.approve_all, Right.MODERATE),
        methods=POST,
    ),
    Route(
        "/organizer/initiatives/{slug}/ceremony",
        for_organizers(page_and_action(directing.show, directing.direct), Right.DIRECT),
        methods=BOTH,
    ),
    Route(
        "/organizer/initiatives/{slug}/rehearsal",
        for_organizers(page_and_action(rehearsing.ask, rehearsing.change), Right.DIRECT),
        methods=BOTH,
    ),
    Route(
        "/organizer/initiatives/{slug}/approval",
        for_organizers(moderating.set_approval, Right.MODERATE),
        methods=POST,
    ),
    Route(
        "/organizer/initiatives/{slug}/signatures/{number:int}",
        for_organizers(moderating.change, Right.MODERATE),
        methods=POST,
    ),
    Route(
        "/organizer/roster/{slug}/missing.csv",
        for_organizers(roster.missing_csv, Right.SEE, real=True),
    ),
    Route(
        "/organizer/roster/{slug}",
        for_organizers(
            page_and_action(roster.show, roster.receive), Right.SEE, send=Right.EDIT, real=True
        ),
        methods=BOTH,
    ),
    Route(
        "/organizer/roster/{slug}/check/{name}",
        for_organizers(page_and_action(roster.show_check, roster.check), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/roster/{slug}/confirm",
        for_organizers(roster.confirm, Right.EDIT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/exports/{slug}.{format}",
        for_organizers(exports.download, Right.EXPORT, real=True),
    ),
    Route(
        "/organizer/exports/{slug}",
        for_organizers(page_and_action(exports.show, exports.send), Right.EXPORT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/exports/{slug}/files/{name}",
        for_organizers(exports.fetch, Right.EXPORT, real=True),
    ),
    Route(
        "/organizer/exports/{slug}/files/{name}/state",
        for_organizers(exports.change, Right.EXPORT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/audit/{slug}.csv", for_organizers(auditing.download, Right.GOVERN, real=True)
    ),
    Route("/organizer/audit/{slug}", for_organizers(auditing.show, Right.GOVERN, real=True)),
    Route("/healthz", health.healthz),
    Route("/readyz", health.readyz),
    Mount("/static", VersionedFiles(directory=STATIC)),
]
