"""The characters that a font has: the `cmap` table of OpenType (ISO/IEC 14496-22, 5.2).

Only what is needed of it: the Unicode subtables of format 4 (the Basic Multilingual Plane) and 12
(all of Unicode), one of which every font of today has. The table alone is read, not the font.
"""

from bisect import bisect_left
from pathlib import Path
from struct import Struct, error, unpack_from

_COLLECTION = b"ttcf"
_FULL = {(3, 10), (0, 4), (0, 6)}
_PLANE = {(3, 1), (0, 3), (0, 2), (0, 1), (0, 0)}


class CharacterMap:
    """Of one font; of none of its characters if the file can't be understood."""

    def __init__(self, path: Path, index: int = 0):
        try:
            self._table, self._format = _subtable(_cmap(path, index))
        except (OSError, error):
            self._table, self._format = b"", 0

    def has(self, character: str) -> bool:
        code = ord(character)
        try:
            match self._format:
                case 12:
                    return _glyph_12(self._table, code) != 0
                case 4:
                    return code < 0x10000 and _glyph_4(self._table, code) != 0
        except (error, IndexError):
            return False
        return False


def _cmap(path: Path, index: int) -> bytes:
    with path.open("rb") as file:
        head = file.read(12)
        at = 0
        if head[:4] == _COLLECTION:
            file.seek(12 + 4 * index)
            (at,) = unpack_from(">I", file.read(4))
            file.seek(at)
            head = file.read(12)
        (count,) = unpack_from(">H", head, 4)
        directory = file.read(16 * count)
        for place in range(count):
            tag, _sum, offset, length = unpack_from(">4sIII", directory, 16 * place)
            if tag == b"cmap":
                file.seek(offset)
                return file.read(length)
    return b""


def _subtable(cmap: bytes) -> tuple[bytes, int]:
    """The one that knows most characters, with its format; 0 if there is none that we read."""
    (count,) = unpack_from(">H", cmap, 2)
    found = (b"", 0)
    for place in range(count):
        platform, encoding, offset = unpack_from(">HHI", cmap, 4 + 8 * place)
        (format,) = unpack_from(">H", cmap, offset)
        if format == 12 and (platform, encoding) in _FULL:
            return cmap[offset:], 12
        if format == 4 and (platform, encoding) in _PLANE:
            found = (cmap[offset:], 4)
    return found


_GROUP = Struct(">III")


def _glyph_12(table: bytes, code: int) -> int:
    """Segmented coverage: groups of first and last character and the first one's glyph."""
    (count,) = unpack_from(">I", table, 12)
    group = bisect_left(range(count), code, key=lambda place: _group(table, place)[1])
    if group == count:
        return 0
    first, _last, glyph = _group(table, group)
    return glyph + code - first if first <= code else 0


def _group(table: bytes, place: int) -> tuple[int, ...]:
    return _GROUP.unpack_from(table, 16 + 12 * place)


def _glyph_4(table: bytes, code: int) -> int:
    """Segments by their last character; glyphs by a difference, or through an array behind it."""
    (twice,) = unpack_from(">H", table, 6)
    count = twice // 2
    ends, starts, deltas, offsets = (14, 16 + twice, 16 + 2 * twice, 16 + 3 * twice)
    segment = bisect_left(range(count), code, key=lambda place: _word(table, ends + 2 * place))
    if segment == count or (start := _word(table, starts + 2 * segment)) > code:
        return 0
    delta = _word(table, deltas + 2 * segment)
    offset = _word(table, offsets + 2 * segment)
    if not offset:
        return (code + delta) & 0xFFFF
    glyph = _word(table, offsets + 2 * segment + offset + 2 * (code - start))
    return (glyph + delta) & 0xFFFF if glyph else 0


def _word(table: bytes, at: int) -> int:
    return int.from_bytes(table[at : at + 2], "big")
