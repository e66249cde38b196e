"""The console's frame: who is in, and the pages that their role opens."""

from dataclasses import dataclass

from starlette.requests import Request

from pledge.domain.rights import Right, Role
from pledge.store.organizers import Organizer
from pledge.web.contexts import Desk, Tab
from pledge.web.languages import language_of, translations
from pledge.web.sessions import HOME, SESSION, Permit, form_token


def _(message: str) -> str:
    """Marks a message that is translated where it is shown."""
    return message


@dataclass(frozen=True)
class _Place:
    home: str
    """Address without the initiative's slug."""
    name: str
    right: Right
    rehearsed: bool = False
    """Whether rehearsals have it too."""


_PLACES = (
    _Place(HOME, _("Progress"), Right.SEE, rehearsed=True),
    _Place("/organizer/roster", _("Roster"), Right.SEE),
    _Place("/organizer/exports", _("Exports"), Right.EXPORT),
    _Place("/organizer/audit", _("Audit log"), Right.GOVERN),
)


def desk(request: Request, organizer: Organizer) -> Desk:
    token = form_token(request, request.cookies[SESSION])
    return Desk(organizer.email, token, _tabs(request), may=_rights(request))


def home_of(role: Role, slug: str) -> str:
    """Where an organizer begins in an initiative."""
    return next(f"{place.home}/{slug}" for place in _PLACES if place.right in role.rights)


def _tabs(request: Request) -> tuple[Tab, ...]:
    permit: Permit | None = getattr(request.state, "permit", None)
    slug = request.path_params.get("slug", "")
    if permit is None:
        return ()
    translate = translations(language_of(request)).gettext
    path = request.url.path
    return tuple(
        Tab(
            f"{place.home}/{slug}",
            translate(place.name),
            path == f"{place.home}/{slug}" or path.startswith(f"{place.home}/{slug}/"),
        )
        for place in _PLACES
        if place.right in permit.role.rights and (place.rehearsed or "~" not in slug)
    )


def _rights(request: Request) -> frozenset[str]:
    permit: Permit | None = getattr(request.state, "permit", None)
    return frozenset(permit.role.rights) if permit else frozenset()
