"""`/verify` and `/v/{number}`: whether a certificate is genuine, and still stands."""

from base64 import b64encode
from urllib.parse import quote
from zoneinfo import ZoneInfo

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain.certificates import BadNumber, number_quoted, parsed_number
from pledge.domain.names import LONGEST, company_key
from pledge.domain.outlines import outline
from pledge.publishing import Published
from pledge.verifying import SHORTEST_NAME, Holder, Verdict
from pledge.web.contexts import (
    CertificatePage,
    CertificateView,
    HolderRow,
    KnownRegister,
    NoCertificatePage,
    RegisterPlace,
    VerifyPage,
)
from pledge.web.languages import language_of
from pledge.web.responding import page, public_page
from pledge.web.services import services
from pledge.web.views import initiative_view, meeting_view

_LONGEST_SHOWN = 40
"""Characters of what is not a number, as it was typed."""


async def verify(request: Request) -> Response:
    """Looks for a number or a company; a receipt's file is checked by the page itself."""
    q = request.query_params.get("q", "").strip()[:LONGEST]
    quoted = number_quoted(q)
    typed = q if parsed_number(q) is not BadNumber.SHAPE else quoted
    number = parsed_number(typed)
    if number is not BadNumber.SHAPE:
        known = number if number is not BadNumber.CHECK else quote(typed)
        return RedirectResponse(f"/v/{known}", 303)
    published = await services(request).publishing.all()
    registers = tuple(_known(request, one, language_of(request)) for one in published)

    async def make() -> VerifyPage:
        holders = await services(request).verifying.holders(q)
        return VerifyPage(
            q=q,
            too_short=bool(q) and len(company_key(q)) < SHORTEST_NAME,
            holders=tuple(_row(holder, language_of(request)) for holder in holders.found),
            more=holders.more,
            registers=registers,
        )

    if q:
        return page(request, await make(), private=True, connects=False)
    return await public_page(request, VerifyPage, registers, make, connects=False)


async def certificate(request: Request) -> Response:
    """What a number stands for; under one address, however it was typed."""
    typed = request.path_params["number"]
    number = parsed_number(typed)
    if isinstance(number, BadNumber):
        return _none(request, number, typed[:_LONGEST_SHOWN])
    if str(number) != typed:
        canonical = URL(path=f"/v/{number}", query=request.url.query)
        return RedirectResponse(str(canonical), status_code=308)
    verdict = await services(request).verifying.verdict(number)
    if verdict is None:
        return _none(request, "unknown", typed)
    return page(request, _page(request, verdict), private=True)


def _none(request: Request, why: str, typed: str) -> Response:
    return page(request, NoCertificatePage(why=why, number=typed), 404, private=True)


def _page(request: Request, verdict: Verdict) -> CertificatePage:
    language = language_of(request)
    initiative, signature = verdict.published.initiative, verdict.signature
    meeting = initiative.meeting(signature.meeting_id)
    registered, successor = verdict.registered, verdict.successor
    text = verdict.text.texts.get(language) or next(iter(verdict.text.texts.values()))
    path = f"/i/{initiative.slug}"
    is_current = signature.text == initiative.text.digest
    ink = signature.ink_shown(initiative.shows) if verdict.names else ""
    return CertificatePage(
        fate=verdict.fate,
        initiative=initiative_view(initiative, verdict.published.standing, language),
        certificate=CertificateView(
            number=str(verdict.number),
            code=registered.code,
            title=text.title,
            text_address=path if is_current else f"{path}/texts/{text.sha256}",
            company=signature.company.name if verdict.names else "",
            representative=(
                signature.representative_shown(initiative.shows) if verdict.names else ""
            ),
            ink=outline(ink) if ink else None,
            meeting=meeting_view(meeting, language),
            signed_at=meeting.local(signature.signed_at),
        ),
        ended_at=meeting.local(registered.ended_at) if registered.ended_at else None,
        successor=str(successor.number) if successor else "",
        place=RegisterPlace(
            index=registered.index,
            ended_by=registered.ended_by,
            size=registered.checkpoint.size,
            root=b64encode(registered.checkpoint.root).decode(),
            checkpoint=f"{path}/register/checkpoint",
        ),
        checked_at=services(request).clock().astimezone(ZoneInfo(meeting.zone)),
    )


def _row(holder: Holder, language: str) -> HolderRow:
    initiative, signature = holder.published.initiative, holder.signature
    meeting = initiative.meeting(signature.meeting_id)
    return HolderRow(
        number=str(holder.number),
        company=signature.company.name,
        initiative=initiative.title(language),
        place=meeting_view(meeting, language).place,
        signed_at=meeting.local(signature.signed_at),
    )


def _known(request: Request, published: Published, language: str) -> KnownRegister:
    initiative = published.initiative
    keys = services(request).registering.verifiers(initiative.slug)
    return KnownRegister(
        slug=initiative.slug,
        title=initiative.title(language),
        id=initiative.id,
        keys=tuple(map(str, keys)),
    )
