"""`/organizer/signatures/{slug}/{number}`: all that is known of an entry, and what may be done."""

from collections.abc import Callable, Mapping
from gettext import NullTranslations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.codes import drawn_code, signing_address
from pledge.domain.amendments import (
    Amended,
    Doubtful,
    NotStanding,
    PersonErased,
    Refusal,
    Taken,
    Unchanged,
)
from pledge.domain.audit import Action
from pledge.domain.erasures import has_gone
from pledge.domain.initiatives import in_language
from pledge.domain.links import LinkKind
from pledge.domain.names import (
    InvalidValue,
    company_name,
    optional_line,
    person_name,
    phone_number,
)
from pledge.domain.outlines import outline
from pledge.domain.rights import Right
from pledge.domain.searches import Shown
from pledge.domain.signatures import Company, Person, State
from pledge.domain.uscc import uscc
from pledge.reviewing import Dossier
from pledge.store.organizers import Organizer
from pledge.web.audit_words import action_words, change_words
from pledge.web.auditing import who
from pledge.web.contexts import (
    AmendForm,
    AuditLine,
    EntryPage,
    ErasedView,
    PersonalLink,
    UnsetCharacter,
)
from pledge.web.dashboard import to_progress
from pledge.web.desks import desk
from pledge.web.entry_words import link_words, shown_words, vouched_words
from pledge.web.forms import flaw_of, posted, ticked
from pledge.web.languages import language_of, translations
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.signatures import checked_reason, entry_row
from pledge.web.views import initiative_view

_COMPANY = {"company": company_name, "uscc": uscc}
_PERSON = {"representative": person_name, "title": optional_line, "phone": phone_number}
_TYPED = (*_COMPANY, *_PERSON, "publish", "stays", "sure", "reason")


async def show(request: Request, organizer: Organizer) -> Response:
    dossier = await _dossier(request)
    erased = await _erased(request, dossier) if dossier.entry.erased_at else None
    return _page(request, organizer, dossier, erased=erased)


async def change(request: Request, organizer: Organizer) -> Response:
    """Whichever of the page's forms was sent."""
    sent = await posted(request, ("action", "back", *_TYPED))
    action = sent["action"]
    if action in ("hide", "restore", "approve"):
        return await _moderate(request, organizer, sent)
    amend = {
        "correct": _correct,
        "replace": _replace,
        "withdraw": _withdraw,
        "merge": _merge,
        "invite": _invite,
    }
    if action not in amend:
        raise HTTPException(400, "action")
    return await amend[action](request, organizer, await _dossier(request), sent)


async def _moderate(request: Request, organizer: Organizer, sent: Mapping[str, str]) -> Response:
    """One tap; tapped twice, it does nothing more."""
    moderating = services(request).moderating
    actions = {
        "hide": moderating.hide,
        "restore": moderating.restore,
        "approve": moderating.approve,
    }
    reason, errors = checked_reason(request, sent, required=False)
    if errors:
        return _page(request, organizer, await _dossier(request), sent, errors)
    number = _number(request)
    changed = await actions[sent["action"]](
        permit(request).initiative_id, number, by=organizer.actor, reason=reason
    )
    if sent["back"] == "progress":
        return to_progress(request, place="newest")
    return _to(request, number, sent["action"] if changed else "")


async def _correct(
    request: Request, organizer: Organizer, dossier: Dossier, sent: Mapping[str, str]
) -> Response:
    values, errors = _checked(request, sent, {**_COMPANY, **_PERSON})
    reason, wrong = checked_reason(request, sent, required=False)
    if errors | wrong:
        return _page(request, organizer, dossier, sent, errors | wrong)
    outcome = await services(request).amending.correct(
        dossier.initiative.id,
        dossier.entry.number,
        Company(values["company"], values["uscc"]),
        Person(values["representative"], values["title"], values["phone"]),
        by=organizer.actor,
        reason=reason,
    )
    return _answer(request, organizer, dossier, sent, outcome)


async def _replace(
    request: Request, organizer: Organizer, dossier: Dossier, sent: Mapping[str, str]
) -> Response:
    values, errors = _checked(request, sent, _PERSON)
    reason, wrong = checked_reason(request, sent, required=True)
    if errors | wrong:
        return _page(request, organizer, dossier, sent, errors | wrong)
    outcome = await services(request).amending.replace(
        dossier.initiative.id,
        dossier.entry.number,
        Person(values["representative"], values["title"], values["phone"], ticked(sent["publish"])),
        by=organizer.actor,
        reason=reason,
    )
    return _answer(request, organizer, dossier, sent, outcome)


async def _withdraw(
    request: Request, organizer: Organizer, dossier: Dossier, sent: Mapping[str, str]
) -> Response:
    reason, errors = checked_reason(request, sent, required=True)
    if errors:
        return _page(request, organizer, dossier, sent, errors)
    number = dossier.entry.number
    done = await services(request).amending.withdraw(
        dossier.initiative.id, number, by=organizer.actor, reason=reason
    )
    return _to(request, number, "withdraw" if done else "late")


async def _merge(
    request: Request, organizer: Organizer, dossier: Dossier, sent: Mapping[str, str]
) -> Response:
    """The entry of this page goes; the one that was named stays."""
    _ = translations(language_of(request)).gettext
    reason, errors = checked_reason(request, sent, required=True)
    stays = sent["stays"].strip()
    if not (stays.isascii() and stays.isdecimal() and len(stays) <= 15):
        errors["stays"] = _("Please enter the number of the entry that stays")
    if errors:
        return _page(request, organizer, dossier, sent, errors)
    outcome = await services(request).amending.merge(
        dossier.initiative.id,
        dossier.entry.number,
        int(stays),
        sure=ticked(sent["sure"]),
        by=organizer.actor,
        reason=reason,
    )
    if isinstance(outcome, NotStanding) and dossier.entry.state is State.STANDING:
        errors["stays"] = _("No entry with this number stands")
        return _page(request, organizer, dossier, sent, errors)
    return _answer(request, organizer, dossier, sent, outcome)


async def _invite(
    request: Request, organizer: Organizer, dossier: Dossier, _sent: Mapping[str, str]
) -> Response:
    """A personal link for a company whose entry has ended, so that it may sign anew."""
    if Right.EDIT not in permit(request).role.rights:  # as for any other link
        raise HTTPException(403, "role")
    entry, initiative = dossier.entry, dossier.initiative
    if not _may_sign_anew(dossier):
        return _to(request, entry.number, "late")
    await services(request).linking.create(
        initiative.id,
        LinkKind.INVITATION,
        meeting=initiative.meeting(entry.meeting_id).key,
        company=entry.company,
        by=organizer.actor,
    )
    return _to(request, entry.number, "")


def _answer(
    request: Request,
    organizer: Organizer,
    dossier: Dossier,
    sent: Mapping[str, str],
    outcome: Amended | Refusal,
) -> Response:
    _ = translations(language_of(request)).gettext
    match outcome:
        case Amended(number):
            return _to(request, number, sent["action"])
        case NotStanding():
            return _to(request, dossier.entry.number, "late")
        case Unchanged():
            field = "stays" if sent["action"] == "merge" else "company"
            return _page(request, organizer, dossier, sent, {field: _("That would change nothing")})
        case PersonErased():
            errors = {"reason": _("The personal data is erased: nothing is left to be corrected")}
            return _page(request, organizer, dossier, sent, errors)
        case Taken(number):
            errors = {"company": _("Another entry stands for this company")}
            return _page(request, organizer, dossier, sent, errors, taken=number)
        case Doubtful(_one, other):
            errors = {"sure": _("These do not look like one company. Merge them all the same?")}
            return _page(request, organizer, dossier, sent, errors, doubt=other)


def _checked(
    request: Request, sent: Mapping[str, str], checks: Mapping[str, Callable[[str], str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """What was typed as it will be stored, and what is wrong with it, by field."""
    messages = translations(language_of(request))
    values, errors = {}, {}
    for name, check in checks.items():
        try:
            values[name] = check(sent[name])
        except InvalidValue as invalid:
            errors[name] = flaw_of(name, invalid, messages)
    return values, errors


async def _erased(request: Request, dossier: Dossier) -> ErasedView | None:
    """When it was erased, and how far that has got."""
    found = await services(request).sweeping.of_entry(dossier.initiative.id, dossier.entry.number)
    if found is None:
        return None
    meeting = dossier.initiative.meeting(dossier.entry.meeting_id)
    return ErasedView(
        at=meeting.local(found.erased_at),
        swept_at=meeting.local(found.swept_at) if found.swept_at else None,
        fault=found.fault,
    )


async def _dossier(request: Request) -> Dossier:
    number = _number(request)
    found = await services(request).reviewing.dossier(permit(request).initiative_id, number)
    if found is None:
        raise HTTPException(404, "signature")
    return found


def _number(request: Request) -> int:
    number: int = request.path_params["number"]
    return number


def _to(request: Request, number: int, done: str) -> Response:
    address = f"/organizer/signatures/{request.path_params['slug']}/{number}"
    return RedirectResponse(f"{address}?done={done}" if done else address, status_code=303)


def _may_sign_anew(dossier: Dossier) -> bool:
    """Nobody stands for the company any more; a rehearsal is led by the real one's links."""
    return (
        dossier.entry.state is State.WITHDRAWN
        and dossier.stands_for_company is None
        and not dossier.initiative.is_rehearsal
    )


def _page(
    request: Request,
    organizer: Organizer,
    dossier: Dossier,
    sent: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    *,
    taken: int | None = None,
    doubt: Company | None = None,
    erased: ErasedView | None = None,
) -> Response:
    language = language_of(request)
    messages = translations(language)
    entry, initiative = dossier.entry, dossier.initiative
    meeting = initiative.meeting(entry.meeting_id)
    shown = Shown.of(entry)
    form = AmendForm(sent["action"], sent, errors or {}, taken, doubt) if sent else AmendForm()
    context = EntryPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, dossier.standing, language),
        number=entry.number,
        company=entry.company.name,
        uscc=entry.company.uscc,
        representative=entry.person.name,
        title=entry.person.title,
        phone=entry.person.phone,
        publish=entry.person.publish,
        ink=outline(entry.ink) if entry.ink else None,
        signed_at=meeting.local(entry.signed_at),
        meeting=in_language(meeting.place, language),
        link=link_words(dossier.link, messages),
        vouched=vouched_words(entry.vouched, messages),
        assisted=entry.assisted,
        text_number=dossier.text_number,
        text_digest=entry.text,
        receipt=f"{origin(request)}/r/{entry.receipt}",
        shown=shown,
        state=shown_words(shown, messages),
        awaits=entry.awaits,
        replaces=entry.replaces,
        merged=tuple(
            one.number
            for one in dossier.chain.values()
            if one.replaced_by == entry.number and one.number != entry.replaces
        ),
        replaced_by=entry.replaced_by,
        device=bool(entry.device),
        unset=tuple(UnsetCharacter(one.name, one.lines) for one in dossier.unset),
        same_device=tuple(dossier.same_device),
        alike=tuple(entry_row(request, initiative, one) for one in dossier.alike),
        history=_history(dossier, messages),
        is_erased=entry.erased_at is not None,
        erased=erased,
        may_erase=Right.GOVERN in permit(request).role.rights
        and not initiative.is_rehearsal
        and not has_gone(entry, company=True),
        form=form,
        may_sign_anew=_may_sign_anew(dossier),
        personal=_personal(request, dossier),
        cursor=dossier.standing.cursor,
        notice=_notices(messages).get(request.query_params.get("done", ""), ""),
    )
    return page(request, context, 422 if errors else 200, private=True)


def _personal(request: Request, dossier: Dossier) -> PersonalLink | None:
    link = dossier.personal
    if link is None or not _may_sign_anew(dossier) or link.ended(services(request).clock()):
        return None
    token = services(request).tokens.link(link.id)
    code = drawn_code(signing_address(origin(request), token))
    return PersonalLink(f"{origin(request)}/s/{token}", code)


def _history(dossier: Dossier, messages: NullTranslations) -> tuple[AuditLine, ...]:
    """How it was signed, and what was done to it and to the entries before and after it."""
    initiative = dossier.initiative
    meeting = initiative.meeting(dossier.entry.meeting_id)
    made = {
        one.after["number"]
        for one in dossier.history
        if one.action in (Action.CORRECTED, Action.REPLACED)
    }
    signed = [
        AuditLine(
            at=meeting.local(one.signed_at),
            who=one.person.name or messages.gettext("(erased)"),
            action=messages.gettext("Signed"),
            subject=one.company.name,
            number=one.number,
            reason="",
            before="",
            after="",
        )
        for one in dossier.chain.values()
        if str(one.number) not in made
    ]
    done = [
        AuditLine(
            at=meeting.local(one.at),
            who=who(one.who, messages),
            action=action_words(one.action, messages),
            subject=one.subject,
            number=one.number,
            reason=one.reason,
            before=change_words(one.before, messages),
            after=change_words(one.after, messages),
        )
        for one in dossier.history
    ]
    return tuple(sorted([*signed, *done], key=lambda line: line.at))


def _notices(messages: NullTranslations) -> Mapping[str, str]:
    """What the last action has done."""
    _ = messages.gettext
    return {
        "hide": _("Hidden from walls and lists"),
        "restore": _("Shown again on walls and lists"),
        "approve": _("Approved"),
        "correct": _("Corrected: this new entry takes the place of the old one, which is kept"),
        "replace": _("Replaced: this new entry takes the place of the old one, which is kept"),
        "withdraw": _("Withdrawn"),
        "merge": _("Merged: this entry stands, the other one is kept and no longer counts"),
        "erase": _("Erased: what is left of the entry is shown here"),
        "erase-exports": _(
            "Erased: what is left of the entry is shown here. Exports that were kept here are "
            "removed, and those under way are called off; please begin anew what you need."
        ),
        "late": _("Nothing was changed: the entry no longer stands as it was shown"),
    }
