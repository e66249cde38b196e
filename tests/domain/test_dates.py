"""Dates as official documents write them."""

import pytest

from pledge.domain.dates import official_date
from pledge.domain.initiatives import PartialDate


@pytest.mark.parametrize(
    ("when", "chinese", "english"),
    [
        ("2023-08-10", "二〇二三年八月十日", "10 August 2023"),
        ("2026-11-24", "二〇二六年十一月二十四日", "24 November 2026"),
        ("2030-10-20", "二〇三〇年十月二十日", "20 October 2030"),
        ("2023-12-31", "二〇二三年十二月三十一日", "31 December 2023"),
        ("2023-08", "二〇二三年八月", "August 2023"),
        ("2023", "二〇二三年", "2023"),
    ],
)
def test_dates_are_written_in_characters(when: str, chinese: str, english: str) -> None:
    assert official_date(PartialDate.parse(when), "zh") == chinese
    assert official_date(PartialDate.parse(when), "en") == english
