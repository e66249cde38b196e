"""Which characters can be printed, and what is said of those that can't."""

from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph

from pledge import glyphs
from pledge.character_maps import CharacterMap
from pledge.glyphs import LINE_MAY_END, settable
from pledge.paths import FONTS

NOWHERE = "\U0010fffd"
"""For private use: no font has it."""


@pytest.mark.parametrize("path", sorted(FONTS.glob("*.otf")), ids=lambda path: path.stem)
def test_our_fonts_are_read_as_another_reader_reads_them(path: Path) -> None:
    expected = TTFont(path).getBestCmap()
    own = CharacterMap(path)
    codes = [*range(0, 0x3400, 3), *range(0x3400, 0x323B0, 17), 0x20BB7, 0x2CB78, 0x10FFFD]
    assert [code for code in codes if own.has(chr(code)) != (code in expected)] == []


def test_a_font_of_the_plane_alone_is_read(tmp_path: Path) -> None:
    builder = FontBuilder(1000, isTTF=True)
    names = [".notdef", "a", "b", "c", "x"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({0x41: "a", 0x42: "c", 0x43: "b", 0x4E00: "x"})
    builder.setupGlyf({name: Glyph() for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    builder.setupHorizontalHeader()
    builder.setupOS2()
    builder.setupPost()
    path = tmp_path / "small.ttf"
    builder.save(path)
    found = CharacterMap(path)
    assert [c for c in "@ABCD一丁𠮷" if found.has(c)] == ["A", "B", "C", "一"]


@pytest.mark.parametrize("content", [b"", b"ttcf", b"OTTO\x00\x09", b"no font at all" * 9])
def test_what_is_no_font_has_no_characters(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.otf"
    path.write_bytes(content)
    assert not CharacterMap(path).has("一")


def test_our_fonts_have_what_names_are_written_with() -> None:
    names = ["示例（北京）科技有限公司", "𠮷某𬭸㛃䶮〇", "歐陽臺灣", "№①℃·—“”《》", "Ąé Ж Ω カ"]
    checked = settable(names)
    assert checked.data == names
    assert not checked.needs_system_fonts
    assert checked.unset == ()


def test_a_character_that_no_font_has_is_named_and_shown_as_missing() -> None:
    typed = {"company": f"示例{NOWHERE}{LINE_MAY_END}有限公司", "cards": [["甲"], f"{NOWHERE}"]}
    checked = settable(typed)
    assert checked.data == {"company": f"示例〓{LINE_MAY_END}有限公司", "cards": [["甲"], "〓"]}
    [unset] = checked.unset
    assert unset.name == f"{NOWHERE} (U+10FFFD)"
    assert unset.lines == (f"示例{NOWHERE}有限公司", NOWHERE)


def test_the_systems_fonts_fill_what_ours_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_system_has", lambda character: character == NOWHERE)
    checked = settable([NOWHERE])
    assert (checked.data, checked.needs_system_fonts, checked.unset) == ([NOWHERE], True, ())


def test_variants_and_spaces_are_no_characters_of_their_own() -> None:
    assert settable(["葛\U000e0100 城\ufe00\t\n"]).unset == ()
