"""`/organizer/settings/{slug}/notices`: to whom is told what happens."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from gettext import NullTranslations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.initiatives import Initiative
from pledge.domain.names import InvalidValue, optional_line
from pledge.domain.notices import NoticeEvent, Target, TargetKind, likely_kind, masked
from pledge.errors import NotFound
from pledge.store.organizers import Organizer
from pledge.subscribing import Subscription, Targets, Told
from pledge.web.contexts import AnswerView, NoticesPage, NoticeTargetPage, TargetForm, TargetView
from pledge.web.desks import desk
from pledge.web.forms import flaw_of, posted
from pledge.web.languages import LANGUAGES, language_of, translations
from pledge.web.notice_words import address_flaw, answer_words, event_words, kind_words
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view

_TYPED = ("kind", "name", "address", "secret", "language")
_TICKED = tuple(f"event-{event}" for event in NoticeEvent)
_SECRET = re.compile(r"[!-~]{1,200}")


@dataclass
class _Form:
    """What an owner has sent."""

    typed: dict[str, str]
    events: frozenset[NoticeEvent]
    errors: dict[str, str] = field(default_factory=dict)
    wanted: Subscription | None = None
    """Holds once there are no errors."""


async def show(request: Request, organizer: Organizer) -> Response:
    return await _list_page(request, organizer)


async def add(request: Request, organizer: Organizer) -> Response:
    form = await _form(request)
    if form.wanted is None:
        return await _list_page(request, organizer, form, status=422)
    subscribing = services(request).subscribing
    if not await subscribing.add(permit(request).initiative_id, form.wanted, by=organizer.actor):
        _ = _messages(request).gettext
        form.errors["form"] = _("There are as many targets as there may be.")
        return await _list_page(request, organizer, form, status=422)
    return RedirectResponse(f"{_home(request)}?done=added#notice", status_code=303)


async def show_target(request: Request, organizer: Organizer) -> Response:
    return await _target_page(request, organizer)


async def change(request: Request, organizer: Organizer) -> Response:
    """Whichever button was pressed."""
    initiative_id, target_id = permit(request).initiative_id, _target_id(request)
    subscribing, by = services(request).subscribing, organizer.actor
    action = (await posted(request, ("action",)))["action"]
    try:
        match action:
            case "save":
                return await _save(request, organizer)
            case "test":
                await subscribing.test(initiative_id, target_id, by=by)
            case "on" | "off":
                await subscribing.switch(initiative_id, target_id, on=action == "on", by=by)
            case "renew":
                await subscribing.renew_secret(initiative_id, target_id, by=by)
                return RedirectResponse(f"{_home(request)}/{target_id}", status_code=303)
            case "remove":
                await subscribing.remove(initiative_id, target_id, by=by)
                return RedirectResponse(f"{_home(request)}?done=removed", status_code=303)
            case _:
                raise HTTPException(400, "action")
    except NotFound:
        raise HTTPException(404) from None
    return RedirectResponse(f"{_home(request)}?done={action}#target-{target_id}", status_code=303)


async def _save(request: Request, organizer: Organizer) -> Response:
    told = _found(await _targets(request), request)
    form = await _form(request, told.target)
    if form.wanted is None:
        return await _target_page(request, organizer, form, status=422)
    await services(request).subscribing.change(
        permit(request).initiative_id, told.target.id, form.wanted, by=organizer.actor
    )
    return RedirectResponse(f"{_home(request)}?done=saved", status_code=303)


async def _form(request: Request, target: Target | None = None) -> _Form:
    """Reads the form; of a target that there is already, the kind stays."""
    sent = await posted(request, (*_TYPED, *_TICKED))
    typed = {name: sent[name].strip() for name in _TYPED}
    if target:
        typed["kind"] = target.kind
    form = _Form(typed, frozenset(event for event in NoticeEvent if sent[f"event-{event}"]))
    messages = _messages(request)
    _ = messages.gettext
    kind = TargetKind(typed["kind"]) if typed["kind"] in set(TargetKind) else None
    if kind is None:
        form.errors["kind"] = _("Please choose whom the messages are for")
    try:
        optional_line(typed["name"])
    except InvalidValue as invalid:
        form.errors["name"] = flaw_of("name", invalid, messages)
    if flaw := services(request).outbound.flaw_of(typed["address"]):
        form.errors["address"] = address_flaw(flaw, messages)
    elif kind and (likely := likely_kind(typed["address"])) and likely is not kind:
        form.errors["kind"] = _("The address is that of another kind: %(kind)s") % {
            "kind": kind_words(likely, messages)
        }
    if problem := _secret_problem(kind, typed["secret"], messages):
        form.errors["secret"] = problem
    if typed["language"] not in LANGUAGES:
        form.errors["language"] = _("Please choose a language")
    if not form.events:
        form.errors["events"] = _("Please choose at least one event")
    if kind and not form.errors:
        form.wanted = Subscription(
            kind, typed["name"], typed["address"], typed["secret"], form.events, typed["language"]
        )
    return form


def _secret_problem(kind: TargetKind | None, secret: str, messages: NullTranslations) -> str:
    _ = messages.gettext
    if not secret or kind is None:
        return ""
    if kind is TargetKind.STANDARD:
        return _("The secret for a program is made here; please leave this empty")
    if not kind.signs:
        return _("A WeCom robot has no secret beside its address; please leave this empty")
    if not _SECRET.fullmatch(secret):
        return _("The secret has letters, digits and signs only, 200 at most")
    return ""


async def _list_page(
    request: Request, organizer: Organizer, form: _Form | None = None, *, status: int = 200
) -> Response:
    targets = await _targets(request)
    language = language_of(request)
    context = NoticesPage(
        desk=desk(request, organizer),
        initiative=initiative_view(targets.initiative, targets.standing, language),
        targets=tuple(_view(request, targets.initiative, told) for told in targets.told),
        full=targets.are_many,
        form=_form_view(request, form or _empty_form(language)),
        notice=_notice(request),
    )
    return page(request, context, status, private=True)


async def _target_page(
    request: Request, organizer: Organizer, form: _Form | None = None, *, status: int = 200
) -> Response:
    targets = await _targets(request)
    told = _found(targets, request)
    shown_secret = told.target.secret if told.target.kind is TargetKind.STANDARD else ""
    context = NoticeTargetPage(
        desk=desk(request, organizer),
        initiative=initiative_view(targets.initiative, targets.standing, language_of(request)),
        target=_view(request, targets.initiative, told),
        form=_form_view(request, form or _form_of(told.target), told.target),
        secret=shown_secret,
    )
    return page(request, context, status, private=True)


def _view(request: Request, initiative: Initiative, told: Told) -> TargetView:
    target, messages = told.target, _messages(request)
    local = initiative.latest_meeting.local
    answer = target.answer

    def moment(instant: datetime | None) -> datetime | None:
        return local(instant) if instant else None

    return TargetView(
        id=target.id,
        name=target.name,
        address=masked(target.address),
        kind=kind_words(target.kind, messages),
        events=tuple(
            event_words(event, messages) for event in NoticeEvent if event in target.events
        ),
        active=target.active,
        failing=target.active and target.attempts > 0,
        waiting=told.waiting if target.active else 0,
        next_at=moment(target.next_at),
        delivered_at=moment(target.delivered_at),
        answer=AnswerView(
            taken=answer.problem is None,
            words=answer_words(answer, messages),
            said=answer.said,
            seconds=f"{answer.seconds:.2f}",
            at=local(answer.at),
            test=answer.test,
        )
        if answer
        else None,
    )


def _form_view(request: Request, form: _Form, target: Target | None = None) -> TargetForm:
    messages = _messages(request)
    return TargetForm(
        kinds=tuple((kind, kind_words(kind, messages)) for kind in TargetKind),
        kind=form.typed["kind"],
        name=form.typed["name"],
        address=form.typed["address"],
        secret=form.typed["secret"],
        has_secret=bool(target and target.secret),
        language=form.typed["language"],
        events=tuple(
            (event, event_words(event, messages), event in form.events) for event in NoticeEvent
        ),
        errors=_in_order(form.errors),
    )


def _empty_form(language: str) -> _Form:
    return _Form({**dict.fromkeys(_TYPED, ""), "language": language}, frozenset(NoticeEvent))


def _form_of(target: Target) -> _Form:
    return _Form(
        {
            "kind": target.kind,
            "name": target.name,
            "address": target.address,
            "secret": "",
            "language": target.language,
        },
        target.events,
    )


def _in_order(errors: Mapping[str, str]) -> dict[str, str]:
    return {name: errors[name] for name in ("form", *_TYPED, "events") if name in errors}


def _notice(request: Request) -> str:
    _ = _messages(request).gettext
    return {
        "added": _("Added. Send a test to see whether it arrives."),
        "saved": _("Saved"),
        "removed": _("Removed"),
        "test": _("The test was sent; below is what came of it."),
        "on": _("Switched on: it is told what happens from now on."),
        "off": _("Switched off"),
    }.get(request.query_params.get("done", ""), "")


async def _targets(request: Request) -> Targets:
    return await services(request).subscribing.targets(permit(request).initiative_id)


def _found(targets: Targets, request: Request) -> Told:
    target_id = _target_id(request)
    found = next((told for told in targets.told if told.target.id == target_id), None)
    if found is None:
        raise HTTPException(404)
    return found


def _target_id(request: Request) -> int:
    number: int = request.path_params["number"]
    return number


def _home(request: Request) -> str:
    return f"/organizer/settings/{request.path_params['slug']}/notices"


def _messages(request: Request) -> NullTranslations:
    return translations(language_of(request))
