"""Compressed pages with hollows: what is each reader's own is filled in without compressing anew.

A gzip file is a sequence of deflate blocks (RFC 1951, 3.2.3; RFC 1952). What stands between the
hollows is compressed once; what fills a hollow is stored in a block of its own.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LEVEL = 9
_RAW = -15
_WINDOW = 32 * 1024
_NEVER = b"\x00"
"""Stands for what fills a hollow where later parts refer to what came before; a page that holds one
itself has no hollows.
"""


@dataclass(frozen=True)
class Part:
    """What stands between two hollows."""

    text: bytes
    blocks: bytes
    """The same, compressed."""


@dataclass(frozen=True)
class HollowPage:
    parts: tuple[Part, ...]
    sizes: tuple[int, ...]
    """Of what goes into each hollow, in bytes: later parts refer to what stands before it."""
    checksum: int
    """CRC-32 of the first part, by far the longest one."""

    def filled(self, fillings: Sequence[bytes]) -> bytes:
        """The page as gzip; one filling a hollow, in their order, each as long as the first was.

        Raises ValueError for others: the page could not be read.
        """
        first = self.parts[0]
        pieces = [_HEAD, first.blocks]
        checksum, length = self.checksum, len(first.text)
        for filling, size, part in zip(fillings, self.sizes, self.parts[1:], strict=True):
            if len(filling) != size:
                raise ValueError("a hollow is filled with what is as long as what it was made for")
            pieces += (
                b"\x00" + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little"),
                filling,
                part.blocks,
            )
            checksum = zlib.crc32(part.text, zlib.crc32(filling, checksum))
            length += size + len(part.text)
        pieces += (checksum.to_bytes(4, "little"), (length & 0xFFFFFFFF).to_bytes(4, "little"))
        return b"".join(pieces)


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
    parts, before = [], b""
    for place, text in enumerate(texts):
        deflate = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=before[-_WINDOW:])
        last = place == len(texts) - 1
        blocks = deflate.compress(text) + deflate.flush(
            zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH
        )
        parts.append(Part(text, blocks))
        if not last:
            before += text + _NEVER * len(fillings[place])
    return HollowPage(
        tuple(parts), tuple(len(filling) for filling in fillings), zlib.crc32(texts[0])
    )
