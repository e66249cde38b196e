"""Tokens, keys, and their replacement."""

import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.errors import InvalidSetting
from pledge.secrets import (
    Scanned,
    Tokens,
    attempt_of,
    digest,
    load_keys,
    random_name,
    timed_name,
    write_whole,
)

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


def test_timed_names_do_not_repeat_and_are_in_the_order_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = []
    for second in (0, 1_577_836_799, 1_577_836_800, 1_785_000_000, 1_785_000_001, 3_700_000_000):
        monkeypatch.setattr(time, "time", lambda second=second: second + 0.5)
        names.append([timed_name() for _ in range(200)])
    assert all(re.fullmatch("[0-9a-z]{32}", name) for some in names for name in some)
    begun = [{name[:6] for name in some} for some in names]
    assert [len(one) for one in begun] == [1] * 6
    assert sorted(one.pop() for one in begun[1:]) == [some[0][:6] for some in names[1:]]
    assert len({name[6:] for some in names for name in some}) == 1200


def test_an_attempt_is_stored_by_the_second_of_its_form_and_tells_nothing_else() -> None:
    form = timed_name()
    stored = attempt_of(form, "示例有限公司")
    assert stored == attempt_of(form, "示例有限公司")
    assert stored != attempt_of(form, "示例二有限公司")
    assert (stored[:6], len(stored)) == (form[:6], 64)
    assert form[6:] not in stored


@pytest.mark.parametrize("form", ["0123456789abcdef" * 2, "a-form-of-another-program", "A" * 32])
def test_what_older_forms_have_signed_is_found_again(form: str) -> None:
    assert attempt_of(form, "示例有限公司") == digest(f"{form} 示例有限公司")


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
