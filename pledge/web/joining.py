"""One-time links: `/organizer/join/{token}` into an initiative, `…/reset/{token}` to a password."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.admitting import Behind
from pledge.domain.accounts import SHORTEST_PASSWORD, as_stored
from pledge.domain.admissions import OneTimeLink, Reset
from pledge.store.organizers import Organizer
from pledge.web.contexts import JoinPage, ResetPage
from pledge.web.desks import home_of
from pledge.web.entrance import LOGIN, VISIT, enter_or_log_in, password_flaws, visited
from pledge.web.forms import posted
from pledge.web.languages import language_of
from pledge.web.services import services
from pledge.web.sessions import SESSION, form_token, require_token, visitor

_NOTHING_WRONG: Mapping[str, str] = MappingProxyType({})


async def show_join(request: Request) -> Response:
    behind = await _behind(request)
    return _join_page(request, behind, await visitor(request))


async def join(request: Request) -> Response:
    """A new account, or the invited one that is in; anybody else is shown the page again."""
    behind = await _behind(request)
    organizer = await visitor(request)
    values = await posted(request, ("password", "again", "token"))
    holder = request.cookies.get(SESSION if organizer else VISIT, "")
    require_token(request, holder, values["token"])
    admitting = services(request).admitting
    admission, slug = behind.admission, behind.initiative.slug
    again = RedirectResponse(request.url.path, status_code=303)
    if organizer:
        role = await admitting.accept(admission, organizer)
        return RedirectResponse(home_of(role, slug), status_code=303) if role else again
    if behind.has_account:
        return again
    if errors := password_flaws(request, values["password"], values["again"]):
        return _join_page(request, behind, None, errors, status=422)
    made = await admitting.join(admission, values["password"])
    return await enter_or_log_in(request, made, home_of(admission.role, slug)) if made else again


async def show_reset(request: Request) -> Response:
    return _reset_page(request, await _reset(request))


async def reset(request: Request) -> Response:
    found = await _reset(request)
    values = await posted(request, ("password", "again", "token"))
    require_token(request, request.cookies.get(VISIT, ""), values["token"])
    if errors := password_flaws(request, values["password"], values["again"]):
        return _reset_page(request, found, errors, status=422)
    organizer = await services(request).entering.choose_password(found, values["password"])
    if organizer is None:
        return RedirectResponse(request.url.path, status_code=303)
    return await enter_or_log_in(request, organizer)


async def _behind(request: Request) -> Behind:
    behind = await services(request).admitting.behind(request.path_params["token"])
    if behind is None:
        raise HTTPException(404, "admission")
    _require_standing(request, behind.admission)
    return behind


async def _reset(request: Request) -> Reset:
    found = await services(request).entering.reset_by(request.path_params["token"])
    if found is None:
        raise HTTPException(404, "admission")
    _require_standing(request, found)
    return found


def _require_standing(request: Request, link: OneTimeLink) -> None:
    if ended := link.ended(services(request).clock()):
        raise HTTPException(410, ended)


def _join_page(
    request: Request,
    behind: Behind,
    organizer: Organizer | None,
    errors: Mapping[str, str] = _NOTHING_WRONG,
    *,
    status: int = 200,
) -> Response:
    admission, path = behind.admission, request.url.path
    if organizer:
        state = "accept" if as_stored(organizer.email) == admission.email else "other"
    else:
        state = "login" if behind.has_account else "new"
    return visited(
        request,
        lambda visit: JoinPage(
            action=path,
            token=form_token(request, request.cookies[SESSION] if organizer else visit),
            state=state,
            initiative=behind.initiative.title(language_of(request)),
            role=admission.role,
            email=admission.email,
            invited_by=admission.invited_by,
            visitor=organizer.email if organizer else "",
            login=f"{LOGIN}?{urlencode({'next': path})}",
            shortest=SHORTEST_PASSWORD,
            errors=errors,
        ),
        status=status,
    )


def _reset_page(
    request: Request,
    found: Reset,
    errors: Mapping[str, str] = _NOTHING_WRONG,
    *,
    status: int = 200,
) -> Response:
    return visited(
        request,
        lambda visit: ResetPage(
            request.url.path,
            form_token(request, visit),
            found.email,
            SHORTEST_PASSWORD,
            errors,
        ),
        status=status,
    )
