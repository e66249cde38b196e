"""Pictures of documents in few colours: ink, paper, one accent, and what lies between them.

A page that is set in type has a thousand shades along its edges and a handful anywhere else. With
a palette of the most frequent ones its own colours stay exact, nobody sees that the shades are
fewer, and the file is a third as large.
"""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from pledge.late import late

if TYPE_CHECKING:
    from PIL import Image
else:
    Image = late("PIL.Image")


COLOURS = 32


def in_few_colours(png: bytes) -> bytes:
    """The same picture; as it is if it has more colours than a document has."""
    with Image.open(BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    found: list[tuple[int, Any]] | None = picture.getcolors(1 << 16)
    if found is None:
        return png
    frequent = sorted(found, reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _count, colour in frequent for part in colour])
    written = BytesIO()
    reduced = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    reduced.save(written, "PNG", compress_level=6)
    return written.getvalue()
