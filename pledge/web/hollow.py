"""Compressed pages with hollows: what is each reader's own is filled in without compressing anew.

A gzip file is a sequence of deflate blocks (RFC 1951, 3.2.3; RFC 1952). What stands between the
hollows is compressed once; what fills a hollow is stored in a block of its own.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from zlib import crc32

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LEVEL = 9
_RAW = -15
_WINDOW = 32 * 1024
_STORED = Struct("<BHH")
"""How a block begins that is not compressed: with how long it is, twice."""
_END = Struct("<II")
_NEVER = b"\x00"
"""Stands for what fills a hollow where later parts refer to what came before; a page that holds one
itself has no hollows.
"""


@dataclass(frozen=True)
class HollowPage:
    pieces: tuple[bytes, ...]
    """Of the compressed file: what stands before each hollow, and what stands after the last."""
    texts: tuple[bytes, ...]
    """What follows each hollow, not compressed."""
    sizes: tuple[int, ...]
    """Of what goes into each hollow, in bytes: later parts refer to what stands before it."""
    checksum: int
    """CRC-32 of what stands before the first hollow, by far the longest part."""
    length: int
    """Of the page that is not compressed."""

    @property
    def compressed_length(self) -> int:
        return sum(map(len, self.pieces)) + sum(self.sizes) + 8

    def filled(self, fillings: Sequence[bytes]) -> bytes:
        """The page as gzip; one filling a hollow, in their order, each as long as the first was.

        Raises ValueError for others: the page could not be read.
        """
        made = [self.pieces[0]]
        checksum = self.checksum
        for filling, size, text, piece in zip(
            fillings, self.sizes, self.texts, self.pieces[1:], strict=True
        ):
            if len(filling) != size:
                raise ValueError("a hollow is filled with what is as long as what it was made for")
            made += (filling, piece)
            checksum = crc32(text, crc32(filling, checksum))
        made.append(_END.pack(checksum, self.length & 0xFFFFFFFF))
        return b"".join(made)


def hollow_page(page: bytes, fillings: Sequence[bytes]) -> HollowPage | None:
    """The page with hollows in place of these, each of which it must hold once and in this order.

    None if it does not, or if it holds what stands for a hollow.
    """
    if _NEVER in page:
        return None
    texts, rest = [], page
    for filling in fillings:
        before, found, rest = rest.partition(filling)
        if not found or filling in rest:
            return None
        texts.append(before)
    texts.append(rest)
    pieces, before = [], b""
    for place, text in enumerate(texts):
        deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=before[-_WINDOW:])
        last = place == len(texts) - 1
        blocks = deflate.compress(text) + deflate.flush(
            zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH
        )
        if not last:
            size = len(fillings[place])
            blocks += _STORED.pack(0, size, size ^ 0xFFFF)
            before += text + _NEVER * size
        pieces.append(blocks if place else _HEAD + blocks)
    return HollowPage(
        tuple(pieces),
        tuple(texts[1:]),
        tuple(len(filling) for filling in fillings),
        crc32(texts[0]),
        len(page),
    )
