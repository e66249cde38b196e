"""`/organizer/settings`: one's own account; `/organizer/second-factor` turns that on."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge import second_factor
from pledge.codes import drawn_code
from pledge.domain.accounts import SHORTEST_PASSWORD
from pledge.domain.initiatives import DEFAULT_ZONE
from pledge.secrets import digest
from pledge.store.organizers import Organizer
from pledge.web.browsers import browser_words
from pledge.web.contexts import AccountPage, SecondFactorPage, SessionRow
from pledge.web.desks import desk
from pledge.web.entrance import by_account, password_flaws
from pledge.web.forms import posted
from pledge.web.languages import language_of, translations
from pledge.web.problems import too_many
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import SESSION

HERE = "/organizer/settings"

_NOTHING_WRONG: Mapping[str, str] = MappingProxyType({})


async def show(request: Request, organizer: Organizer) -> Response:
    return await _account_page(request, organizer)


async def change(request: Request, organizer: Organizer) -> Response:
    """Does what the pressed button says."""
    actions = {
        "password": _change_password,
        "second-factor-off": _turn_off,
        "end": _end,
        "end-others": _end_others,
    }
    [action] = (await posted(request, ("action",))).values()
    if action not in actions:
        raise HTTPException(400, "action")
    return await actions[action](request, organizer)


async def show_second_factor(request: Request, organizer: Organizer) -> Response:
    if organizer.totp:
        return RedirectResponse(HERE, status_code=303)
    return _second_factor_page(request, organizer, second_factor.new_secret())


async def turn_on(request: Request, organizer: Organizer) -> Response:
    """Nothing counts before a code has shown that the app has taken the secret in."""
    if organizer.totp:
        return RedirectResponse(HERE, status_code=303)
    values = await posted(request, ("secret", "code"))
    if not second_factor.is_secret(values["secret"]):
        raise HTTPException(400, "secret")
    turned = await services(request).entering.turn_second_factor_on(
        organizer, values["secret"], values["code"]
    )
    if not turned:
        _ = translations(language_of(request)).gettext
        error = _("The code is not right. Is the phone's clock set automatically?")
        return _second_factor_page(request, organizer, values["secret"], error, status=422)
    return _done("second-factor-on")


async def _change_password(request: Request, organizer: Organizer) -> Response:
    values = await posted(request, ("current", "password", "again"))
    errors = password_flaws(request, values["password"], values["again"])
    if errors:
        return await _account_page(request, organizer, errors, status=422)
    limit, attempt = services(request).limits.login, by_account(request, organizer.email)
    if wait := limit.wait(attempt):
        return too_many(request, wait)
    changed = await services(request).entering.change_password(
        organizer, values["current"], values["password"], token=request.cookies[SESSION]
    )
    if not changed:
        errors = {"current": _wrong_password(request)}
        return await _account_page(request, organizer, errors, status=422)
    limit.forget(attempt)
    return _done("password")


async def _turn_off(request: Request, organizer: Organizer) -> Response:
    if not organizer.totp:
        return _done("")
    values = await posted(request, ("confirm", "code"))
    limits, attempt = services(request).limits, by_account(request, organizer.email)
    if wait := limits.login.wait(attempt):
        return too_many(request, wait)
    entering = services(request).entering
    if not await entering.password_is(organizer, values["confirm"]):
        errors = {"confirm": _wrong_password(request)}
        return await _account_page(request, organizer, errors, status=422)
    if wait := limits.code.wait(attempt) or limits.account.wait(organizer.email):
        return too_many(request, wait)
    if not await entering.turn_second_factor_off(organizer, values["code"]):
        _ = translations(language_of(request)).gettext
        errors = {"code": _("The code is not right, or it has been used already")}
        return await _account_page(request, organizer, errors, status=422)
    limits.login.forget(attempt)
    limits.code.forget(attempt)
    return _done("second-factor-off")


async def _end(request: Request, organizer: Organizer) -> Response:
    [session] = (await posted(request, ("session",))).values()
    ended = await services(request).entering.end_session(organizer, session)
    return _done("ended" if ended else "")


async def _end_others(request: Request, organizer: Organizer) -> Response:
    await services(request).entering.end_other_sessions(organizer, request.cookies[SESSION])
    return _done("ended")


async def _account_page(
    request: Request,
    organizer: Organizer,
    errors: Mapping[str, str] = _NOTHING_WRONG,
    *,
    status: int = 200,
) -> Response:
    messages = translations(language_of(request))
    _ = messages.gettext
    notices = {
        "password": _("The password has been changed; all other sessions have ended"),
        "second-factor-on": _("The second factor is on: the next login asks for a code"),
        "second-factor-off": _("The second factor is off"),
        "ended": _("Ended; whoever was in there has to log in again"),
    }
    own = digest(request.cookies[SESSION])
    sessions = await services(request).entering.sessions_of(organizer)
    context = AccountPage(
        desk=desk(request, organizer),
        shortest=SHORTEST_PASSWORD,
        second_factor=bool(organizer.totp),
        sessions=tuple(
            SessionRow(
                id=one.digest,
                browser=browser_words(one.agent, messages),
                created_at=_local(one.created_at),
                seen_at=_local(one.seen_at or one.created_at),
                own=one.digest == own,
            )
            for one in sessions
        ),
        errors=errors,
        notice=notices.get(request.query_params.get("done", ""), ""),
    )
    return page(request, context, status, private=True)


def _second_factor_page(
    request: Request, organizer: Organizer, secret: str, error: str = "", *, status: int = 200
) -> Response:
    site = urlsplit(origin(request)).hostname or ""
    context = SecondFactorPage(
        desk=desk(request, organizer),
        action=request.url.path,
        secret=secret,
        code=drawn_code(second_factor.address(secret, organizer.email, site)),
        error=error,
    )
    return page(request, context, status, private=True)


def _done(what: str) -> Response:
    return RedirectResponse(f"{HERE}?done={what}" if what else HERE, status_code=303)


def _wrong_password(request: Request) -> str:
    return translations(language_of(request)).gettext("This is not your current password")


def _local(at: datetime) -> datetime:
    """No meeting is at hand here to say in which zone."""
    return at.astimezone(ZoneInfo(DEFAULT_ZONE))
