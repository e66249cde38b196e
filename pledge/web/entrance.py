"""What the pages share by which organizers come in: before login there is no session yet."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.accounts import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    BadAccount,
    as_stored,
    new_password,
)
from pledge.secrets import random_name
from pledge.store.organizers import Organizer
from pledge.web.languages import language_of, translations
from pledge.web.responding import page, set_cookie
from pledge.web.services import services
from pledge.web.sessions import HOME, SESSION

VISIT = "visit"
LOGIN = "/organizer/login"


def visited(request: Request, context: Callable[[str], object], *, status: int = 200) -> Response:
    """A page before login; its form is bound to a cookie of its own."""
    visit = request.cookies.get(VISIT) or random_name()
    response = page(request, context(visit), status, private=True)
    set_cookie(request, response, VISIT, visit)
    return response


async def enter(request: Request, organizer: Organizer, home: str = HOME) -> Response | None:
    """Begins a session; None if the account has been secured anew in this moment."""
    agent = request.headers.get("user-agent", "")
    session = await services(request).entering.start_session(organizer, agent)
    if session is None:
        return None
    response = RedirectResponse(home, status_code=303)
    hours = services(request).settings.session_hours
    set_cookie(request, response, SESSION, session, max_age=hours * 3600)
    return response


async def enter_or_log_in(request: Request, organizer: Organizer, home: str = HOME) -> Response:
    """For whoever has just been given an account."""
    entered = await enter(request, organizer, home)
    return entered or RedirectResponse(LOGIN, status_code=303)


def by_account(request: Request, email: str) -> str:
    """What attempts are counted by: however the account is spelled, and from where."""
    address = request.client.host if request.client else ""
    return f"{as_stored(email)} {address}"


def password_flaws(request: Request, password: str, again: str) -> dict[str, str]:
    """What is wrong with a new password, by field."""
    _ = translations(language_of(request)).gettext
    errors = {}
    try:
        new_password(password)
    except BadAccount:
        errors["password"] = (
            _("The password takes %(most)d characters at most") % {"most": LONGEST_PASSWORD}
            if len(password) > LONGEST_PASSWORD
            else _("The password needs at least %(least)d characters")
            % {"least": SHORTEST_PASSWORD}
        )
    if password != again:
        errors["again"] = _("The two passwords differ")
    return errors


def email_flaw(request: Request) -> str:
    return translations(language_of(request)).gettext("Please enter an e-mail address")
