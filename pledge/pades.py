"""Seals PDFs: PAdES baseline B-B (ETSI EN 319 142-1), invisible, over the whole document.

Imported by presses alone, and only where a certificate is configured: pyHanko is an extra.
"""

from io import BytesIO

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

FIELD = "Seal"


class Sealing:
    def __init__(self, pkcs12: bytes, passphrase: bytes):
        signer = SimpleSigner.load_pkcs12_data(
            pkcs12, other_certs=[], passphrase=passphrase or None
        )
        if signer is None:
            raise ValueError("the certificate can't be read")
        self._signer = signer

    def sealed(self, pdf: bytes, reason: str) -> bytes:
        """The same pages; whoever changes a byte of them breaks the seal."""
        metadata = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            reason=reason or None,
        )
        written = BytesIO()
        sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), metadata, self._signer, output=written)
        return written.getvalue()
