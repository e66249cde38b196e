"""A time stamping authority on loopback: OpenSSL answers what is asked, or something worse."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

_PATIENCE = 20.0

_CONFIG = """\
[tsa]
default_tsa = t
[t]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/between.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
ordering = yes
tsa_name = no
ess_cert_id_chain = no
"""


class Mood(Enum):
    WELL = "well"
    DOWN = "down"
    """Answers 503."""
    HANGS = "hangs"
    REJECTS = "rejects"
    """Says, in the terms of RFC 3161, that it does not stamp this."""
    RUBBISH = "rubbish"
    OTHER_QUESTION = "other question"
    """Stamps the right thing, in answer to somebody else."""
    OTHER_THING = "other thing"
    """With our nonce, and about something else."""
    ENDLESS = "endless"


@dataclass
class Authority:
    folder: Path
    port: int = 0
    mood: Mood = Mood.WELL
    asked: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/tsa"

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    async def until_asked(self, times: int) -> None:
        async with asyncio.timeout(_PATIENCE), self._news:
            await self._news.wait_for(lambda: self.asked >= times)

    def certify(self, *, valid: bool = True) -> None:
        """Gives it a certificate, which has expired if it is not valid."""
        now = datetime.now(UTC)
        root_name, name = f"Root of {self.folder.name}", f"Between of {self.folder.name}"
        root_key, root = _authority(root_name, now)
        between_key, between = _authority(name, now, root_name, root_key)
        key = ec.generate_private_key(ec.SECP256R1())
        until = now + timedelta(days=1 if valid else -1)
        certificate = (
            _builder("Time stamps", name, key, now - timedelta(days=9), until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
            .add_extension(_usage(signs_certificates=False), critical=True)
            .sign(between_key, SHA256())
        )
        (self.folder / "between.pem").write_bytes(between.public_bytes(Encoding.PEM))
        (self.folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
        (self.folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            headers = dict(line.split(": ", 1) for line in head[1:] if line)
            assert headers["content-type"] == "application/timestamp-query"
            query = await reader.readexactly(int(headers["content-length"]))
            async with self._news:
                self.asked += 1
                self._news.notify_all()
            await self._answer(query, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(
        self, query: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self.mood is Mood.HANGS:
            await reader.read()  # until the other side gives up
            return
        status, body = "200 OK", b"<html>not found</html>"
        match self.mood:
            case Mood.DOWN:
                status = "503 -"
            case Mood.WELL:
                body = await self._reply(query)
            case Mood.REJECTS:
                body = await self._reply(_with_algorithm_nobody_takes(query))
            case Mood.OTHER_QUESTION:
                body = await self._reply(_question(_imprint(query)))
            case Mood.OTHER_THING:
                imprint = _imprint(query)
                body = await self._reply(query.replace(imprint, imprint[::-1]))
            case Mood.ENDLESS:
                body = bytes(1024 * 1024)
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async def _reply(self, query: bytes) -> bytes:
        with tempfile.NamedTemporaryFile(dir=self.folder) as asked:
            asked.write(query)
            asked.flush()
            return await openssl(
                *("ts", "-reply", "-config", str(self.folder / "tsa.cnf"), "-section", "t"),
                *("-queryfile", asked.name),
            )


async def openssl(*words: str) -> bytes:
    """What the command writes. Raises AssertionError if it fails, with what it says."""
    process = await asyncio.create_subprocess_exec(
        "openssl", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, (output + errors).decode(errors="replace")
    return output


@asynccontextmanager
async def stamping(folder: Path) -> AsyncIterator[Authority]:
    folder.mkdir()  # noqa: ASYNC240 -- nothing else runs yet
    authority = Authority(folder)
    authority.certify()
    server = await asyncio.start_server(authority.handle, "127.0.0.1", 0)
    authority.port = server.sockets[0].getsockname()[1]
    try:
        yield authority
    finally:
        server.close()


def _imprint(query: bytes) -> bytes:
    """The digest in a question: 32 bytes after the tag and length of an OCTET STRING."""
    start = query.index(b"\x04\x20") + 2
    return query[start : start + 32]


def _question(imprint: bytes) -> bytes:
    """Somebody else's, with another nonce."""
    made = (
        TimestampRequestBuilder().data(b"x").hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()
    )
    return made.replace(_imprint(made), imprint)


def _with_algorithm_nobody_takes(query: bytes) -> bytes:
    """SHA-256 becomes 2.16.840.1.101.3.4.2.4, which is SHA-224 and is as long in no digest."""
    return query.replace(bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040204"))


def _authority(
    name: str, now: datetime, issuer: str = "", signer: ec.EllipticCurvePrivateKey | None = None
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """One that signs certificates; a root, if nobody signs its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    since, until = now - timedelta(days=10), now + timedelta(days=10)
    certificate = (
        _builder(name, issuer or name, key, since, until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(signer or key, SHA256())
    )
    return key, certificate


def _builder(
    name: str, issuer: str, key: ec.EllipticCurvePrivateKey, since: datetime, until: datetime
) -> x509.CertificateBuilder:
    def named(words: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
