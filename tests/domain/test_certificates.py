"""The numbers of certificates: whatever is mistyped is told, whatever is meant is understood."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pledge.domain.certificates import (
    BadNumber,
    CertificateNumber,
    certificate_number,
    check_code,
    number_quoted,
    parsed_number,
)
from pledge.domain.links import Vouched
from pledge.domain.signatures import Company, Person, Signature

numbers = st.builds(
    CertificateNumber,
    st.one_of(st.integers(1, 99), st.integers(1, 999_999_999)),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)).map("{:%Y%m%d}".format),
    st.one_of(st.integers(1, 9999), st.integers(1, 10**15)),
)


def _digits(written: str) -> list[int]:
    """Places of the digits."""
    return [place for place, character in enumerate(written) if character.isdigit()]


@given(numbers)
def test_a_number_is_read_as_it_is_written(number: CertificateNumber) -> None:
    assert parsed_number(str(number)) == number


@given(numbers, st.data())
def test_one_wrong_digit_is_always_told(number: CertificateNumber, data: st.DataObject) -> None:
    written = str(number)
    place = data.draw(st.sampled_from(_digits(written)))
    digit = data.draw(st.sampled_from("0123456789"))
    assume(digit != written[place])
    assert isinstance(parsed_number(written[:place] + digit + written[place + 1 :]), BadNumber)


@given(numbers, st.data())
def test_two_digits_that_changed_places_are_never_another_number_of_that_day(
    number: CertificateNumber, data: st.DataObject
) -> None:
    """MOD 11,10 tells nearly all of them, and the others name another certificate or none."""
    written = str(number)
    place = data.draw(st.sampled_from(_digits(written)))
    after = place + 1
    assume(after < len(written) and written[after].isdigit() and written[after] != written[place])
    swapped = written[:place] + written[after] + written[place] + written[after + 1 :]
    assert parsed_number(swapped) != number


def test_how_many_transpositions_are_told_at_once() -> None:
    told, all_of_them = 0, 0
    for body in range(1, 3000):
        written = str(CertificateNumber(1, "20230810", body))
        for place in range(len(written) - 1):
            one, other = written[place : place + 2]
            if one.isdigit() and other.isdigit() and one != other:
                swapped = written[:place] + other + one + written[place + 2 :]
                all_of_them += 1
                told += isinstance(parsed_number(swapped), BadNumber)
    assert told / all_of_them > 0.97


@given(numbers, st.sampled_from("-‐‑–—－ _·"), st.booleans(), st.booleans())
def test_spellings_of_a_number_are_that_number(
    number: CertificateNumber, dash: str, lower: bool, wide: bool
) -> None:
    typed = str(number).replace("-", dash)
    typed = typed.lower() if lower else typed
    typed = (
        "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in typed) if wide else typed
    )
    assert parsed_number(f" {typed} ") == number


@pytest.mark.parametrize(
    "typed",
    [
        "CY202308100129-6",
        "cy2023081001296",
        "CY-2O23O8IO-OI29-6",
        "ＣＹ－２０２３０８１０－０１２９－６",
    ],
)
def test_letters_that_look_like_digits_and_missing_dashes_are_understood(typed: str) -> None:
    assert str(parsed_number(typed)) == "CY-20230810-0129-6"


@pytest.mark.parametrize(
    "pasted",
    [
        "证书编号：CY-20230810-0129-6",
        "https://sign.example.cn/v/CY-20230810-0129-6?lang=zh",
        "CY-20230810-0129-6。",
        "示例消防科技有限公司 cy–20230810–0129–6 有效",
        "127.0.0.1:8000/v/cy-20230810-0129-6",
    ],
)
def test_a_number_is_found_in_what_was_pasted_with_it(pasted: str) -> None:
    assert str(parsed_number(number_quoted(pasted))) == "CY-20230810-0129-6"


@pytest.mark.parametrize("text", ["", "示例消防科技有限公司", "XCY-20230810-0129-6", "CY-2023-1"])
def test_what_quotes_no_number_stays_as_it_is(text: str) -> None:
    assert number_quoted(text) == text


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_number_or_said_not_to_be(typed: str) -> None:
    parsed = parsed_number(typed)
    assert isinstance(parsed, BadNumber) or parsed_number(str(parsed)) == parsed


@pytest.mark.parametrize(
    "typed", ["", "CY", "0129", "CY-20230810", "CY-20230810-129-4", "CY-X", "示例"]
)
def test_what_does_not_look_like_a_number_is_no_mistyped_one(typed: str) -> None:
    assert parsed_number(typed) is BadNumber.SHAPE


def test_the_day_is_that_of_china() -> None:
    signature = Signature(
        number=7,
        index=7,
        receipt="r",
        attempt="a",
        meeting_id=1,
        company=Company("示例公司"),
        person=Person("张某某"),
        vouched=Vouched.OPEN,
        text="",
        signed_at=datetime(2023, 8, 9, 16, 0, tzinfo=UTC),
    )
    assert str(certificate_number(2, signature)).startswith("CY2-20230810-0007-")


def test_the_verification_code_is_the_beginning_of_the_hash() -> None:
    assert check_code(bytes(32)) == "0000 0000"
    assert check_code(b"\xff" * 32) == "ZZZZ ZZZZ"
    assert check_code(bytes([0, 0, 0, 0, 1]) + bytes(27)) == "0000 0001"
