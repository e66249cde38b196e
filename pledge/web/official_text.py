"""An initiative's Markdown as the HTML of an official text.

Raw HTML, images and links are not part of such a text and stay as they were typed. The first
paragraph is the salutation if it ends with a colon; the last one, if it is broken into lines, is
who signs and when, set to the right.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(
    ["image", "link", "autolink", "reference", "code", "fence", "html_block", "html_inline"]
)


_READ_A_SECOND = 4
"""Characters that a hall reads out together in a second."""

_PAUSE = 2.0


@dataclass(frozen=True)
class Passage:
    """What is read out at once: a heading with its paragraph, or a paragraph by itself."""

    text: Markup
    seconds: float


def official_text(markdown: str) -> Markup:
    return _html(_tokens(markdown))


def passages(markdown: str) -> tuple[Passage, ...]:
    """The text page by page; the salutation goes with the first, the signature with the last."""
    pages: list[list[Token]] = []
    whole = False
    for block in _blocks(_tokens(markdown)):
        kind, classes = block[0].tag, str(block[0].attrGet("class") or "")
        signs = "pledge__sign" in classes
        if not pages or kind.startswith("h") or (whole and not signs):
            pages.append([])
            whole = False
        pages[-1] += block
        whole = whole or (not kind.startswith("h") and "pledge__to" not in classes)
    return tuple(
        Passage(
            _html(tokens),
            _PAUSE + sum(len(t.content) for t in tokens if t.type == "inline") / _READ_A_SECOND,
        )
        for tokens in pages
    )


def _blocks(tokens: list[Token]) -> Iterator[list[Token]]:
    block: list[Token] = []
    for token in tokens:
        block.append(token)
        if token.level == 0 and token.nesting <= 0:
            yield block
            block = []


def _html(tokens: list[Token]) -> Markup:
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 -- escaped by the renderer


def _tokens(markdown: str) -> list[Token]:
    tokens = _MARKDOWN.parse(markdown)
    paragraphs = [place for place, token in enumerate(tokens) if token.type == "paragraph_open"]
    if paragraphs:
        first, last = paragraphs[0], paragraphs[-1]
        if first == 0 and tokens[1].content.rstrip().endswith(("：", ":")):
            tokens[first].attrSet("class", "pledge__to")
        if last == len(tokens) - 3 and _is_broken(tokens[last + 1]):
            tokens[last].attrSet("class", "pledge__sign")
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The title is the page's only first heading; commitments come right below it.
            token.tag = f"h{min(6, max(2, int(token.tag[1])))}"
    return tokens


def _is_broken(inline: Token) -> bool:
    return any(child.type == "hardbreak" for child in inline.children or ())
