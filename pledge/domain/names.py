"""Names of companies and people: what may be typed, and when two spellings mean one company.

Every Chinese character is welcome, also those beyond the Basic Multilingual Plane that
GB 18030-2022 requires. Python may not know the newest of them, so nothing here refuses a
character merely because its category is unknown.
"""

import re
import unicodedata
from enum import Enum
from functools import lru_cache

from pledge.errors import PledgeError

LONGEST = 100
"""Characters (code points) of a name."""


class Flaw(Enum):
    """What is wrong with a value that was typed."""

    MISSING = "missing"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    INVISIBLE = "invisible character"
    NO_LETTER = "no letter"
    NOT_A_PHONE = "not a phone number"
    CODE_LENGTH = "length of the code"
    CODE_CHARACTER = "character in the code"
    CODE_REGION = "region in the code"
    CODE_CHECK = "check digit of the code"
    INK_UNREADABLE = "not strokes"
    INK_TOO_MUCH = "too many strokes or points"
    INK_DOT = "a dot"
    INK_LINE = "a straight line"


class InvalidValue(PledgeError):
    """A typed value that a field can't take.

    `position` counts from 1 and `character` is the one found there, where the flaw has a place;
    `length` is how many characters were typed, where that is the flaw, and `most` how many may be.
    """

    def __init__(
        self,
        flaw: Flaw,
        *,
        position: int = 0,
        character: str = "",
        length: int = 0,
        most: int = LONGEST,
    ):
        super().__init__(flaw.value)
        self.flaw = flaw
        self.position = position
        self.character = character
        self.length = length
        self.most = most


def company_name(typed: str) -> str:
    """The name of a company as it will be shown: as typed, without the space around it."""
    name = _line(typed)
    if not name:
        raise InvalidValue(Flaw.MISSING)
    if not any(map(_is_letter, name)):
        raise InvalidValue(Flaw.NO_LETTER)
    if len(name) < 2:
        raise InvalidValue(Flaw.TOO_SHORT)
    return name


def person_name(typed: str) -> str:
    name = _line(typed)
    if not name:
        raise InvalidValue(Flaw.MISSING)
    if not any(map(_is_letter, name)):
        raise InvalidValue(Flaw.NO_LETTER)
    return name


def optional_line(typed: str, most: int = LONGEST) -> str:
    """A free field such as a job title; may be empty."""
    return _line(typed, most)


def phone_number(typed: str) -> str:
    """A telephone number as typed; may be empty. Extensions and country codes are welcome."""
    number = _line(typed)
    if not number:
        return ""
    folded = unicodedata.normalize("NFKC", number)
    if not re.fullmatch(r"[+0-9(][-0-9 ()/.,#*转x]*", folded):
        raise InvalidValue(Flaw.NOT_A_PHONE)
    if not 5 <= len(re.sub(r"\D", "", folded)) <= 20:
        raise InvalidValue(Flaw.NOT_A_PHONE)
    return number


@lru_cache(maxsize=10_000)
def company_key(name: str) -> str:
    """What two spellings of one company's name have in common (rule 1 of the domain).

    NFKC, no spaces, full-width forms, brackets and punctuation folded, letters' case folded,
    variation selectors dropped.
    """
    folded = unicodedata.normalize("NFKC", name).translate(_PUNCTUATION).casefold()
    return unicodedata.normalize("NFKC", _UNSEEN.sub("", folded))


def surname(representative: str) -> str:
    """The surname, which is all that the public sees without consent to be named.

    Of a Chinese name its first character, or both of a compound surname, whatever else was typed
    beside it; of one with an interpunct the last part (the family's in transcribed names). Of a
    name in other letters the word that alone is in capitals (ZHANG San), else the last one, before
    a comma if there is one (Family, Given).
    """
    name = representative.strip()
    if parts := [part for part in re.split(f"[{_INTERPUNCTS}]", name) if part.strip()][1:]:
        return parts[-1].split()[0]
    if chinese := "".join(c if _is_han(c) else " " for c in name).split():
        compound = chinese[0][:2] in _COMPOUND_SURNAMES and len(chinese[0]) > 2
        return chinese[0][: 2 if compound else 1]
    if len(words := name.replace(",", " ").split()) < 2:
        return words[0][:1] if words else ""
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    if len(capitals) == 1:
        return capitals[0]
    return (name.split(",")[0].split() or words)[-1]


def name_parts(company: str) -> list[str]:
    """A company's name where a line may end in it: before its legal form, if it has one."""
    return re.split("(?<=.)(?=(?:股份)?有限(?:责任)?公司$)", company, maxsplit=1)


def _line(typed: str, most: int = LONGEST) -> str:
    for character in _ORDINARY.sub("", typed.strip()):
        if _is_invisible(character):
            raise InvalidValue(Flaw.INVISIBLE, character=f"U+{ord(character):04X}")
    line = typed.strip()
    if len(line) > most:
        raise InvalidValue(Flaw.TOO_LONG, length=len(line), most=most)
    return line


def _is_invisible(character: str) -> bool:
    """Zero-width, bidirectional and control characters: they make two names look alike."""
    code = ord(character)
    return (
        unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        or character in _BLANK_LETTERS
        or any(first <= code <= last for first, last in _IGNORABLE)
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFE == 0xFFFE
    )


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" or unicodedata.category(character) in (
        "Cn",
        "Co",
    )


def _is_han(character: str) -> bool:
    """Any character of East Asia: whoever writes with those has the surname first."""
    return ord(character) >= 0x2E80 and _is_letter(character)


# Letters that show as nothing, the grapheme joiner, and what stands for bytes that were not UTF-8.
_BLANK_LETTERS = frozenset("\ufffd\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")

# What else is Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt); the variation
# selectors that Chinese characters may carry are not refused but folded.
_IGNORABLE = (
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE00FF),
    (0xE01F0, 0xE0FFF),
)

_UNSEEN = re.compile("[\\s\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
"""Spaces and variation selectors."""
_ORDINARY = re.compile("[ -~\u4e00-\u9fff（），、]+")
"""Letters, digits and characters that anybody can see."""

_INTERPUNCTS = "·•‧・⋅᛫"
_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys(_INTERPUNCTS, "·"),
        **dict.fromkeys("〔【〖[{〈《⦅", "("),
        **dict.fromkeys("〕】〗]}〉》⦆", ")"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("“”„‟「」『』", '"'),
        **dict.fromkeys("‘’‚‛`´", "'"),
        **dict.fromkeys("、，", ","),
        **dict.fromkeys("。", "."),
    }
)

_COMPOUND_SURNAMES = frozenset(
    """
    欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政
    濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 子车 亓官 司寇 巫马
    公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 段干 百里 呼延 东郭 南门 羊舌
    微生 公户 公玉 梁丘 公仲 公上 公门 公山 公坚 左丘 公伯 西门 公祖 第五 公乘 贯丘 公皙 南荣
    东里 东宫 仲长 子书 子桑 即墨 达奚 褚师 纳兰 归海 東方 歐陽 司馬 諸葛 尉遲 鍾離 長孫 鮮于
    """.split()  # noqa: SIM905 -- a list of names reads better as text
)
