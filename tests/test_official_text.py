"""Markdown as the HTML of an official text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pledge.official_text import official_text, passages


def test_salutation_headings_and_signing_off_are_known() -> None:
    html = official_text("各企业：\n\n正文。\n\n## 依法生产\n\n内容。\n\n全体代表\\\n二〇二三年\n")
    assert html == (
        '<p class="pledge__to">各企业：</p>\n<p>正文。</p>\n<h2>依法生产</h2>\n<p>内容。</p>\n'
        '<p class="pledge__sign">全体代表<br />\n二〇二三年</p>\n'
    )


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "a <img src=x onerror=alert(1)> b",
        "[link](javascript:alert(1))",
        "![image](https://elsewhere.test/x.png)",
        "<https://elsewhere.test>",
        "[a]: https://elsewhere.test\n\n[a]",
    ],
)
def test_nothing_in_a_text_reaches_out_or_runs(markdown: str) -> None:
    html = official_text(markdown)
    for tag in ("<script", "<img", "<a "):
        assert tag not in html


def test_the_pages_title_stays_the_only_first_heading() -> None:
    assert official_text("# 一\n\n### 三\n") == "<h2>一</h2>\n<h3>三</h3>\n"


@given(st.text())
def test_any_text_has_some_html(markdown: str) -> None:
    assert "<script" not in official_text(markdown)


def test_a_text_is_read_out_passage_by_passage() -> None:
    blocks = (
        "各企业：",
        "前言。",
        "## 依法",
        "正文。",
        "## 诚信",
        "正文二。",
        "结语。",
        "代表\\\n八月",
    )
    text = "\n\n".join(blocks)
    read = passages(text)
    assert ["<h2" in one.text for one in read] == [False, True, True, False]
    assert "pledge__to" in read[0].text
    assert "前言" in read[0].text
    assert "结语" in read[-1].text
    assert "pledge__sign" in read[-1].text
    assert all(one.seconds > 2 for one in read)
