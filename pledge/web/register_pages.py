"""`/i/{slug}/register` as a page, and the same for organizers, who see what is wrong with it."""

from datetime import datetime
from gettext import NullTranslations
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from pledge.domain.initiatives import Initiative
from pledge.domain.stamps import Stamp
from pledge.store.organizers import Organizer
from pledge.timestamping import Authority
from pledge.web.contexts import (
    AuthorityView,
    OrganizerRegisterPage,
    RegisterPage,
    RegisterView,
    StampFault,
    StampView,
)
from pledge.web.desks import desk
from pledge.web.initiatives import version
from pledge.web.languages import language_of, translations
from pledge.web.registers import registered
from pledge.web.responding import page, public_page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.stamp_words import flaw_advice, flaw_words
from pledge.web.views import initiative_view

_STAMPS = 20


async def show(request: Request) -> Response:
    found = await registered(request)
    register = await _register(request, found.initiative)

    async def make() -> RegisterPage:
        return RegisterPage(
            initiative=initiative_view(found.initiative, found.standing, language_of(request)),
            register=register,
        )

    return await public_page(request, RegisterPage, (version(found), register), make)


async def show_console(request: Request, organizer: Organizer) -> Response:
    made = services(request)
    found = await made.organizing.overview(permit(request).initiative_id)
    initiative = found.initiative
    authorities = await made.timestamping.authorities(initiative.id)
    host = made.registering.origin(initiative.slug).partition("/")[0]
    context = OrganizerRegisterPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, found.standing, language_of(request)),
        register=await _register(request, initiative),
        authorities=tuple(
            AuthorityView(
                _host(one.address),
                _stamp(initiative, one.stamped.last) if one.stamped.last else None,
                _fault(initiative, one, translations(language_of(request))),
            )
            for one in authorities
        ),
        minutes=made.settings.timestamp_minutes,
        named_after="" if made.settings.base_url else host,
    )
    return page(request, context, private=True)


async def stamp_faults(request: Request, initiative: Initiative) -> tuple[StampFault, ...]:
    """What keeps authorities from stamping this initiative's register, until they stamp again."""
    messages = translations(language_of(request))
    authorities = await services(request).timestamping.authorities(initiative.id)
    faults = (_fault(initiative, one, messages) for one in authorities)
    return tuple(fault for fault in faults if fault)


async def _register(request: Request, initiative: Initiative) -> RegisterView:
    registering, timestamping = services(request).registering, services(request).timestamping
    note = await registering.checkpoint(initiative.id, initiative.slug)
    given, count = await timestamping.given(initiative.id, _STAMPS)
    signers = registering.signers(initiative.slug)
    return RegisterView(
        size=int(note.split("\n")[1]),
        checkpoint=note,
        keys=tuple(map(str, signers)),
        retired=tuple(
            str(key) for key in registering.verifiers(initiative.slug) if key not in signers
        ),
        stamps=tuple(_stamp(initiative, stamp) for stamp in given),
        older=count - len(given),
    )


def _stamp(initiative: Initiative, stamp: Stamp) -> StampView:
    at = stamp.stamped_at or stamp.asked_at
    return StampView(stamp.id, _host(stamp.authority), stamp.size, _local(initiative, at))


def _fault(
    initiative: Initiative, authority: Authority, messages: NullTranslations
) -> StampFault | None:
    waiting = authority.stamped.waiting
    if waiting is None or waiting.fault is None:
        return None
    return StampFault(
        authority=_host(authority.address),
        words=flaw_words(waiting.fault.flaw, messages),
        advice=flaw_advice(waiting.fault.flaw, messages),
        said=waiting.fault.said,
        at=_local(initiative, waiting.asked_at),
        attempts=waiting.attempts,
        next_at=_local(initiative, waiting.next_at) if waiting.next_at else None,
    )


def _local(initiative: Initiative, instant: datetime) -> datetime:
    return initiative.latest_meeting.local(instant)


def _host(address: str) -> str:
    """All that is shown of an authority: a paid one may have a key in its address."""
    return urlsplit(address).netloc
