"""The certificate that PDFs are sealed with: read and tried once, when the site starts."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pledge.errors import InvalidSetting
from pledge.late import late
from pledge.settings import PDF_CERTIFICATE, PDF_PASSPHRASE

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization import pkcs12
else:
    pkcs12 = late("cryptography.hazmat.primitives.serialization.pkcs12")

_LIBRARY = "pyhanko"


@dataclass(frozen=True)
class Seal:
    pkcs12: bytes = field(repr=False)
    passphrase: str = field(repr=False)
    """Never logged, never on a command line."""
    ends: datetime
    """When the certificate does."""

    @property
    def mark(self) -> str:
        """Tells this certificate from another, and nothing more."""
        return sha256(self.pkcs12).hexdigest()[:16]


def load_seal(certificate: str, passphrase: str) -> Seal | None:
    """None where none is configured. Raises InvalidSetting with what is wrong, in one line."""
    name = PDF_CERTIFICATE.name
    if not certificate:
        return None
    if find_spec(_LIBRARY) is None:
        raise InvalidSetting(f"{name} needs pyHanko: make pades, or pip install 'pledge[pades]'")
    try:
        content = Path(certificate).read_bytes()
    except OSError as error:
        raise InvalidSetting(f"{name}: {certificate}: {error.strerror}") from None
    try:
        key, own, _others = pkcs12.load_key_and_certificates(content, passphrase.encode() or None)
    except ValueError:
        raise InvalidSetting(
            f"{name}: {certificate} is not a PKCS#12 file, or {PDF_PASSPHRASE.name} is not its "
            "passphrase"
        ) from None
    if key is None or own is None:
        raise InvalidSetting(f"{name}: {certificate} holds no certificate with its key")
    return Seal(content, passphrase, own.not_valid_after_utc)
