"""An initiative's Markdown as the HTML of an official text.

Raw HTML, images and links are not part of such a text and stay as they were typed. The first
paragraph is the salutation if it ends with a colon; the last one, if it is broken into lines, is
who signs and when, set to the right.
"""

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(
    ["image", "link", "autolink", "reference", "code", "fence", "html_block", "html_inline"]
)


def official_text(markdown: str) -> Markup:
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
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 -- escaped by the renderer


def _is_broken(inline: Token) -> bool:
    return any(child.type == "hardbreak" for child in inline.children or ())
