"""Reading printed sheets back: their words, their fonts, their codes."""

import io
from typing import Any

import zxingcpp
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject


def words(pdf: bytes) -> str:
    """All text in its order, without the spaces that lines and columns make."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def page_words(pdf: bytes) -> list[str]:
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def fonts(pdf: bytes) -> dict[str, bool]:
    """The fonts that are used, and whether they are embedded."""
    found: dict[str, bool] = {}
    for page in PdfReader(io.BytesIO(pdf)).pages:
        resources: Any = page.get("/Resources", DictionaryObject())
        for font in resources.get("/Font", DictionaryObject()).values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"].get_object()
            found[descriptor["/FontName"].removeprefix("/")] = "/FontFile3" in descriptor
    return found


def codes(png: bytes) -> list[str]:
    """What a camera reads on a page, from top to bottom and from left to right."""
    image = Image.open(io.BytesIO(png))
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    height = image.height / 50
    found.sort(key=lambda code: (code.position.top_left.y // height, code.position.top_left.x))
    return [code.text for code in found]


def millimetres(pdf: bytes) -> tuple[int, int]:
    box = PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    return round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)
