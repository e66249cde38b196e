"""Rosters out of tables as people keep them."""

import pytest

from pledge.domain.names import Flaw, InvalidValue
from pledge.domain.rosters import Column, Problem, guessed_layout, lines, short_name

TABLE = [
    ["消防产品质量提升交流会参会企业名单", "", "", "", ""],
    ["", "", "", "", ""],
    ["序号", "单 位 名 称", "统一社会信用代码（选填）", "联系电话", "桌号"],
    ["1", "示例消防科技有限公司", "91510000MA0000001F", "13800000000", "A1"],
    ["2", "示例　阀门有限公司", "9.1510E+17", "2023-08-10", "A1"],
    ["3", "", "", "13900000000", ""],
    ["4", "示例消防科技有限公司", "91510000ma0000001f", "", "A2"],
    ["", "", "", "", ""],
    ["5", "样例门业有限公司", "", "", "B1"],
]


def test_titles_are_passed_over_and_columns_guessed() -> None:
    layout = guessed_layout(TABLE)
    assert layout.header == 2
    assert dict(layout.columns) == {
        1: Column.COMPANY,
        2: Column.USCC,
        3: Column.PHONE,
        4: Column.SEAT,
    }


def test_every_row_with_something_wrong_says_what() -> None:
    found = {line.number: line for line in lines(TABLE, guessed_layout(TABLE))}
    assert sorted(found) == [4, 5, 6, 7, 9]
    assert not found[4].problems
    assert not found[9].problems
    assert found[5].problems[Column.USCC] is Problem.LOST_DIGITS
    assert found[5].problems[Column.PHONE] is Problem.DATE
    missing = found[6].problems[Column.COMPANY]
    assert isinstance(missing, InvalidValue)
    assert missing.flaw is Flaw.MISSING
    assert found[7].problems[Column.COMPANY] is Problem.REPEATED
    assert found[7].repeats == 4


def test_unknown_columns_are_kept() -> None:
    [line] = lines([["企业名称", "传真"], ["示例公司", "028-1"]], guessed_layout([["企业名称"]]))
    assert line.extra == {"传真": "028-1"}


def test_without_a_header_the_column_of_companies_is_found() -> None:
    layout = guessed_layout([["1", "示例一有限公司"], ["2", "示例二厂"]])
    assert (layout.header, dict(layout.columns)) == (-1, {1: Column.COMPANY})
    assert guessed_layout([["a", "b"]]).columns == {}


@pytest.mark.parametrize(
    "name",
    [
        "示例消防科技有限公司",
        "示例消防科技有限责任公司",
        "示例消防科技（四川）有限公司",
        "示例消防科技",
    ],
)
def test_near_names_have_the_same_short_name(name: str) -> None:
    assert short_name(name) == "示例消防科技"


def test_a_line_that_sums_up_is_not_a_company() -> None:
    table = [
        ["序号", "单位名称", "桌号"],
        ["1", "示例消防科技有限公司", "A-1"],
        ["2", "合计测试仪器有限公司", "A-2"],
        ["合计", "2家", ""],
        ["", "总 计：", ""],
    ]
    found = {line.number: line for line in lines(table, guessed_layout(table))}
    assert not found[2].problems
    assert not found[3].problems
    assert found[4].problems == {Column.COMPANY: Problem.TOTAL}
    assert found[5].problems == {Column.COMPANY: Problem.TOTAL}
