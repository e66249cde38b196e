"""Time stamping authorities: what they are asked, and whether an answer is to be believed.

RFC 3161. A stamp says that a checkpoint existed at a time; whoever gave it signs that. It is
believed if it answers our question (nonce), is about our checkpoint (imprint), and a trusted root
leads to whoever signed it. The authority's clock counts, and not ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerifierBuilder,
    decode_timestamp_response,
)

from pledge.domain.stamps import Fault, Flaw
from pledge.errors import InvalidSetting

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"

LARGEST_REPLY = 64 * 1024
"""Bytes; with its certificates one has some eight thousand."""

_SHA256 = "2.16.840.1.101.3.4.2.1"
_LONGEST_SAID = 200


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
        TimestampRequestBuilder()
        .data(message)
        .hash_algorithm(HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    assert request.nonce is not None  # noqa: S101 -- it was asked for
    return Question(message, request.as_bytes(), request.nonce)


def stamped_at(asked: Question, answer: bytes, roots: Sequence[Certificate]) -> datetime:
    """When an authority says it was asked. Raises BadStamp if the answer is not to be believed."""
    response = _decoded(answer)
    if response.status != PKIStatus.GRANTED:
        raise BadStamp(Flaw.REJECTED, "; ".join([str(response.status), *response.status_string]))
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
        VerifierBuilder(roots=list(roots), nonce=asked.nonce).build().verify(response, digest)
    except Exception as error:  # however a check fails, it has not been passed
        raise BadStamp(Flaw.UNTRUSTED, str(error)) from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def read_roots(path: Path) -> tuple[Certificate, ...]:
    """Raises InvalidSetting."""
    try:
        return tuple(load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError):
        raise InvalidSetting(
            f"PLEDGE_TIMESTAMP_ROOTS: {path} can't be read as certificates in PEM"
        ) from None


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(answer)
    except ValueError as error:
        raise BadStamp(Flaw.GARBLED, str(error)) from None
