"""Hand-written CSS, one file a component, put into the page itself.

A phone on hall Wi-Fi gets text and style in one response. The policy allows that one style by its
hash (Content Security Policy Level 3, 2.3.1), so no other inline style can take effect.
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from pledge.paths import STATIC


@dataclass(frozen=True)
class Stylesheet:
    css: str
    policy_source: str
    """The source expression for `style-src`, with its quotes."""


@cache
def stylesheet(components: tuple[str, ...]) -> Stylesheet:
    """The named components in their order, without comments and needless space."""
    css = "".join(_compact(_read(STATIC / "css" / f"{name}.css")) for name in components)
    digest = b64encode(sha256(css.encode()).digest()).decode()
    return Stylesheet(css, f"'sha256-{digest}'")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _compact(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r"\s*([{};,])\s*", r"\1", css)
    return re.sub(r";}", "}", css).strip()
