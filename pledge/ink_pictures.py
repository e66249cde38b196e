"""Pictures of ink, as PNG: for what cannot draw outlines, such as the cells of a workbook."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pledge.domain.outlines import polygons
from pledge.late import late

if TYPE_CHECKING:
    from PIL import Image, ImageDraw
else:
    Image = late("PIL.Image")
    ImageDraw = late("PIL.ImageDraw")

WIDTH, HEIGHT = 120, 36
"""The largest that a picture is shown, in pixels."""

_FINER = 2
"""Pixels of the picture for each that is shown: so it can be printed."""
_SMOOTHER = 4
"""Lines that are drawn for each of the picture's: their mean makes smooth edges."""


@dataclass(frozen=True)
class Picture:
    png: bytes
    width: int
    """As it is shown, in pixels."""
    height: int


def picture(ink: str) -> Picture:
    """Of a stored signature: black on white, as large as fits."""
    drawn = polygons(ink)
    scale = min(WIDTH / drawn.width, HEIGHT / drawn.height)
    width, height = max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale))
    fine = scale * _FINER * _SMOOTHER
    size = width * _FINER, height * _FINER
    canvas = Image.new("L", (size[0] * _SMOOTHER, size[1] * _SMOOTHER), 255)
    draw = ImageDraw.Draw(canvas)
    for corners in drawn.corners:
        draw.polygon([(x * fine, y * fine) for x, y in corners], fill=0)
    file = io.BytesIO()
    # Sixteen greys are enough for smooth edges, and take half the room.
    canvas.reduce(_SMOOTHER).quantize(16).save(file, "PNG")
    return Picture(file.getvalue(), width, height)
