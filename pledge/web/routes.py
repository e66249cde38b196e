"""The site's map: every address, from top to bottom."""

from collections.abc import Awaitable, Callable

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from pledge.domain.rights import Right
from pledge.paths import STATIC
from pledge.store.organizers import Organizer
from pledge.web import (
    account,
    arrangement,
    assisting,
    auditing,
    certificates,
    console,
    dashboard,
    directing,
    entries,
    erasing,
    events,
    exports,
    founding,
    hall,
    health,
    initiatives,
    joining,
    links,
    login,
    meetings,
    metrics,
    notices,
    printing,
    receipt_files,
    receipts,
    register_pages,
    registers,
    rehearsing,
    roster,
    scheduling,
    sessions,
    signatories,
    signatures,
    signing,
    stage,
    team,
    texts,
    verification,
    versions,
)
from pledge.web.sessions import for_organizers
from pledge.web.static import VersionedFiles


class _Numbers(Convertor[int]):
    """Numbers in addresses; those that no database could hold name nothing."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", _Numbers())

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
    # The busiest first: a request is held against one after the other.
    Route("/s/{token}", page_and_form(signing.show, signing.sign), methods=BOTH),
    # Capitals are for QR codes (codes); it is the same page.
    Route("/S/{token}", page_and_form(signing.show, signing.sign), methods=BOTH),
    Route("/", initiatives.index),
    Route("/i/{slug}", initiatives.initiative),
    Route("/i/{slug}/logo", initiatives.logo),
    Route("/i/{slug}/signatories", signatories.signatories),
    Route("/i/{slug}/signatories.json", signatories.signatories_json),
    Route("/i/{slug}/register", register_pages.show),
    Route("/i/{slug}/register/checkpoint", registers.checkpoint),
    Route("/i/{slug}/register/tile/{path:path}", registers.tile),
    Route("/i/{slug}/register/key", registers.key),
    Route("/i/{slug}/register/growth/{old}", registers.growth),
    Route("/i/{slug}/register/stamps/{stamp:number}.tsr", registers.stamp),
    Route("/i/{slug}/register/stamps/{stamp:number}.checkpoint", registers.stamped_checkpoint),
    Route("/i/{slug}/texts/{sha256}", registers.text),
    Route("/i/{slug}/events", events.events),
    Route("/i/{slug}/wall", hall.wall),
    Route("/i/{slug}/wall.json", hall.wall_json),
    Route("/s/{token}/strokes", stage.strokes, methods=POST),
    Route("/s/{token}/here", stage.here, methods=POST),
    Route("/r/{id}", receipts.receipt),
    Route("/r/{id}/certificate.pdf", certificates.pdf),
    Route("/r/{id}/certificate.png", certificates.picture),
    Route("/verify", verification.verify),
    Route("/v/{number}", verification.certificate),
    Route("/r/{id}/receipt.json", receipt_files.receipt_json),
    Route("/organizer", for_organizers(console.front)),
    Route("/organizer/", for_organizers(console.front)),
    Route(
        "/organizer/setup/{token}",
        page_and_form(login.show_setup, login.set_up),
        methods=BOTH,
    ),
    Route("/organizer/login", page_and_form(login.show_login, login.log_in), methods=BOTH),
    Route("/organizer/login/code", page_and_form(login.show_code, login.check_code), methods=BOTH),
    Route("/organizer/logout", for_organizers(login.log_out), methods=POST),
    Route("/organizer/join/{token}", page_and_form(joining.show_join, joining.join), methods=BOTH),
    Route(
        "/organizer/reset/{token}", page_and_form(joining.show_reset, joining.reset), methods=BOTH
    ),
    Route(
        "/organizer/settings",
        for_organizers(page_and_action(account.show, account.change)),
        methods=BOTH,
    ),
    Route(
        "/organizer/second-factor",
        for_organizers(page_and_action(account.show_second_factor, account.turn_on)),
        methods=BOTH,
    ),
    Route(
        "/organizer/initiatives",
        for_organizers(page_and_action(founding.show, founding.found)),
        methods=BOTH,
    ),
    Route("/organizer/initiatives/{slug}", for_organizers(dashboard.show, Right.SEE)),
    Route(
        "/organizer/initiatives/{slug}/state",
        for_organizers(console.set_status, Right.DIRECT),
        methods=POST,
    ),
    Route(
        "/organizer/initiatives/{slug}/schedule",
        for_organizers(
            page_and_action(scheduling.show, scheduling.change), Right.DIRECT, real=True
        ),
        methods=BOTH,
    ),
    Route(
        "/organizer/initiatives/{slug}/text",
        for_organizers(page_and_action(texts.show, texts.send), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/initiatives/{slug}/text/preview",
        for_organizers(texts.preview, Right.EDIT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/initiatives/{slug}/text/publish",
        for_organizers(page_and_action(versions.ask, versions.publish), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/initiatives/{slug}/text/{number:number}",
        for_organizers(versions.show, Right.EDIT, real=True),
    ),
    Route("/organizer/initiatives/{slug}/wall", for_organizers(console.wall, Right.SEE)),
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
        "/organizer/signatures/{slug}",
        for_organizers(page_and_action(signatures.show, signatures.change), Right.MODERATE),
        methods=BOTH,
    ),
    Route(
        "/organizer/signatures/{slug}/approval",
        for_organizers(signatures.set_approval, Right.MODERATE),
        methods=POST,
    ),
    Route(
        "/organizer/signatures/{slug}/assist",
        for_organizers(page_and_action(assisting.show, assisting.sign), Right.MODERATE),
        methods=BOTH,
    ),
    Route(
        "/organizer/signatures/{slug}/{number:number}",
        for_organizers(page_and_action(entries.show, entries.change), Right.MODERATE),
        methods=BOTH,
    ),
    Route(
        "/organizer/signatures/{slug}/{number:number}/erase",
        for_organizers(page_and_action(erasing.ask, erasing.erase), Right.GOVERN, real=True),
        methods=BOTH,
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
        "/organizer/roster/{slug}/remove",
        for_organizers(roster.remove, Right.EDIT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/roster/{slug}/confirm",
        for_organizers(roster.confirm, Right.EDIT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/print/{slug}/{sheet}.pdf",
        for_organizers(printing.pdf, Right.EDIT, real=True),
    ),
    Route(
        "/organizer/print/{slug}/{sheet}.png",
        for_organizers(printing.preview, Right.EDIT, real=True),
    ),
    Route("/organizer/print/{slug}", for_organizers(printing.show, Right.EDIT, real=True)),
    Route(
        "/organizer/links/{slug}",
        for_organizers(page_and_action(links.show, links.make), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/links/{slug}/{link:number}",
        for_organizers(page_and_action(links.show_one, links.change), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/links/{slug}/{link:number}/revoke",
        for_organizers(page_and_action(links.ask, links.revoke), Right.EDIT, real=True),
        methods=BOTH,
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
        "/organizer/meetings/{slug}",
        for_organizers(page_and_action(meetings.show, meetings.add), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/meetings/{slug}/order",
        for_organizers(meetings.put_in_order, Right.EDIT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/meetings/{slug}/at/{key}",
        for_organizers(page_and_action(meetings.show_one, meetings.change), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/settings/{slug}",
        for_organizers(page_and_action(arrangement.show, arrangement.save), Right.EDIT, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/settings/{slug}/logo",
        for_organizers(arrangement.put_logo, Right.EDIT, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/settings/{slug}/notices",
        for_organizers(page_and_action(notices.show, notices.add), Right.GOVERN, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/settings/{slug}/notices/{number:number}",
        for_organizers(
            page_and_action(notices.show_target, notices.change), Right.GOVERN, real=True
        ),
        methods=BOTH,
    ),
    Route(
        "/organizer/settings/{slug}/register",
        for_organizers(register_pages.show_console, Right.EDIT, real=True),
    ),
    Route(
        "/organizer/settings/{slug}/team",
        for_organizers(page_and_action(team.show, team.invite), Right.GOVERN, real=True),
        methods=BOTH,
    ),
    Route(
        "/organizer/settings/{slug}/team/invited",
        for_organizers(team.show_invited, Right.GOVERN, real=True),
    ),
    Route(
        "/organizer/settings/{slug}/team/{organizer:number}",
        for_organizers(team.change, Right.GOVERN, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/settings/{slug}/team/invitations/{admission:number}",
        for_organizers(team.revoke, Right.GOVERN, real=True),
        methods=POST,
    ),
    Route(
        "/organizer/audit/{slug}.csv", for_organizers(auditing.download, Right.GOVERN, real=True)
    ),
    Route("/organizer/audit/{slug}", for_organizers(auditing.show, Right.GOVERN, real=True)),
    Route("/healthz", health.healthz),
    Route("/readyz", health.readyz),
    Route("/metrics", metrics.metrics),
    Mount("/static", VersionedFiles(directory=STATIC)),
]
