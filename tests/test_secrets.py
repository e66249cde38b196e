"""Tokens, keys, and their replacement."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.errors import InvalidSetting
from pledge.secrets import Tokens, load_keys, random_name

OLD, NEW = "an old key of the site", "a new key of the site"
TOKENS = Tokens((OLD,))


@given(st.integers(0, 2**40 - 1))
def test_a_link_has_one_token_that_fits_a_qr_codes_alphanumeric_mode(link_id: int) -> None:
    token = TOKENS.link(link_id)
    assert re.fullmatch("[A-Z2-7]{24}", token)
    assert TOKENS.link_id(token) == link_id


@given(st.text(max_size=40))
def test_whatever_else_is_sent_is_unknown(text: str) -> None:
    assert TOKENS.link_id(text) is None


@given(
    st.integers(0, 1000), st.integers(0, 23), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
)
def test_an_altered_token_is_unknown(link_id: int, place: int, other: str) -> None:
    token = TOKENS.link(link_id)
    altered = token[:place] + other + token[place + 1 :]
    assert altered == token or TOKENS.link_id(altered) is None


def test_a_replaced_key_still_verifies_and_no_longer_signs() -> None:
    both = Tokens((NEW, OLD))
    assert both.link_id(TOKENS.link(7)) == 7
    assert both.link(7) == Tokens((NEW,)).link(7)
    assert Tokens((NEW,)).link_id(TOKENS.link(7)) is None


def test_a_forms_token_is_for_one_visitor_and_for_a_while() -> None:
    token = TOKENS.form("visitor")
    assert TOKENS.form_is("visitor", token, seconds=60)
    assert not TOKENS.form_is("another", token, seconds=60)
    assert not TOKENS.form_is("visitor", token, seconds=-1)
    assert not TOKENS.form_is("visitor", token + "x", seconds=60)
    assert not TOKENS.form_is("visitor", "", seconds=60)


def test_the_key_file_is_written_once(tmp_path: Path) -> None:
    first = load_keys((), tmp_path)
    assert load_keys((), tmp_path) == first
    assert load_keys((NEW,), tmp_path) == (NEW,)
    (tmp_path / "secret.key").write_text("")
    with pytest.raises(InvalidSetting, match=r"secret\.key"):
        load_keys((), tmp_path)


def test_random_names_do_not_repeat() -> None:
    names = {random_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(re.fullmatch("[a-z2-7]{26}", name) for name in names)
