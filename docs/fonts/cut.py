"""Cuts the fonts of `pledge/fonts` out of Noto CJK; README.md says from what and how to run it.

    python docs/fonts/cut.py NOTO_FOLDER UNIHAN_FILE

Needs fontTools (of the development environment). The same files give the same bytes.
"""

import bz2
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).parents[2] / "pledge" / "fonts"

SIMPLIFIED = 2
"""The place of the mainland's forms in each collection."""

KEPT_FEATURES = ["kern"]
"""Typst squeezes Chinese punctuation by itself; forms for other regions are not in the cut."""


@dataclass(frozen=True)
class Cut:
    source: str
    family: str
    style: str
    every_ideograph: bool

    @property
    def file(self) -> Path:
        return HERE / f"{self.family.replace(' ', '')}-{self.style}.otf"


CUTS = (
    Cut("NotoSerifCJK-Regular.ttc", "Pledge Serif SC", "Regular", every_ideograph=False),
    Cut("NotoSerifCJK-Bold.ttc", "Pledge Serif SC", "Bold", every_ideograph=False),
    Cut("NotoSansCJK-Regular.ttc", "Pledge Sans SC", "Regular", every_ideograph=True),
)


def main(noto: Path, unihan: Path) -> None:
    common = common_ideographs(unihan)
    for cut in CUTS:
        font: TTFont = TTCollection(str(noto / cut.source)).fonts[SIMPLIFIED]
        wanted = {
            code
            for code in font.getBestCmap()
            if not (is_hangul(code) or is_combining(code))
            and (cut.every_ideograph or not is_ideograph(code) or code in common)
        }
        reduce(font, wanted)
        rename(font, cut)
        font.recalcTimestamp = False
        font.save(cut.file)
        print(f"{cut.file.name}: {len(wanted)} characters, {cut.file.stat().st_size} bytes")


def common_ideographs(unihan: Path) -> set[int]:
    """通用规范汉字表, GB 2312, and the first level of Big5 (companies of Hong Kong and Taiwan)."""
    listed = bz2.decompress(unihan.read_bytes()).decode()
    table = {int(code, 16) for code in re.findall(r"^U\+([0-9A-F]+)\tkTGH\t", listed, re.M)}
    gb2312 = _decoded("gb2312", range(0xB0, 0xF8), range(0xA1, 0xFF))
    big5 = _decoded("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])
    return table | gb2312 | big5


def _decoded(codec: str, leading: Iterable[int], trailing: Iterable[int]) -> set[int]:
    trailing = list(trailing)
    pairs = (bytes([first, second]) for first in leading for second in trailing)
    return {ord(found) for pair in pairs if (found := pair.decode(codec, errors="ignore"))}


def is_ideograph(code: int) -> bool:
    return 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or code >= 0x20000


def is_hangul(code: int) -> bool:
    return 0x1100 <= code <= 0x11FF or 0x3130 <= code <= 0x318F or 0xA960 <= code <= 0xD7FF


def is_combining(code: int) -> bool:
    """Left out so that Č is not put together from what is there, and badly: Libertinus has it."""
    return 0x300 <= code <= 0x36F


def reduce(font: TTFont, wanted: set[int]) -> None:
    options = subset.Options()
    options.layout_features = KEPT_FEATURES
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)


def rename(font: TTFont, cut: Cut) -> None:
    """Another name than Noto's: that is a trademark, and these are not its fonts any more."""
    plain = f"{cut.family.replace(' ', '')}-{cut.style}"
    names = {1: cut.family, 2: cut.style, 3: f"2.001;{plain}", 4: f"{cut.family} {cut.style}"}
    names |= {6: plain, 16: None, 17: None}
    for record in list(font["name"].names):
        if record.nameID in (0, 5, 13, 14) and record.platformID == 3 and record.langID == 0x409:
            continue
        font["name"].names.remove(record)
    for number, words in names.items():
        if words:
            font["name"].setName(words, number, 3, 1, 0x409)
    font["CFF "].cff.fontNames = [plain]
    top = font["CFF "].cff.topDictIndex[0]
    top.FullName, top.FamilyName = f"{cut.family} {cut.style}", cut.family


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
