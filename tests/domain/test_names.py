"""Names of companies and people."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.names import (
    LONGEST,
    Flaw,
    InvalidValue,
    company_key,
    company_name,
    person_name,
    phone_number,
    surname,
)


@pytest.mark.parametrize(
    "name",
    [
        "示例消防科技有限公司",
        "示例消防（四川）有限公司",
        "𠮷野示例有限公司",
        "示例\U00031350有限公司",  # CJK Extension H, newer than what Python may know
        "示例\U0002ebf0有限公司",  # CJK Extension I
        "ABB示例·消防 Co., Ltd.",
        "=示例公司",
        "示" * LONGEST,
    ],
)
def test_every_company_name_stays_as_it_was_typed(name: str) -> None:
    assert company_name(f"  {name}\u3000") == name


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("", Flaw.MISSING),
        ("　 ", Flaw.MISSING),
        ("示", Flaw.TOO_SHORT),
        ("（）——", Flaw.NO_LETTER),
        ("示" * (LONGEST + 1), Flaw.TOO_LONG),
        ("示例\u200b公司", Flaw.INVISIBLE),
        ("示例\u202e公司", Flaw.INVISIBLE),
        ("示例\u2066公司", Flaw.INVISIBLE),
        ("示例\ufeff公司", Flaw.INVISIBLE),
        ("示例\u3164公司", Flaw.INVISIBLE),
        ("示例\u00ad公司", Flaw.INVISIBLE),
        ("示例\n公司", Flaw.INVISIBLE),
        ("示例\x00公司", Flaw.INVISIBLE),
        ("示例\ufffd公司", Flaw.INVISIBLE),
        ("示例\u180b公司", Flaw.INVISIBLE),
        ("示例\u2065公司", Flaw.INVISIBLE),
        ("示例\u2800公司", Flaw.INVISIBLE),
        ("示例\U000e0080公司", Flaw.INVISIBLE),
    ],
)
def test_a_company_name_that_is_none_is_refused(typed: str, flaw: Flaw) -> None:
    with pytest.raises(InvalidValue) as refused:
        company_name(typed)
    assert refused.value.flaw is flaw


@pytest.mark.parametrize("name", ["张三", "阿卜杜拉·买买提", "𠮷田", "张", "O'Neil", "欧阳某某"])
def test_personal_names_are_taken(name: str) -> None:
    assert person_name(name) == name


@pytest.mark.parametrize(
    "spelling",
    [
        "示例消防(四川)有限公司",
        "示例消防（四川）有限公司",
        "示例消防 ( 四川 ) 有限公司",
        "示例消防\u3000（四川）有限公司",
        "示例消防〔四川〕有限公司",
        "示例消防【四川】有限公司",
        "示例消防\ufe00（四川）有限公司",
    ],
)
def test_spellings_of_one_company_are_one(spelling: str) -> None:
    assert company_key(spelling) == company_key("示例消防(四川)有限公司")


def test_letters_and_interpuncts_are_folded() -> None:
    assert company_key("ＡＢＣ・示例") == company_key("abc·示例") == company_key("Abc•示例")


def test_different_companies_stay_different() -> None:
    assert company_key("示例消防有限公司") != company_key("示例消防股份有限公司")


@given(st.text(max_size=LONGEST))
def test_the_key_is_stable(name: str) -> None:
    assert company_key(company_key(name)) == company_key(name)


@given(st.text(max_size=LONGEST + 20))
def test_whatever_is_typed_is_either_taken_as_it_is_or_refused(typed: str) -> None:
    for read in (company_name, person_name, phone_number):
        with suppress(InvalidValue):
            assert read(typed) == typed.strip()
            assert len(read(typed)) <= LONGEST


@pytest.mark.parametrize(
    ("name", "public"),
    [
        ("张某某", "张"),
        ("欧阳某某", "欧阳"),
        ("欧阳", "欧"),
        ("𠮷某", "𠮷"),
        ("阿卜杜拉·买买提", "买买提"),
        ("Jane Sample", "Sample"),
        ("van der Sample, Jane", "Sample"),
        ("Jane Sample, Jr.", "Sample"),
        ("SAMPLE Jane", "SAMPLE"),
        ("Jane", "J"),
        ("Jane,", "J"),
        ("王 某", "王"),
        ("王某,总经理", "王"),
        ("CEO 欧阳某某", "欧阳"),
        ("王某（Jane）", "王"),
    ],
)
def test_the_public_sees_the_surname(name: str, public: str) -> None:
    assert surname(name) == public


@given(st.text(min_size=2, max_size=40).filter(str.strip))
def test_the_surname_is_part_of_the_name(name: str) -> None:
    assert surname(name) in name


@pytest.mark.parametrize(
    "number",
    ["", "13800000000", "+86 138 0000 0000", "(028)8712-0000 转 801", "１３８０００００００"],
)
def test_telephone_numbers_are_taken(number: str) -> None:
    assert phone_number(number) == number


@pytest.mark.parametrize("number", ["1234", "手机", "138000<script>", "1" * 30])
def test_what_is_no_telephone_number_is_refused(number: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        phone_number(number)
    assert refused.value.flaw is Flaw.NOT_A_PHONE
