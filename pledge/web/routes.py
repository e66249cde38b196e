"""The site's map: every address, from top to bottom."""

from starlette.routing import BaseRoute, Mount, Route

from pledge.paths import STATIC
from pledge.web import (
    console,
    events,
    health,
    initiatives,
    receipts,
    signatories,
    signing,
)
from pledge.web.console import for_organizers
from pledge.web.static import VersionedFiles

POST = ["POST"]

ROUTES: list[BaseRoute] = [
    Route("/", initiatives.index),
    Route("/i/{slug}", initiatives.initiative),
    Route("/i/{slug}/signatories", signatories.signatories),
    Route("/i/{slug}/signatories.json", signatories.signatories_json),
    Route("/i/{slug}/events", events.events),
    Route("/i/{slug}/wall", initiatives.wall),
    Route("/s/{token}", signing.show),
    Route("/s/{token}", signing.sign, methods=POST),
    Route("/r/{id}", receipts.receipt),
    Route("/organizer", for_organizers(console.front)),
    Route("/organizer/setup/{token}", console.show_setup),
    Route("/organizer/setup/{token}", console.set_up, methods=POST),
    Route("/organizer/login", console.show_login),
    Route("/organizer/login", console.log_in, methods=POST),
    Route("/organizer/logout", for_organizers(console.log_out), methods=POST),
    Route("/organizer/initiatives", for_organizers(console.initiatives)),
    Route("/organizer/initiatives/{slug}", for_organizers(console.initiative)),
    Route("/organizer/initiatives/{slug}/state", for_organizers(console.set_status), methods=POST),
    Route("/organizer/exports/{slug}.{format}", for_organizers(console.export)),
    Route("/healthz", health.healthz),
    Route("/readyz", health.readyz),
    Mount("/static", VersionedFiles(directory=STATIC)),
]
