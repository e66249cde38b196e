"""Time stamping authorities: what they are asked, and whether an answer is to be believed.

RFC 3161. A stamp says that a checkpoint existed at a time; whoever gave it signs that. It is
believed if it answers our question (nonce), is about our checkpoint (imprint), and a trusted root
leads to whoever signed it. The authority's clock counts, and not ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from pledge.domain.stamps import Fault, Flaw
from pledge.errors import InvalidSetting
from pledge.late import late

if TYPE_CHECKING:
    import rfc3161_client
    from cryptography import x509
else:
    rfc3161_client = late("rfc3161_client")
    x509 = late("cryptography.x509")

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"

LARGEST_REPLY = 64 * 1024
"""Bytes; with its certificates one has some eight thousand."""

_SHA256 = "2.16.840.1.101.3.4.2.1"
_LONGEST_SAID = 200
_CERTIFICATES = 0xA0
"""Tag of the certificates in SignedData."""


class BadStamp(Exception):
    """An answer that is not to be believed, and why."""

    def __init__(self, flaw: Flaw, said: str = ""):
        super().__init__(flaw.value)
        self.fault = Fault(flaw, " ".join(said.split())[:_LONGEST_SAID])


@dataclass(frozen=True)
class Question:
    """A request to stamp something."""

    message: bytes
    encoded: bytes
    nonce: int


def question(message: bytes) -> Question:
    request = (
        rfc3161_client.TimestampRequestBuilder()
        .data(message)
        .hash_algorithm(rfc3161_client.HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    assert request.nonce is not None  # noqa: S101 -- it was asked for
    return Question(message, request.as_bytes(), request.nonce)


def stamped_at(asked: Question, answer: bytes, roots: Sequence[x509.Certificate]) -> datetime:
    """When an authority says it was asked. Raises BadStamp if the answer is not to be believed."""
    response = _decoded(answer)
    if response.status != rfc3161_client.PKIStatus.GRANTED:
        said = "; ".join(response.status_string)
        raise BadStamp(Flaw.REJECTED, said or f"status {response.status}")
    try:
        told = response.tst_info
        imprint = told.message_imprint
        nonce, at = told.nonce, told.gen_time
        algorithm, hashed = imprint.hash_algorithm.dotted_string, imprint.message
    except ValueError as error:
        raise BadStamp(Flaw.GARBLED, str(error)) from None
    if nonce != asked.nonce:
        raise BadStamp(Flaw.OTHER_QUESTION)
    digest = sha256(asked.message).digest()
    if (algorithm, hashed) != (_SHA256, digest):
        raise BadStamp(Flaw.OTHER_CHECKPOINT)
    try:
        rfc3161_client.VerifierBuilder(roots=list(roots), nonce=asked.nonce).build().verify(
            response, digest
        )
    except Exception as error:  # however a check fails, it has not been passed
        raise BadStamp(Flaw.UNTRUSTED, str(error)) from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def read_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """Raises InvalidSetting."""
    try:
        return tuple(x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        raise InvalidSetting(
            f"PLEDGE_TIMESTAMP_ROOTS: {path} can't be read as certificates in PEM"
        ) from None


def _decoded(answer: bytes) -> rfc3161_client.TimeStampResponse:
    try:
        return rfc3161_client.decode_timestamp_response(_in_order(answer))
    except ValueError as error:
        raise BadStamp(Flaw.GARBLED, str(error)) from None


def _in_order(answer: bytes) -> bytes:
    """With its certificates in the order of DER, which the decoder insists on and OpenSSL not.

    They are signed by themselves and not by the answer (RFC 5652, 5.1 and 5.4), and moving them
    changes no length. What is no answer is returned as it is.
    """
    try:
        [response] = _elements(answer, 0, len(answer))
        _status, token = _elements(answer, response.begin, response.end)
        _type, content = _elements(answer, token.begin, token.end)
        [signed] = _elements(answer, content.begin, content.end)
        parts = _elements(answer, signed.begin, signed.end)
        [held] = [part for part in parts if answer[part.start] == _CERTIFICATES]
        certificates = _elements(answer, held.begin, held.end)
    except (ValueError, IndexError):
        return answer
    ordered = b"".join(sorted(answer[one.start : one.end] for one in certificates))
    return answer[: held.begin] + ordered + answer[held.end :]


@dataclass(frozen=True)
class _Element:
    """Where an element of DER starts, where its content begins, where both end."""

    start: int
    begin: int
    end: int


def _elements(der: bytes, start: int, end: int) -> list[_Element]:
    """Those that lie side by side; tags of more than one byte do not occur here."""
    found = []
    while start < end:
        begin, length = start + 2, der[start + 1]
        if length > 0x7F:
            begin += length & 0x7F
            length = int.from_bytes(der[start + 2 : begin])
        found.append(_Element(start, begin, begin + length))
        start = begin + length
    return found
