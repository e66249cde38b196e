"""Seats in the order in which people look for them."""

import pytest

from pledge.domain.seats import at_table, seat_order


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
