"""Certifying: the certificate of a signature that stands in the register, as PDF and as a picture.

Made when it is first asked for, from what is stored and nothing else, and kept for as long as it
says the same.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import structlog

from pledge.certificate_files import CertificateFiles, Name
from pledge.domain.certificates import (
    CertificateNumber,
    Withheld,
    certificate_number,
    check_code,
    withheld,
)
from pledge.domain.dates import official_date
from pledge.domain.initiatives import (
    DEFAULT_ZONE,
    Initiative,
    Meeting,
    PartialDate,
    in_language,
)
from pledge.domain.names import name_parts
from pledge.domain.outlines import outline
from pledge.domain.signatures import Signature
from pledge.glyphs import LINE_MAY_END
from pledge.paths import FONTS, TEMPLATES
from pledge.presses import Presses
from pledge.publishing import Publishing, ReceiptPublished
from pledge.register.trees import leaf_hash
from pledge.sealing import Seal
from pledge.store import initiatives, registers
from pledge.store.database import Database

PICTURE_SIZE = 1080, 1888
"""Pixels, as `templates/print/certificate-picture.typ` has them at this resolution:"""
_PICTURE = 300
"""An inch."""

_log = structlog.get_logger()


class Form(StrEnum):
    PDF = "pdf"
    """For paper: A4 across."""
    PICTURE = "png"
    """For a phone's album."""


_TEMPLATES = {Form.PDF: "certificate.typ", Form.PICTURE: "certificate-picture.typ"}


@dataclass(frozen=True)
class Certificate:
    number: CertificateNumber
    content: bytes


class Certifying:
    def __init__(
        self,
        database: Database,
        publishing: Publishing,
        files: CertificateFiles,
        *,
        site: str,
        seal: Seal | None = None,
        presses: Presses | None = None,
    ):
        """`site` is the address at which certificates are checked: ours, never one that a request
        names, for whoever asks could have us print and seal a code that leads elsewhere.
        """
        self._database = database
        self._publishing = publishing
        self._files = files
        self._site = site
        self._seal = seal
        self._presses = presses or Presses(seal)
        self._being_made: dict[Name, asyncio.Task[bytes]] = {}

    async def certificate(
        self, found: ReceiptPublished, form: Form, language: str
    ) -> Certificate | Withheld:
        """That of a receipt's signature, or why there is none.

        Raises TypesettingFailed, and PressesBusy if too many are being made.
        """
        if reason := withheld(found.signature):
            return reason
        initiative, signature = found.published.initiative, found.signature
        data = await self._data(initiative, signature, language)
        name = self._name(initiative, signature, form, language, data)
        content = await asyncio.to_thread(self._files.read, name)
        if content is None:
            content = await self._made(name, found, form, data)
        return Certificate(certificate_number(initiative.id, signature), content)

    async def forget(self, initiative_id: int, numbers: Iterable[int]) -> None:
        """Removes what was made of these signatures, once it must not be there any more."""
        await asyncio.to_thread(self._files.forget, initiative_id, list(numbers))

    async def stop(self) -> None:
        for task in list(self._being_made.values()):
            task.cancel()
        await asyncio.gather(*self._being_made.values(), return_exceptions=True)
        await self._presses.stop()

    async def _made(
        self, name: Name, found: ReceiptPublished, form: Form, data: dict[str, Any]
    ) -> bytes:
        """Whoever asks for the same meanwhile waits for the same; who goes away breaks nothing."""
        task = self._being_made.get(name)
        if task is None:
            task = asyncio.create_task(self._make(name, found, form, data))
            self._being_made[name] = task
            task.add_done_callback(lambda _done: self._being_made.pop(name))
        return await asyncio.shield(task)

    async def _make(
        self, name: Name, found: ReceiptPublished, form: Form, data: dict[str, Any]
    ) -> bytes:
        document = await self._presses.typeset(
            _TEMPLATES[form],
            data,
            at=found.signature.signed_at,
            picture=_PICTURE if form is Form.PICTURE else 0,
        )
        if document.unset:
            return document.content  # not for keeps: once a font is there, all of it can be set
        try:
            await asyncio.to_thread(self._files.keep, name, document.content)
        except OSError as error:  # full, or not to be written: it is made again next time
            _log.warning("a certificate was not kept", error=error.strerror)
        now = await self._publishing.receipt(found.signature.receipt)
        if now is None or now.signature != found.signature:
            # It was erased or withdrawn meanwhile: whoever removed its files came too early.
            await asyncio.to_thread(self._files.remove, name)
        return document.content

    async def _data(
        self, initiative: Initiative, signature: Signature, language: str
    ) -> dict[str, Any]:
        """All that is printed."""
        index = signature.entry or 0
        async with self._database.reading() as connection:
            [entry] = await registers.entries(connection, initiative.id, index, index + 1)
            signed = await initiatives.text_of(connection, initiative.id, signature.text)
        number = str(certificate_number(initiative.id, signature))
        meeting = initiative.meeting(signature.meeting_id)
        # As it was signed; its lettering is that of the current title.
        title = in_language({tag: text.title for tag, text in signed.texts.items()}, language)
        is_current = title == initiative.title(language)
        lettering = initiative.lettering("line", language) if is_current else None
        ink = signature.ink_shown(initiative.shows)
        day = meeting.local(signature.signed_at)
        return {
            "language": language,
            "title": f"《{title}》签署证书 {number}"
            if language == "zh"
            else f"{title}: certificate of signing {number}",
            "author": [in_language(organ.name, language) for organ in initiative.organs],
            "initiative": title,
            "lettering": asdict(lettering) if lettering else None,
            "organs": [in_language(organ.name, language) for organ in initiative.organs],
            "company": LINE_MAY_END.join(name_parts(signature.company.name)),
            "representative": signature.representative_shown(initiative.shows),
            "ink": asdict(outline(ink)) if ink else None,
            "date": official_date(PartialDate(day.year, day.month, day.day), language),
            "at": _moment(meeting, signature),
            "meeting": in_language(meeting.place, language),
            "number": number,
            "check": check_code(leaf_hash(entry)),
            "code": f"{self._site}/v/{number}",
            "verify": f"{urlsplit(self._site).netloc}/verify",
        }

    def _name(
        self,
        initiative: Initiative,
        signature: Signature,
        form: Form,
        language: str,
        data: dict[str, Any],
    ) -> Name:
        says = json.dumps(data, sort_keys=True).encode()
        sealed = self._seal.mark if self._seal and form is Form.PDF else ""
        digest = sha256(says + sealed.encode() + _design()).hexdigest()[:32]
        return Name(initiative.id, signature.number, f"{language}-{form}", digest, form)


def _moment(meeting: Meeting, signature: Signature) -> str:
    """To the second, where it was signed; with the offset from UTC where that is not China's."""
    local = meeting.local(signature.signed_at)
    written = f"{local:%Y-%m-%d %H:%M:%S}"
    return written if meeting.zone == DEFAULT_ZONE else f"{written} (UTC{local:%z})"


@cache
def _design() -> bytes:
    """Another after an update that changes how certificates look."""
    templates = sorted((TEMPLATES / "print").glob("*.typ"))
    fonts = [f"{path.name} {path.stat().st_size}".encode() for path in sorted(FONTS.glob("*.otf"))]
    return sha256(b"".join([*(path.read_bytes() for path in templates), *fonts])).digest()
