"""Logos that come in: a picture is decoded and written anew, a drawing is copied by a list.

Nothing of what was sent is kept as it came. Of PNG and JPEG the pixels are taken, few enough for
the memory of a small machine; of SVG the elements and attributes of `_ELEMENTS` and `_ATTRIBUTES`,
each attribute if its value is of the form that it must have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pledge.domain.logos import PNG, SVG, Logo
from pledge.errors import PledgeError
from pledge.late import late

if TYPE_CHECKING:
    from PIL import Image, ImageOps
else:
    Image = late("PIL.Image")
    ImageOps = late("PIL.ImageOps")

LARGEST = 1024 * 1024
"""Bytes of a file."""

MOST_PIXELS = 16_000_000
LONGEST_SIDE = 512
"""Pixels of what is kept."""

MOST_ELEMENTS = 5_000
DEEPEST = 40
_MOST_CLASSES = 10
_LONGEST_SHEET = 20_000
"""Characters of all style sheets together."""
_LONGEST_BOX = 200


class LogoFlaw(Enum):
    EMPTY_FILE = "no file"
    TOO_LARGE = "larger than 1 MB"
    TOO_MANY_PIXELS = "too many pixels"
    NEITHER = "neither PNG nor JPEG nor SVG"
    BROKEN = "can't be read"
    TOO_INTRICATE = "too many elements"
    EMPTY = "nothing that could be shown"


class InvalidLogo(PledgeError):
    def __init__(self, flaw: LogoFlaw):
        super().__init__(flaw.value)
        self.flaw = flaw


def read_logo(sent: bytes) -> Logo:
    """What is sent is known by its first bytes, whatever its name. Takes up to about a second."""
    if not sent:
        raise InvalidLogo(LogoFlaw.EMPTY_FILE)
    if len(sent) > LARGEST:
        raise InvalidLogo(LogoFlaw.TOO_LARGE)
    if sent.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        return Logo(PNG, _picture(sent))
    if sent.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return Logo(SVG, _drawing(sent))
    raise InvalidLogo(LogoFlaw.NEITHER)


def _picture(sent: bytes) -> bytes:
    """As PNG with its longest side at most `LONGEST_SIDE`; what else the file said is gone."""
    try:
        with Image.open(BytesIO(sent), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise InvalidLogo(LogoFlaw.TOO_MANY_PIXELS)
            opened.draft(None, (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
            opened.load()
            small = _eight_bits(_upright(opened)).convert("RGBA")
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise InvalidLogo(LogoFlaw.TOO_MANY_PIXELS) from None
    except InvalidLogo:
        raise
    except Exception:  # what a decoder raises on a broken file is not to be listed
        raise InvalidLogo(LogoFlaw.BROKEN) from None
    # A new image, since an old one carries its file's text and profile along.
    plain = Image.new("RGBA", small.size)
    plain.paste(small)
    written = BytesIO()
    plain.save(written, "PNG", optimize=True)
    return written.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    """As a camera says that it was held; where what it says can't be read, as it is."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _eight_bits(image: Image.Image) -> Image.Image:
    """In colours or greys of eight bits; `convert` would clip those of sixteen, not scale them."""
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        return image.convert("RGB")
    if not image.mode.startswith("I"):
        return image
    return image.convert("I").point(lambda value: value / 257).convert("L")


_NAMESPACE = "{http://www.w3.org/2000/svg}"
_HREF = ("href", "{http://www.w3.org/1999/xlink}href")

_SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
_GRADIENTS = {"linearGradient", "radialGradient"}
# No text (its letters are the reader's), no pictures or uses of others, no filters, no animation.
_ELEMENTS = {"svg", "g", "defs", "clipPath", "stop", *_GRADIENTS, *_SHAPES}

# Each form is matched in a time that grows with the length alone: whoever sends it may mean harm.
_NUMBER = r"[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,2})?"
_LENGTH = rf"{_NUMBER}(?:px|pt|mm|cm|in|em|%)?"
_NUMBERS = r"[\d\s.,eE+-]*"
_LOCAL = r"#[A-Za-z_][\w.-]{0,99}"
_COLOUR = (
    r"none|currentColor|transparent|[a-zA-Z]{3,20}|#[0-9a-fA-F]{3,8}"
    r"|(?:rgb|hsl)a?\([\d\s.,%]{1,60}\)"
)
_PAINT = rf"{_COLOUR}|url\(['\"]?{_LOCAL}['\"]?\)(?:\s+(?:{_COLOUR}))?"
_TRANSFORM = rf"(?:(?:matrix|translate|scale|rotate|skewX|skewY)\({_NUMBERS}\)[\s,]*)*"

_ATTRIBUTES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(form)
    for form, names in {
        r"[A-Za-z_][\w.-]{0,99}": "id",
        r"[MmLlHhVvCcSsQqTtAaZz\d\s.,eE+-]*": "d",
        _NUMBERS: "points viewBox stroke-dasharray",
        _LENGTH: "x y x1 y1 x2 y2 cx cy r rx ry fx fy width height offset stroke-width "
        "stroke-dashoffset stroke-miterlimit opacity fill-opacity stroke-opacity stop-opacity",
        _PAINT: "fill stroke",
        _COLOUR: "color stop-color",
        _TRANSFORM: "transform gradientTransform",
        rf"none|url\(['\"]?{_LOCAL}['\"]?\)": "clip-path",
        "nonzero|evenodd": "fill-rule clip-rule",
        "butt|round|square": "stroke-linecap",
        "miter|round|bevel": "stroke-linejoin",
        "none": "display",
        "hidden|visible": "visibility",
        "pad|reflect|repeat": "spreadMethod",
        "userSpaceOnUse|objectBoundingBox": "gradientUnits clipPathUnits",
        r"(?:none|x(?:Min|Mid|Max)Y(?:Min|Mid|Max))(?:\s+(?:meet|slice))?": "preserveAspectRatio",
    }.items()
    for name in names.split()
}


def _drawing(sent: bytes) -> bytes:
    try:
        root = fromstring(sent, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise InvalidLogo(LogoFlaw.BROKEN) from None
    if _name(root) != "svg":
        raise InvalidLogo(LogoFlaw.NEITHER)
    _require_simple(root)
    if not any(_name(element) in _SHAPES for element in _kept(root)):
        raise InvalidLogo(LogoFlaw.EMPTY)
    width, height, box = _size(root)
    # Old browsers know links between gradients by their older name alone.
    opening = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{width:g}" height="{height:g}" viewBox="{box}"'
    )
    classes = _classes(root)
    shown = {
        name: value
        for name, value in _attributes(root, classes).items()
        if name not in ("width", "height", "viewBox", "x", "y")
    }
    inside = "".join(_written(child, classes) for child in root)
    return f"{opening}{_in_tag(shown)}>{inside}</svg>".encode()


def _written(element: Element, classes: Mapping[str, Mapping[str, str]]) -> str:
    name = _name(element)
    if name not in _ELEMENTS:
        return ""
    attributes = _in_tag(_attributes(element, classes))
    inside = "".join(_written(child, classes) for child in element)
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"


def _in_tag(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


def _attributes(element: Element, classes: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Those of the list, with what styles say of the element, which counts more."""
    found = dict(element.items())
    for name in element.get("class", "").split()[:_MOST_CLASSES]:
        found.update(classes.get(name, {}))
    found.update(_declarations(element.get("style", "")))
    kept = {
        name: value.strip()
        for name, value in found.items()
        if name in _ATTRIBUTES and _ATTRIBUTES[name].fullmatch(value.strip())
    }
    if _name(element) in _GRADIENTS:
        linked = next((element.get(name, "") for name in _HREF if element.get(name)), "")
        if re.fullmatch(_LOCAL, linked):
            kept["xlink:href"] = linked
    return kept


def _classes(root: Element) -> dict[str, dict[str, str]]:
    """What style sheets in the file say of single classes, as drawing programs write them."""
    classes: dict[str, dict[str, str]] = {}
    sheets = "\n".join(sheet.text or "" for sheet in root.iter(f"{_NAMESPACE}style"))
    css = re.sub(r"/\*.*?\*/", "", sheets[:_LONGEST_SHEET], flags=re.DOTALL)
    for rule in css.split("}"):
        selectors, _brace, declarations = rule.partition("{")
        declared = _declarations(declarations)
        kept = {name: value for name, value in declared.items() if name in _ATTRIBUTES}
        for selector in selectors.split(","):
            if re.fullmatch(r"\.[\w-]+", selector.strip()):
                classes.setdefault(selector.strip()[1:], {}).update(kept)
    return classes


def _declarations(css: str) -> dict[str, str]:
    pairs = (declaration.partition(":") for declaration in css.split(";"))
    return {name.strip(): value.strip() for name, colon, value in pairs if colon}


def _size(root: Element) -> tuple[float, float, str]:
    """The drawing's proportions, from its view box or else from its width and height."""
    written = root.get("viewBox", "")[:_LONGEST_BOX]
    box = [float(number) for number in re.findall(_NUMBER, written)]
    if not re.fullmatch(_NUMBERS, written) or len(box) != 4:
        sides = [re.match(_NUMBER, root.get(side, "").strip()) for side in ("width", "height")]
        box = [0.0, 0.0, *(float(side[0]) if side else 0.0 for side in sides)]
    if not all(abs(number) < 1e6 for number in box) or min(box[2:]) <= 0:
        raise InvalidLogo(LogoFlaw.BROKEN)
    scale = LONGEST_SIDE / max(box[2:])
    return box[2] * scale, box[3] * scale, " ".join(f"{number:g}" for number in box)


def _kept(root: Element) -> Iterator[Element]:
    """The elements that are copied, without those below any that is not."""
    yield root
    for child in root:
        if _name(child) in _ELEMENTS:
            yield from _kept(child)


def _require_simple(root: Element) -> None:
    """Neither more elements nor deeper ones than a drawing has: a phone must show it at once."""
    level, count = [root], 0
    for _depth in range(DEEPEST):
        count += len(level)
        level = [child for element in level for child in element]
        if not level:
            break
    if level or count > MOST_ELEMENTS:
        raise InvalidLogo(LogoFlaw.TOO_INTRICATE)


def _name(element: Element) -> str:
    """Of an SVG element; of any other, nothing."""
    tag = str(element.tag)
    return tag.removeprefix(_NAMESPACE) if tag.startswith(_NAMESPACE) else ""
