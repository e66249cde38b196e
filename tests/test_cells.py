"""What a spreadsheet may not change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.cells import as_text, as_texts


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("示例有限公司", "示例有限公司"),
        ("91510000MA0000001F", "91510000MA0000001F"),
        ("915100000000000009", "'915100000000000009"),
        ("12345E678901234567", "'12345E678901234567"),
        ("007", "'007"),
        ("13800000000", "13800000000"),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+86", "'+86"),
        ("-1", "'-1"),
        ("@示例", "'@示例"),
        ("＝1", "'＝1"),
        ("'", "''"),
        ("", ""),
    ],
)
def test_cells_are_text(typed: str, cell: str) -> None:
    assert as_text(typed) == cell


@given(st.text())
def test_what_was_typed_can_always_be_read_back(typed: str) -> None:
    assert as_text(typed).removeprefix("'") == typed


@given(st.lists(st.text(alphabet="=+-@'\t\r\n09Ee＝示", max_size=14)))
def test_a_column_is_guarded_as_its_cells_are(column: list[str]) -> None:
    assert list(as_texts(column)) == [as_text(value) for value in column]
