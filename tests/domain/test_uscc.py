"""The Unified Social Credit Code, GB 32100-2015."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.names import Flaw, InvalidValue
from pledge.domain.uscc import ALPHABET, masked, uscc

# The standard's own weights (table 3), written out to check our reading of the library.
_WEIGHTS = [3**place % 31 for place in range(17)]


def check_character(body: str) -> str:
    total = sum(
        ALPHABET.index(character) * weight for character, weight in zip(body, _WEIGHTS, strict=True)
    )
    return ALPHABET[-total % 31]


bodies = st.tuples(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
).map("".join)


@given(bodies)
def test_every_code_with_its_check_digit_is_taken(body: str) -> None:
    code = body + check_character(body)
    assert uscc(code) == code


@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_seen(body: str, place: int, other: str) -> None:
    code = body + check_character(body)
    changed = code[:place] + other + code[place + 1 :]
    if changed != code:
        with pytest.raises(InvalidValue):
            uscc(changed)


@pytest.mark.parametrize("authority", ["A1", "N2", "Y1", "91", "12", "51", "93"])
def test_codes_of_every_registering_authority_pass(authority: str) -> None:
    body = f"{authority}510100MA0000000"[:17]
    assert uscc(body + check_character(body)).startswith(authority)


def test_codes_are_normalised() -> None:
    assert uscc(" ９１51 0000ma0000001f\u3000") == "91510000MA0000001F"
    assert uscc("") == uscc(" 　") == ""


@pytest.mark.parametrize(
    ("typed", "flaw", "position"),
    [
        ("91510000MA0000001", Flaw.CODE_LENGTH, 0),
        ("91510000MA0000001FF", Flaw.CODE_LENGTH, 0),
        ("91510000MA6XXXX0O1", Flaw.CODE_CHARACTER, 17),
        ("91510000MA000000-1", Flaw.CODE_CHARACTER, 17),
        ("9151A000MA0000001F", Flaw.CODE_REGION, 0),
        ("91510000MA0000001G", Flaw.CODE_CHECK, 0),
    ],
)
def test_the_flaw_of_a_wrong_code_is_named(typed: str, flaw: Flaw, position: int) -> None:
    with pytest.raises(InvalidValue) as refused:
        uscc(typed)
    assert (refused.value.flaw, refused.value.position) == (flaw, position)


def test_the_public_sees_a_masked_code() -> None:
    assert masked("91510000MA0000001F") == "91**************1F"
    assert masked("") == ""
