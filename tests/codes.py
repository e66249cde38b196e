"""Reading QR codes as a camera does."""

import re

import zxingcpp
from PIL import Image


def read_image(image: Image.Image) -> str:
    [found] = zxingcpp.read_barcodes(image)
    return str(found.text)


def read_path(view_box: str, path: str, *, size: int = 360) -> str:
    """Of a code that is drawn as runs of modules, as `web.codes` draws it."""
    modules = int(view_box.split()[2])
    image = Image.new("L", (modules, modules), 255)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        for column in range(int(x), int(x) + int(length)):
            image.putpixel((column, int(y)), 0)
    return read_image(image.resize((size, size), Image.Resampling.NEAREST))
