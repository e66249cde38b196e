"""Tokens, keys, and their replacement."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.errors import InvalidSetting
from pledge.secrets import Scanned, Tokens, load_keys, random_name, write_whole

KEY = "secret.key"
OLD, NEW = "an old key of the site", "a new key of the site"
TOKENS = Tokens((OLD,))


def _link_id(tokens: Tokens, token: str) -> int | None:
    scanned = tokens.scanned(token)
    return scanned.link_id if scanned and scanned.made is None else None


@given(st.integers(0, 2**40 - 1))
def test_a_link_has_one_token_that_fits_a_qr_codes_alphanumeric_mode(link_id: int) -> None:
    token = TOKENS.link(link_id)
    assert re.fullmatch("[A-Z2-7]{24}", token)
    assert _link_id(TOKENS, token) == link_id


@given(st.text(max_size=40))
def test_whatever_else_is_sent_is_unknown(text: str) -> None:
    assert _link_id(TOKENS, text) is None


@given(
    st.integers(0, 1000), st.integers(0, 23), st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
)
def test_an_altered_token_is_unknown(link_id: int, place: int, other: str) -> None:
    token = TOKENS.link(link_id)
    altered = token[:place] + other + token[place + 1 :]
    assert altered == token or _link_id(TOKENS, altered) is None


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))


@given(st.integers(0, 2**40 - 1), MOMENTS)
def test_a_code_of_the_screen_says_when_it_was_made(link_id: int, made: datetime) -> None:
    code = TOKENS.code(link_id, made)
    assert re.fullmatch("[A-Z2-7]{32}", code)
    assert TOKENS.scanned(code) == Scanned(link_id, made.replace(microsecond=0))
    assert TOKENS.scanned(code[:-1]) is None


def test_what_lets_a_form_be_finished_is_no_code_and_is_for_one_link() -> None:
    at = datetime(2023, 8, 10, 2, tzinfo=UTC)
    opened = TOKENS.opened(7, at)
    assert TOKENS.opened_at(7, opened) == at
    assert TOKENS.opened_at(8, opened) is None
    assert TOKENS.scanned(opened) is None
    assert TOKENS.opened_at(7, TOKENS.code(7, at)) is None


def test_a_replaced_key_still_verifies_and_no_longer_signs() -> None:
    both = Tokens((NEW, OLD))
    assert _link_id(both, TOKENS.link(7)) == 7
    assert both.link(7) == Tokens((NEW,)).link(7)
    assert _link_id(Tokens((NEW,)), TOKENS.link(7)) is None


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
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


def test_a_key_and_its_name_are_on_the_disk_before_anything_is_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a power cut brings the old key back, or none, and what was signed is nobody's."""
    settled: list[tuple[int, list[str]]] = []
    real = os.fsync

    def watched(file: int) -> None:
        settled.append((os.fstat(file).st_ino, sorted(os.listdir(tmp_path))))
        real(file)

    monkeypatch.setattr(os, "fsync", watched)
    for write in (lambda: load_keys((), tmp_path), lambda: write_whole(tmp_path / KEY, "another")):
        settled.clear()
        write()
        key = (tmp_path / KEY).stat().st_ino
        assert [inode for inode, _names in settled] == [key, tmp_path.stat().st_ino]
        assert settled[-1][1] == [KEY]
