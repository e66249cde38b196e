"""`/organizer/initiatives`: the list of them, a new one, the duplicate of one."""

import re
from collections.abc import Mapping
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain import texts
from pledge.domain.initiatives import SLUG, Initiative, PartialDate
from pledge.domain.names import InvalidValue, optional_line
from pledge.domain.rights import Right
from pledge.founding import Plan
from pledge.store.organizers import Organizer
from pledge.web.contexts import FoundingForm, OrganizerEntry, OrganizerInitiativesPage
from pledge.web.desks import desk, home_of
from pledge.web.forms import posted
from pledge.web.languages import LANGUAGES, language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import HOME
from pledge.web.text_words import flaw_words, language_name
from pledge.web.views import index_entry

_FIELDS = (*(f"title_{tag}" for tag in LANGUAGES), "slug", "place", "date")
_NOTHING: Mapping[str, str] = MappingProxyType(dict.fromkeys(_FIELDS, ""))
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


async def show(request: Request, organizer: Organizer) -> Response:
    wanted = request.query_params.get("copy", "")
    model = await _model(request, organizer, wanted) if wanted else None
    typed = dict(_NOTHING)
    if model:
        typed |= {f"title_{tag}": text.title for tag, text in model.text.texts.items()}
    return await _page(request, organizer, model, typed)


async def found(request: Request, organizer: Organizer) -> Response:
    """Makes an initiative, or the duplicate of one."""
    if not organizer.creates:
        raise HTTPException(403)
    typed = await posted(request, (*_FIELDS, "copy"))
    model = await _model(request, organizer, typed["copy"]) if typed["copy"] else None
    form = _Checked(request, typed, model)
    if not form.errors:
        if await form.found(organizer):
            return RedirectResponse(f"{HOME}/{form.slug}", status_code=303)
        _ = translations(language_of(request)).gettext
        form.errors["slug"] = _("Another initiative has this address already")
    return await _page(request, organizer, model, typed, form.errors, status=422)


class _Checked:
    """What was typed as a plan, or a message at each field that can't be taken."""

    def __init__(self, request: Request, typed: Mapping[str, str], model: Initiative | None):
        self._request = request
        self._typed = typed
        self._model = model
        self._messages = translations(language_of(request))
        self.errors: dict[str, str] = {}
        self.titles = self._titles(model.languages if model else LANGUAGES)
        self.slug = self._slug()
        self.place, self.date = ("", None) if model else (self._place(), self._date())

    async def found(self, organizer: Organizer) -> bool:
        """False: the slug is taken."""
        founding = services(self._request).founding
        if self._model:
            return await founding.duplicate(self._model.id, self.slug, self.titles, by=organizer)
        assert self.date is not None  # noqa: S101 -- there are no errors
        plan = Plan(self.slug, self.titles, self.place, self.date)
        return await founding.create(plan, by=organizer)

    def _titles(self, languages: tuple[str, ...]) -> dict[str, str]:
        """By language; a new initiative has those in which a title is given."""
        _ = self._messages.gettext
        titles = {}
        for tag in languages:
            field = f"title_{tag}"
            try:
                titles[tag] = texts.title(self._typed[field])
            except InvalidValue as invalid:
                self.errors[field] = flaw_words(invalid, texts.LONGEST_TITLE, self._messages)
                continue
            if not titles[tag] and self._model:
                self.errors[field] = _("Please enter a title")
        titles = {tag: title for tag, title in titles.items() if title}
        if not titles and not self.errors:
            self.errors[f"title_{languages[0]}"] = _(
                "Please enter a title in at least one language"
            )
        return titles

    def _slug(self) -> str:
        _ = self._messages.gettext
        slug = self._typed["slug"].strip()
        if not slug:
            self.errors["slug"] = _("Please enter an address")
        elif not SLUG.fullmatch(slug):
            self.errors["slug"] = _(
                "Takes letters a to z, digits and hyphens between them, 80 at most"
            )
        return slug

    def _place(self) -> str:
        _ = self._messages.gettext
        try:
            place = optional_line(self._typed["place"])
        except InvalidValue as invalid:
            self.errors["place"] = flaw_words(invalid, 100, self._messages)
            return ""
        if not place:
            self.errors["place"] = _("Please enter the city of the first meeting")
        return place

    def _date(self) -> PartialDate | None:
        _ = self._messages.gettext
        typed = self._typed["date"].strip()
        try:
            if not _DATE.fullmatch(typed):
                raise ValueError
            return PartialDate.parse(typed)
        except ValueError:
            self.errors["date"] = _("Please enter a date that exists, such as 2026-08-10")
            return None


async def _model(request: Request, organizer: Organizer, slug: str) -> Initiative:
    """What is to be duplicated: one that this organizer may edit."""
    permitted = await services(request).organizing.permitted(organizer.id, slug)
    if permitted is None or "~" in slug:
        raise HTTPException(404, "initiative")
    if Right.EDIT not in permitted[1].rights:
        raise HTTPException(403, "role")
    return await services(request).founding.model(permitted[0])


async def _page(
    request: Request,
    organizer: Organizer,
    model: Initiative | None,
    typed: Mapping[str, str],
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    status: int = 200,
) -> Response:
    language = language_of(request)
    mine = await services(request).organizing.mine(organizer.id)
    entries = (
        OrganizerEntry(
            index_entry(initiative, standing, language),
            role,
            home_of(role, initiative.slug),
            organizer.creates and Right.EDIT in role.rights,
        )
        for initiative, standing, role in mine
    )
    languages = model.languages if model else LANGUAGES
    form = FoundingForm(
        model=model.slug if model else "",
        model_title=model.title(language) if model else "",
        titles=tuple(
            (f"title_{tag}", language_name(tag, translations(language))) for tag in languages
        ),
        values=typed,
        errors=errors,
    )
    context = OrganizerInitiativesPage(
        desk(request, organizer), tuple(entries), form if organizer.creates else None
    )
    return page(request, context, status, private=True)
