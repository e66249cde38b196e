"""PDF certificates sealed with PAdES: valid, complete, and the same pages; faults said at start."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from pledge import sealing
from pledge.errors import InvalidSetting
from pledge.sealing import load_seal
from tests.paper import words
from tests.site import Site, open_site

PASSPHRASE = "a passphrase for tests"
SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "示例机构")])


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A PKCS#12 file with a certificate that is its own authority, and beside it that alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    own = (
        x509.CertificateBuilder()
        .subject_name(SUBJECT)
        .issuer_name(SUBJECT)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                *(True, True, False, False, False, True, False),
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "seal.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"seal", key, own, None, BestAvailableEncryption(PASSPHRASE.encode())
        )
    )
    path.with_suffix(".der").write_bytes(own.public_bytes(Encoding.DER))
    return path


@pytest.fixture
async def sealed_site(tmp_path: Path, certificate: Path) -> AsyncIterator[Site]:
    async with open_site(
        tmp_path / "data",
        PLEDGE_PDF_CERTIFICATE=str(certificate),
        PLEDGE_PDF_PASSPHRASE=PASSPHRASE,
    ) as opened:
        yield opened


async def test_a_sealed_certificate_is_valid_and_looks_and_reads_the_same(
    sealed_site: Site, certificate: Path
) -> None:
    receipt = (await (await sealed_site.delegate()).sign()).headers["location"]
    answer = await sealed_site.client.get(f"{receipt}/certificate.pdf")
    assert answer.status_code == 200, answer.text
    pdf = answer.content
    [seal] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    own = load_cert_from_pemder(str(certificate.with_suffix(".der")))
    status = await async_validate_pdf_signature(seal, ValidationContext(trust_roots=[own]))
    assert status.bottom_line, status.pretty_print_details()
    assert status.coverage.name == "ENTIRE_FILE"
    assert seal.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"

    read = PdfReader(io.BytesIO(pdf))
    fields = read.get_fields() or {}
    assert [field["/FT"] for field in fields.values()] == ["/Sig"]
    assert read.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "示例消防科技有限公司" in words(pdf)
    unsealed = PdfReader(io.BytesIO(pdf[: pdf.index(b"%%EOF") + 6]))
    assert unsealed.pages[0].get_contents() == read.pages[0].get_contents()

    picture = await sealed_site.client.get(f"{receipt}/certificate.png")
    assert picture.content.startswith(b"\x89PNG")


async def test_a_changed_byte_breaks_the_seal(sealed_site: Site, certificate: Path) -> None:
    receipt = (await (await sealed_site.delegate()).sign()).headers["location"]
    pdf = bytearray((await sealed_site.client.get(f"{receipt}/certificate.pdf")).content)
    pdf[pdf.index(b"stream") + 20] ^= 1
    [seal] = PdfFileReader(io.BytesIO(bytes(pdf))).embedded_signatures
    own = load_cert_from_pemder(str(certificate.with_suffix(".der")))
    status = await async_validate_pdf_signature(seal, ValidationContext(trust_roots=[own]))
    assert not status.intact


def test_another_seal_has_another_mark_and_tells_nothing(certificate: Path) -> None:
    seal = load_seal(str(certificate), PASSPHRASE)
    assert seal is not None
    assert PASSPHRASE not in repr(seal)
    assert len(seal.mark) == 16
    assert load_seal("", "") is None


def test_what_is_wrong_is_said_in_one_line(certificate: Path, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.p12"
    nonsense.write_bytes(b"nonsense")
    own = x509.load_der_x509_certificate(certificate.with_suffix(".der").read_bytes())
    keyless = tmp_path / "keyless.p12"
    keyless.write_bytes(
        pkcs12.serialize_key_and_certificates(b"x", None, None, [own], NoEncryption())
    )
    for path, passphrase, said in (
        (tmp_path / "nowhere.p12", "", "No such file"),
        (certificate, "another one", "PLEDGE_PDF_PASSPHRASE is not its passphrase"),
        (certificate, "", "PLEDGE_PDF_PASSPHRASE is not its passphrase"),
        (nonsense, "", "not a PKCS#12 file"),
        (keyless, "", "holds no certificate with its key"),
    ):
        with pytest.raises(InvalidSetting, match=said) as found:
            load_seal(str(path), passphrase)
        assert "\n" not in str(found.value)
        assert "another one" not in str(found.value)


def test_without_the_library_it_says_how_to_get_it(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "find_spec", lambda _name: None)
    with pytest.raises(InvalidSetting, match="make pades"):
        load_seal(str(certificate), PASSPHRASE)


def test_it_is_said_at_start_without_the_passphrase(certificate: Path, tmp_path: Path) -> None:
    wrong = "not the passphrase"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = subprocess.run(
        [sys.executable, "-c", "from pledge.cli import main; main()", "serve", f"--port={port}"],
        env={
            **os.environ,
            "PLEDGE_DATA": str(tmp_path / "data"),
            "PLEDGE_PDF_CERTIFICATE": str(certificate),
            "PLEDGE_PDF_PASSPHRASE": wrong,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: PLEDGE_PDF_CERTIFICATE")
    assert wrong not in done.stdout + done.stderr
