"""Seats in the order in which people look for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.domain.seats import at_table, seat_key, seat_order


def test_numbers_count_and_no_seat_comes_last() -> None:
    seats = ["", "B-1", "A-10", "10", "A-2", "主桌", "2", "Ａ－1"]
    assert sorted(seats, key=seat_order) == ["2", "10", "Ａ－1", "A-2", "A-10", "B-1", "主桌", ""]


@pytest.mark.parametrize(
    ("table", "seats", "others"),
    [
        ("A", ["A", "A-1", "a 3", "A12", "Ａ－2"], ["AB-1", "BA", ""]),
        ("3", ["3", "3-1", "3号桌", "3 桌 5"], ["31", "13", "桌3"]),
        ("A-1", ["A-1", "A-1-2"], ["A-10", "A"]),
        ("主桌", ["主桌", "主桌2号", "主桌东"], ["副主桌"]),
        ("", [], ["A", ""]),
    ],
)
def test_a_table_has_its_seats_and_no_other(
    table: str, seats: list[str], others: list[str]
) -> None:
    assert all(at_table(seat, table) for seat in seats)
    assert not any(at_table(seat, table) for seat in others)


@given(st.lists(st.from_regex(r"[A-C]-[0-9]{1,3}", fullmatch=True)))
def test_databases_keep_the_same_order(seats: list[str]) -> None:
    assert [seat_order(seat) for seat in sorted(seats, key=seat_key)] == sorted(
        map(seat_order, seats)
    )


def test_a_database_puts_tables_in_order() -> None:
    seats = ["A-10", "B-1", "A-2", "12", "2", "主桌"]
    assert sorted(seats, key=seat_key) == ["2", "12", "A-2", "A-10", "B-1", "主桌"]
    assert seat_key("") == ""
