"""The mark of the bodies that call for an initiative."""

from dataclasses import dataclass
from hashlib import sha256

PNG = "image/png"
SVG = "image/svg+xml"


@dataclass(frozen=True)
class Logo:
    """As it was checked and written anew: nothing in it but what is drawn."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()
