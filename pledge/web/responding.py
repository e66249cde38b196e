"""From a page's context to the response, with the policy that the page needs."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pledge.web import caching
from pledge.web.languages import COOKIE, LANGUAGES, language_of
from pledge.web.services import services
from pledge.web.stylesheets import Stylesheet
from pledge.web.templating import render, style_of

Context = TypeVar("Context")

_YEAR = 365 * 24 * 3600

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {style}; img-src 'self' data:; "
    "connect-src {connect}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(
    request: Request,
    context: object,
    status: int = 200,
    *,
    private: bool = False,
    connects: bool = True,
) -> Response:
    """The page in the reader's language. A private one is stored nowhere on its way.

    The scripts of one that does not connect can send nothing anywhere, whatever they try.
    """
    language = language_of(request)
    rendered = render(
        context,
        language=language,
        other_language_href=_other_language_href(request, language),
        origin=origin(request),
    )
    response = HTMLResponse(rendered.html, status_code=status)
    _finish(request, response, rendered.stylesheet, connects=connects)
    response.headers["Cache-Control"] = "no-store" if private else "no-cache"
    if private:
        response.headers["X-Robots-Tag"] = "noindex"
    return response


async def public_page(
    request: Request,
    kind: type[Context],
    depends_on: object,
    make: Callable[[], Awaitable[Context]],
    *,
    connects: bool = True,
) -> Response:
    """A page that is the same for everybody who reads the same language: caches may keep it, and
    for whoever has it already it is not made again. `depends_on` is all that it shows by itself.
    """
    named = caching.tag(kind.__name__, language_of(request), _path(request), depends_on)
    if caching.is_known(request, named):
        response = Response(status_code=304)
        # What a cache takes over from here must be what stands on the page itself.
        _finish(request, response, style_of(kind), connects=connects)
        response.headers["Vary"] += ", Accept-Encoding"
    else:
        response = page(request, await make(), connects=connects)
    caching.let_keep(request, response, named)
    return response


def _finish(request: Request, response: Response, style: Stylesheet, *, connects: bool) -> None:
    response.headers["Content-Security-Policy"] = _POLICY.format(
        style=style.policy_source, connect="'self'" if connects else "'none'"
    )
    response.headers["Vary"] = "Accept-Language, Cookie"
    if (chosen := request.query_params.get("lang", "")) in LANGUAGES:
        set_cookie(request, response, COOKIE, chosen, max_age=_YEAR)


def _path(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}"


def origin(request: Request) -> str:
    """The address of the site as its links name it, without a slash at its end."""
    configured = services(request).settings.base_url
    return configured or f"{request.url.scheme}://{request.url.netloc}"


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Out of reach for scripts and other sites; over TLS alone where the site has it."""
    response.headers.append("set-cookie", cookie_header(request, name, value, max_age=max_age))


def cookie_header(request: Request, name: str, value: str, *, max_age: int | None = None) -> str:
    response = Response()
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=urlsplit(origin(request)).scheme == "https",
    )
    return response.headers["set-cookie"]


def _other_language_href(request: Request, language: str) -> str:
    kept = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    other = next(tag for tag in LANGUAGES if tag != language)
    return f"?{urlencode([*kept, ('lang', other)])}"  # without a path: one may look like a host
