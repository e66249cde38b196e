"""Whatever goes wrong, as a page that says what happened and what to do."""

import re
from gettext import NullTranslations
from math import ceil

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from pledge.domain.certificates import Withheld
from pledge.store.database import PoolIsFull
from pledge.web.contexts import ErrorPage
from pledge.web.languages import language_of, translations
from pledge.web.responding import page
from pledge.web.services import services

_log = structlog.get_logger()

NEXT_TRY = 2
"""Seconds."""

_FOR_PROGRAMS = re.compile(r"/i/[^/]+/(?:register|texts)/.+", re.DOTALL)
"""Addresses of the register below its page."""


async def http_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)  # noqa: S101 -- Starlette calls it for no other
    return _answer(request, problem.status_code, problem.detail, dict(problem.headers or {}))


async def unavailable(request: Request, problem: Exception) -> Response:
    return come_back(request, problem)


def come_back(request: Request, problem: Exception) -> Response:
    """The database is away or too busy; phones may try again."""
    _log.error("database unavailable", error=type(problem).__name__)
    reason = "pool" if isinstance(problem, PoolIsFull) else "database"
    services(request).measures.refused(reason)
    return _answer(request, 503, "", {"Retry-After": str(NEXT_TRY)})


async def unexpected(request: Request, _problem: Exception) -> Response:
    return _answer(request, 500, "", {})


def too_many(request: Request, seconds: float) -> Response:
    return _answer(request, 429, "", {"Retry-After": str(ceil(seconds))})


def _answer(request: Request, status: int, detail: str, headers: dict[str, str]) -> Response:
    context = _words(status, detail, translations(language_of(request)))
    response: Response
    if request.url.path.endswith(".json"):
        response = JSONResponse(
            {"error": context.heading, "advice": context.advice},
            status_code=status,
            headers={"Cache-Control": "no-store"},
        )
    elif _FOR_PROGRAMS.fullmatch(request.url.path):
        response = PlainTextResponse(
            f"{context.heading}\n{context.explanation}\n{context.advice}\n",
            status_code=status,
            headers={"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"},
        )
    else:
        response = page(request, context, status, private=True)
    response.headers.update(headers)
    return response


def _words(status: int, detail: str, messages: NullTranslations) -> ErrorPage:
    _ = messages.gettext
    match status, detail:
        case 404, "link":
            return ErrorPage(
                _("This signing link does not exist"),
                _("The address is incomplete or was never given out."),
                _("Please scan the QR code on the screen, the poster or your table card again."),
            )
        case 404, "receipt":
            return ErrorPage(
                _("No such receipt"),
                _("The address is incomplete, or the receipt is not one of ours."),
                _("Please open the address exactly as it was shown after signing."),
            )
        case 404, "register":
            return ErrorPage(
                _("There is no such register"),
                _("The initiative is not published, or it is a rehearsal, of which none is kept."),
                _("Please check the address."),
            )
        case 404, "tile":
            return ErrorPage(
                _("This is not the address of a tile"),
                _("It is tile/LEVEL/INDEX or tile/entries/INDEX, then .p/WIDTH for a partial one."),
                _("Please see how https://c2sp.org/tlog-tiles spells it."),
            )
        case 404, "size":
            return ErrorPage(
                _("This is not the size of a register"),
                _("It is a number of entries in digits, without leading zeros."),
                _("Please take it from a checkpoint that you know."),
            )
        case 404, "beyond":
            return ErrorPage(
                _("The register does not hold so many entries"),
                _("Either it has not grown so far yet, or it was never of that size."),
                _("Please fetch the checkpoint: it says how many entries there are."),
            )
        case 404, "text":
            return ErrorPage(
                _("No text of this initiative has this hash"),
                _("The hash is the SHA-256 of a published text, in 64 lower-case hex digits."),
                _("Please take it from an entry of the register."),
            )
        case 404, "stamp":
            return ErrorPage(
                _("There is no such time stamp"),
                _("The register has no time stamp of this number."),
                _("Please take its address from the page of the register."),
            )
        case 404, "rehearsed":
            return ErrorPage(
                _("This was a rehearsal"),
                _("Nothing was signed and nothing registered: there is nothing to prove."),
                _("Receipts as files begin with the first real signature."),
            )
        case 404, "admission":
            return ErrorPage(
                _("This one-time link does not exist"),
                _("The address is incomplete or was never given out."),
                _("Please open it exactly as you were given it, or ask for a new one."),
                way_on="/organizer/login",
            )
        case 404, _detail:
            return ErrorPage(
                _("Page not found"),
                _("There is nothing at this address."),
                _("Please check the address, or start from the front page."),
            )
        case 400, _detail:
            return ErrorPage(
                _("The address or the form can't be read"),
                _("A part of it is not as it should be: %(part)s") % {"part": detail},
                _("Please go back, open the page anew and try again."),
            )
        case 403, "role":
            return ErrorPage(
                _("Your role does not open this page"),
                _("You have a role in this initiative, but another one is needed here."),
                _("Please ask one of its owners, who can give you that role."),
                way_on="/organizer/initiatives",
            )
        case 403, _detail:
            return ErrorPage(
                _("This request was not accepted"),
                _("It did not come from a page of this site, or the page was open for too long."),
                _("Please open the page anew and try again; cookies must be allowed to log in."),
            )
        case 405, _detail:
            return ErrorPage(
                _("This can't be done here"),
                _("The address exists, but not for this kind of request."),
                _("Please start from the front page."),
            )
        case 409, Withheld.REHEARSED:
            return ErrorPage(
                _("A rehearsal has no certificates"),
                _("Nothing that is signed in it counts, and nothing enters the register."),
                _("Certificates are made of what is signed at the meeting."),
            )
        case 409, Withheld.ENDED:
            return ErrorPage(
                _("There is no certificate of this signature any more"),
                _("It has been withdrawn, or another one stands in its place."),
                _("The page of its receipt says what has become of it."),
            )
        case 409, Withheld.WAITS:
            return ErrorPage(
                _("The certificate is not ready yet"),
                _("The signature counts; an organizer has yet to look at it."),
                _("Please open the receipt again later: the certificate will be there."),
            )
        case 409, Withheld.HIDDEN:
            return ErrorPage(
                _("There is no certificate at present"),
                _("The signature is not public at present."),
                _("Please ask the organizers, with the number on your receipt."),
            )
        case 410, "used":
            return ErrorPage(
                _("This one-time link has been used"),
                _("It has let somebody in already, and works once."),
                _("Please log in. If it was not you who used it, tell whoever gave it to you."),
                way_on="/organizer/login",
            )
        case 410, "revoked":
            return ErrorPage(
                _("This one-time link has been revoked"),
                _("Whoever gave it out has taken it back, or has made a newer one."),
                _("Please ask for a new one."),
                way_on="/organizer/login",
            )
        case 410, "expired":
            return ErrorPage(
                _("This one-time link has expired"),
                _("It was valid for a few days."),
                _("Please ask for a new one."),
                way_on="/organizer/login",
            )
        case 410, _detail:
            return ErrorPage(
                _("This one-time link is no longer valid"),
                _("An organizer's account exists already."),
                _("Please log in, or ask the operator for a new account."),
                way_on="/organizer/login",
            )
        case 408, _detail:
            return ErrorPage(
                _("The form did not arrive"),
                _("The connection was too slow, or broke off; nothing has been signed twice."),
                _("Please go back and try again, nearer to the Wi-Fi if you can."),
            )
        case 413, _detail:
            return ErrorPage(
                _("Too much was sent"),
                _("The form is larger than this site takes."),
                _("Please go back and shorten what you have entered."),
            )
        case 429, _detail:
            return ErrorPage(
                _("Too many attempts"),
                _("Nothing is lost, and nothing has been signed twice."),
                _("Please wait a moment, then go back and try again."),
            )
        case 503, "certificate":
            return ErrorPage(
                _("Many certificates are being made"),
                _("Your signature stands; only its certificate has to wait."),
                _("Please try again in a few seconds."),
            )
        case 503, _detail:
            return ErrorPage(
                _("Busy for a moment"),
                _("Your request could not be stored just now."),
                _("Please go back and try again in a few seconds; it is safe to sign again."),
            )
        case _status:
            return ErrorPage(
                _("Something went wrong on our side"),
                _("The fault has been recorded."),
                _("Please go back and try again; it is safe to sign again."),
            )
