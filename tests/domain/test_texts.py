"""Texts as they are typed, and how two of them differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.names import InvalidValue
from pledge.domain.texts import LONGEST_TEXT, Change, Line, differences, markdown

lines = st.text(st.sampled_from("承诺质量 ab，\\#"), max_size=12)
texts = st.lists(lines, max_size=8).map("\n".join)


def _side(found: tuple[Line, ...], gone: Change) -> list[str]:
    """The lines of one of the two texts: without what only the other has."""
    kept = [[run for run in line if run.change is not gone] for line in found]
    return ["".join(run.text for run in line) for line in kept if line]


@given(texts, texts)
def test_both_texts_can_be_read_in_what_differs(before: str, after: str) -> None:
    found = differences(before, after)
    assert _side(found, Change.ADDED) == before.splitlines()
    assert _side(found, Change.REMOVED) == after.splitlines()


def test_chinese_differs_by_characters_and_english_by_words() -> None:
    [line] = differences("对产品质量负责。", "对产品的质量负责。")
    assert [(run.change.value, run.text) for run in line] == [
        ("kept", "对产品"),
        ("added", "的"),
        ("kept", "质量负责。"),
    ]
    [line] = differences("We keep the promise.", "We keep this promise.")
    assert [run.text for run in line] == ["We keep ", "the", "this", " promise."]


def test_a_long_text_takes_no_time_worth_mentioning() -> None:
    """Bounded by construction: an organizer's worst text must not hold up a process."""
    assert differences("\n" * LONGEST_TEXT, "一\n" * (LONGEST_TEXT // 2))
    assert differences("一" * LONGEST_TEXT, "二" * LONGEST_TEXT)


@given(st.text(max_size=200))
def test_what_is_stored_is_stored_the_same_again(typed: str) -> None:
    try:
        stored = markdown(typed)
    except InvalidValue:
        return
    assert markdown(stored.replace("\n", "\r\n")) == stored


@pytest.mark.parametrize("hidden", ["\0", "\x1b", "\u202e", "\u2066", "\ufffd"])
def test_a_text_hides_nothing(hidden: str) -> None:
    with pytest.raises(InvalidValue):
        markdown(f"文字{hidden}文字")
