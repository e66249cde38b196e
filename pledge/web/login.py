"""Coming in: the set-up of the first account, login and its second step, logout."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.accounts import SHORTEST_PASSWORD, account_flaws
from pledge.secrets import digest
from pledge.store.organizers import Organizer
from pledge.web.contexts import CodePage, LoginPage, SetupPage
from pledge.web.entrance import (
    LOGIN,
    VISIT,
    by_account,
    email_flaw,
    enter,
    enter_or_log_in,
    password_flaws,
    visited,
)
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.problems import too_many
from pledge.web.responding import set_cookie
from pledge.web.services import services
from pledge.web.sessions import HOME, SESSION, form_token, require_token

PASSED = "passed"
"""Cookie of whoever has given the password and not yet the code. It opens nothing by itself."""

_PASSED_SECONDS = 600
_CODE = f"{LOGIN}/code"


async def show_setup(request: Request) -> Response:
    await _require_setup(request)
    return _set_up_page(request)


async def set_up(request: Request) -> Response:
    await _require_setup(request)
    values = await posted(request, ("email", "password", "again", "token"))
    require_token(request, request.cookies.get(VISIT, ""), values["token"])
    errors = {}
    if "email" in account_flaws(values["email"], values["password"]):
        errors["email"] = email_flaw(request)
    errors |= password_flaws(request, values["password"], values["again"])
    if errors:
        return _set_up_page(request, values["email"], errors, status=422)
    organizer = await services(request).organizing.first_organizer(
        values["email"], values["password"]
    )
    if organizer is None:
        raise HTTPException(410)
    return await enter_or_log_in(request, organizer)


async def show_login(request: Request) -> Response:
    wanted = _inside(request.query_params.get("next", ""))
    return visited(request, lambda visit: LoginPage(form_token(request, visit), next=wanted))


async def log_in(request: Request) -> Response:
    values = await posted(request, ("email", "password", "token", "next"))
    visit = request.cookies.get(VISIT, "")
    require_token(request, visit, values["token"])
    limit = services(request).limits.login
    attempt = by_account(request, values["email"])
    # Counted before it is known whether it is right: many at once must not slip through.
    if wait := limit.wait(attempt):
        return too_many(request, wait)
    organizer = await services(request).entering.by_password(values["email"], values["password"])
    home = _inside(values["next"])
    entered = await _let_pass(request, visit, organizer, home) if organizer else None
    if entered is None:
        _ = translations(language_of(request)).gettext
        error = _("The e-mail address or the password is not right")
        return visited(
            request,
            lambda visit: LoginPage(form_token(request, visit), values["email"], error, home),
            status=422,
        )
    limit.forget(attempt)
    return entered


async def show_code(request: Request) -> Response:
    if await _passed(request) is None:
        return RedirectResponse(LOGIN, status_code=303)
    return _code_page(request, _inside(request.query_params.get("next", "")))


async def check_code(request: Request) -> Response:
    values = await posted(request, ("code", "token", "next"))
    require_token(request, request.cookies.get(VISIT, ""), values["token"])
    organizer = await _passed(request)
    if organizer is None:
        return RedirectResponse(LOGIN, status_code=303)
    limits = services(request).limits
    attempt = by_account(request, organizer.email)
    if wait := limits.code.wait(attempt) or limits.account.wait(organizer.email):
        return too_many(request, wait)
    home = _inside(values["next"])
    right = await services(request).entering.use_code(organizer, values["code"])
    entered = await enter(request, organizer, home or HOME) if right else None
    if entered is None:
        _ = translations(language_of(request)).gettext
        error = _("The code is not right, or it has been used already. Please enter the next one.")
        return _code_page(request, home, error, status=422)
    limits.code.forget(attempt)
    entered.delete_cookie(PASSED, httponly=True, samesite="lax")
    return entered


async def log_out(request: Request, organizer: Organizer) -> Response:
    await services(request).entering.log_out(organizer, request.cookies[SESSION])
    response = RedirectResponse(LOGIN, status_code=303)
    response.delete_cookie(SESSION, httponly=True, samesite="lax")
    return response


async def _let_pass(
    request: Request, visit: str, organizer: Organizer, home: str
) -> Response | None:
    """In, or on to the second step; no session exists before that is taken."""
    if not organizer.totp:
        return await enter(request, organizer, home or HOME)
    query = f"?{urlencode({'next': home})}" if home else ""
    response = RedirectResponse(f"{_CODE}{query}", status_code=303)
    passed = services(request).tokens.passed(visit, organizer.id, organizer.password)
    set_cookie(request, response, PASSED, passed, max_age=_PASSED_SECONDS)
    return response


async def _passed(request: Request) -> Organizer | None:
    """Whose password was given by this visitor, a short while ago, and still is the password."""
    token, visit = request.cookies.get(PASSED, ""), request.cookies.get(VISIT, "")
    passed = services(request).tokens.passed_by(visit, token, seconds=_PASSED_SECONDS)
    if passed is None:
        return None
    organizer = await services(request).entering.by_id(passed[0])
    if organizer is None or digest(organizer.password) != passed[1] or not organizer.totp:
        return None
    return organizer


def _code_page(request: Request, wanted: str, error: str = "", *, status: int = 200) -> Response:
    return visited(
        request,
        lambda visit: CodePage(form_token(request, visit), wanted, error),
        status=status,
    )


def _set_up_page(
    request: Request,
    email: str = "",
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    status: int = 200,
) -> Response:
    return visited(
        request,
        lambda visit: SetupPage(
            request.url.path, form_token(request, visit), SHORTEST_PASSWORD, email, errors
        ),
        status=status,
    )


async def _require_setup(request: Request) -> None:
    if not services(request).tokens.setup_is(request.path_params["token"]):
        raise HTTPException(404)
    if not await services(request).organizing.no_organizer_yet():
        raise HTTPException(410)


def _inside(wanted: str) -> str:
    """Where to go after login: only ever into the console."""
    inside = wanted.startswith("/organizer/") and "\\" not in wanted and "//" not in wanted
    return wanted if inside else ""
