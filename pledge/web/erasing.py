"""`/organizer/signatures/{slug}/{number}/erase`: what erasing takes and leaves, and doing it."""

from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.erasures import Erased, ReasonNames, has_gone
from pledge.domain.signatures import Signature
from pledge.reviewing import Dossier
from pledge.store.organizers import Organizer
from pledge.web.contexts import AmendForm, ErasePage
from pledge.web.desks import desk
from pledge.web.forms import posted, ticked
from pledge.web.languages import language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.signatures import checked_reason
from pledge.web.views import initiative_view


async def ask(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer, await _dossier(request))


async def erase(request: Request, organizer: Organizer) -> Response:
    _ = translations(language_of(request)).gettext
    sent = await posted(request, ("action", "reason", "company", "confirm"))
    dossier = await _dossier(request)
    number, company = dossier.entry.number, ticked(sent["company"])
    reason, errors = checked_reason(request, sent, required=True)
    if sent["confirm"].strip() != str(number):
        errors["confirm"] = _("Please type the number of this entry, as it stands above")
    if not errors and has_gone(dossier.entry, company=company):
        errors["company"] = _("Only the company is left to be erased: please tick this if it is to")
    if errors:
        return await _page(request, organizer, dossier, sent, errors)
    outcome = await services(request).erasing.erase(
        dossier.initiative.id, [number], company=company, by=organizer.actor, reason=reason
    )
    if isinstance(outcome, ReasonNames):
        errors["reason"] = _("The reason stays in the log: please leave out whom it is about")
        return await _page(request, organizer, dossier, sent, errors)
    done = "late"
    if isinstance(outcome, Erased):
        done = "erase-exports" if outcome.exports else "erase"
    return RedirectResponse(f"{_entry(request)}?done={done}", status_code=303)


async def _dossier(request: Request) -> Dossier:
    number: int = request.path_params["number"]
    found = await services(request).reviewing.dossier(permit(request).initiative_id, number)
    if found is None:
        raise HTTPException(404, "signature")
    return found


def _entry(request: Request) -> str:
    slug, number = request.path_params["slug"], request.path_params["number"]
    return f"/organizer/signatures/{slug}/{number}"


async def _page(
    request: Request,
    organizer: Organizer,
    dossier: Dossier,
    sent: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    entry: Signature = dossier.entry
    prospect = await services(request).erasing.prospect(dossier.initiative.id, entry.number)
    if prospect is None or has_gone(entry, company=True):
        return RedirectResponse(_entry(request), status_code=303)
    language = language_of(request)
    context = ErasePage(
        desk=desk(request, organizer),
        initiative=initiative_view(dossier.initiative, dossier.standing, language),
        number=entry.number,
        company=entry.company.name,
        person_erased=has_gone(entry, company=False),
        person=prospect.person,
        whole=prospect.company,
        stands=prospect.stands,
        namesakes=prospect.namesakes,
        form=AmendForm("erase", sent, errors or {}) if sent else AmendForm(),
    )
    return page(request, context, 422 if errors else 200, private=True)
