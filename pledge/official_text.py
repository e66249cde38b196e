"""An initiative's Markdown as an official text: as HTML, and as blocks for typesetting.

Raw HTML, images and links are not part of such a text and stay as they were typed. The first
paragraph is the salutation if it ends with a colon; the last one, if it is broken into lines, is
who signs and when, set to the right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

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


class BlockKind(StrEnum):
    SALUTATION = "salutation"
    COMMITMENT = "commitment"
    """A heading that is numbered: 一、二、三."""
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    """Of a list; it begins with its mark."""
    SIGNATURE = "signature"


@dataclass(frozen=True)
class Run:
    """Words set in one way; a line break is a run of its own."""

    text: str
    strong: bool = False
    emphasis: bool = False


LINE_BREAK = Run("\n")


@dataclass(frozen=True)
class Block:
    kind: BlockKind
    runs: tuple[Run, ...]


def official_text(markdown: str) -> Markup:
    return _html(_tokens(markdown))


def plain(markdown: str) -> list[str]:
    """The text without its marks, a line for each paragraph, heading or item."""
    return ["".join(run.text for run in block.runs) for block in blocks(markdown)]


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


def blocks(markdown: str) -> tuple[Block, ...]:
    """The text block by block, for those who set it in type."""
    found: list[Block] = []
    marks: list[str] = []
    """What the items of the lists that are open begin with."""
    mark, kind = "", BlockKind.PARAGRAPH
    for token in _tokens(markdown):
        match token.type:
            case "bullet_list_open":
                marks.append("· ")
            case "ordered_list_open":
                marks.append("")
            case "bullet_list_close" | "ordered_list_close":
                marks.pop()
            case "list_item_open":
                mark = marks[-1] or f"{token.info}{token.markup} "
            case "heading_open":
                kind = BlockKind.COMMITMENT if token.tag == "h2" else BlockKind.HEADING
            case "paragraph_open":
                kind = _PARAGRAPHS.get(str(token.attrGet("class")), BlockKind.PARAGRAPH)
            case "inline":
                runs = _runs(token.children or ())
                if marks:
                    kind, runs, mark = BlockKind.ITEM, (Run(mark), *runs), ""
                found.append(Block(kind, runs))
    return tuple(found)


_PARAGRAPHS = {"pledge__to": BlockKind.SALUTATION, "pledge__sign": BlockKind.SIGNATURE}


def _runs(tokens: Iterable[Token]) -> tuple[Run, ...]:
    strong = emphasis = 0
    runs: list[Run] = []
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                emphasis += token.nesting
            case "hardbreak":
                runs.append(LINE_BREAK)
            case "softbreak":
                runs.append(Run(" "))
            case _ if token.content:
                runs.append(Run(token.content, bool(strong), bool(emphasis)))
    return tuple(runs)


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
