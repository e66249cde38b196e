"""Which characters our fonts can set, and which nobody's can.

A character that no font has is set as 〓, which printers have always put where a sort was missing,
and named to whoever asked for the sheet. System fonts fill what ours lack.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pledge.character_maps import CharacterMap
from pledge.late import late
from pledge.paths import FONTS

if TYPE_CHECKING:
    import typst
else:
    typst = late("typst")

MISSING_SORT = "〓"

LINE_MAY_END = "\u200b"
"""Within a name: a line that must end somewhere ends here. No name that was typed holds one."""

_TYPSTS = frozenset([*range(0x100, 0x180), *range(0x300, 0x370)])
"""Latin Extended-A (Łódź, Česko) and its accents, which Typst's own Libertinus has."""

_INVISIBLE = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x21), 0x200B])
"""Variation selectors, spaces and line breaks: nothing is drawn for them."""


@dataclass(frozen=True)
class Unset:
    """A character that no font has, and the lines that hold it."""

    character: str
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.character} (U+{ord(self.character):04X})"


def together(found: Iterable[Unset]) -> tuple[Unset, ...]:
    """Each character once, with the lines of all parts of a document."""
    lines: dict[str, dict[str, None]] = {}
    for unset in found:
        lines.setdefault(unset.character, {}).update(dict.fromkeys(unset.lines))
    return tuple(Unset(character, tuple(named)) for character, named in sorted(lines.items()))


@dataclass(frozen=True)
class Settable:
    """Data as it can be set."""

    data: Any
    needs_system_fonts: bool
    unset: tuple[Unset, ...]


def settable(data: Any) -> Settable:
    """Looks through every string of JSON-like data."""
    lines = [line for line in _strings(data) if not all(map(_ours_has, line))]
    beyond = {character for line in lines for character in line if not _ours_has(character)}
    nowhere = {character for character in beyond if not _system_has(character)}
    unset = tuple(
        Unset(
            character,
            tuple(
                dict.fromkeys(line.replace(LINE_MAY_END, "") for line in lines if character in line)
            ),
        )
        for character in sorted(nowhere)
    )
    table = str.maketrans(dict.fromkeys(nowhere, MISSING_SORT))
    return Settable(
        _translated(data, table) if nowhere else data,
        needs_system_fonts=beyond != nowhere,
        unset=unset,
    )


def _strings(data: Any) -> Iterator[str]:
    match data:
        case str():
            yield data
        case dict():
            for value in data.values():
                yield from _strings(value)
        case list() | tuple():
            for value in data:
                yield from _strings(value)


def _translated(data: Any, table: dict[int, str]) -> Any:
    match data:
        case str():
            return data.translate(table)
        case dict():
            return {key: _translated(value, table) for key, value in data.items()}
        case list() | tuple():
            return [_translated(value, table) for value in data]
        case _:
            return data


@lru_cache(maxsize=65536)
def _ours_has(character: str) -> bool:
    code = ord(character)
    known = code in _INVISIBLE or code in _TYPSTS
    return known or any(one.has(character) for one in _ours())


@lru_cache(maxsize=4096)
def _system_has(character: str) -> bool:
    return any(one.has(character) for one in _systems())


@cache
def _ours() -> tuple[CharacterMap, ...]:
    return tuple(CharacterMap(path) for path in sorted(FONTS.glob("*.otf")))


@cache
def _systems() -> tuple[CharacterMap, ...]:
    found = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False).fonts()
    return tuple(CharacterMap(Path(font.path), font.index) for font in found if font.path)
