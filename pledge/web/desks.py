"""The console's frame: who is in, and the pages that their role opens."""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace

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
    tail: str = ""
    """What comes after the slug."""

    def href(self, slug: str) -> str:
        return f"{self.home}/{slug}{self.tail}"

    def opens(self, rights: Container[Right], slug: str) -> bool:
        return self.right in rights and (self.rehearsed or "~" not in slug)


_PLACES = (
    _Place(HOME, _("Progress"), Right.SEE, rehearsed=True),
    _Place("/organizer/signatures", _("Signatures"), Right.MODERATE, rehearsed=True),
    _Place("/organizer/roster", _("Roster"), Right.SEE),
    _Place("/organizer/links", _("Links"), Right.EDIT),
    _Place("/organizer/print", _("Print"), Right.EDIT),
    _Place("/organizer/exports", _("Exports"), Right.EXPORT),
)

_SETTINGS = (
    _Place(HOME, _("The text"), Right.EDIT, tail="/text"),
    _Place("/organizer/meetings", _("Meetings"), Right.EDIT),
    _Place("/organizer/settings", _("Form and publication"), Right.EDIT),
    _Place("/organizer/settings", _("Register"), Right.EDIT, tail="/register"),
    _Place("/organizer/settings", _("People"), Right.GOVERN, tail="/team"),
    _Place("/organizer/settings", _("Notices"), Right.GOVERN, tail="/notices"),
    _Place("/organizer/audit", _("Audit log"), Right.GOVERN),
)


def desk(request: Request, organizer: Organizer) -> Desk:
    token = form_token(request, request.cookies[SESSION])
    tabs, settings = _tabs(request)
    return Desk(organizer.email, token, tabs, settings, may=_rights(request))


def home_of(role: Role, slug: str) -> str:
    """Where an organizer begins in an initiative."""
    return next(place.href(slug) for place in _PLACES if place.opens(role.rights, slug))


def _tabs(request: Request) -> tuple[tuple[Tab, ...], tuple[Tab, ...]]:
    """Of the initiative at hand; and, within its settings, of those."""
    permit: Permit | None = getattr(request.state, "permit", None)
    if permit is None:
        return (), ()
    slug = request.path_params["slug"]
    translate = translations(language_of(request)).gettext
    path = request.url.path

    def tabs(places: Iterable[_Place]) -> tuple[Tab, ...]:
        opened = [place for place in places if place.opens(permit.role.rights, slug)]
        # The longest address that the path begins with: one may be the beginning of another.
        here = max(
            (place.href(slug) for place in opened if f"{path}/".startswith(f"{place.href(slug)}/")),
            key=len,
            default="",
        )
        return tuple(
            Tab(place.href(slug), translate(place.name), place.href(slug) == here)
            for place in opened
        )

    settings = tabs(_SETTINGS)
    within = any(tab.current for tab in settings)
    main = tabs(_PLACES)
    if settings:
        main = tuple(replace(tab, current=tab.current and not within) for tab in main)
        main = (*main, Tab(settings[0].href, translate(_("Settings")), within))
    return main, settings if within else ()


def _rights(request: Request) -> frozenset[str]:
    permit: Permit | None = getattr(request.state, "permit", None)
    return frozenset(permit.role.rights) if permit else frozenset()
