"""How two texts differ, as pages show it."""

from collections.abc import Mapping
from gettext import NullTranslations

from pledge.domain.initiatives import Text
from pledge.domain.texts import differences
from pledge.web.contexts import DiffLine, TextDiff
from pledge.web.languages import HTML_LANGUAGE
from pledge.web.text_words import language_name


def text_diffs(
    before: Mapping[str, Text], after: Mapping[str, Text], messages: NullTranslations
) -> tuple[TextDiff, ...]:
    """Each language that either of them has; the title is the first line."""
    tags = dict.fromkeys((*before, *after))
    return tuple(
        TextDiff(
            HTML_LANGUAGE[tag],
            language_name(tag, messages),
            _lines(_whole(before.get(tag)), _whole(after.get(tag))),
        )
        for tag in tags
        if _whole(before.get(tag)) or _whole(after.get(tag))
    )


def _whole(text: Text | None) -> str:
    return f"{text.title}\n\n{text.markdown}" if text and (text.title or text.markdown) else ""


def _lines(before: str, after: str) -> tuple[DiffLine, ...]:
    """None where nothing differs; empty lines are left out, as the page shows them no other way."""
    if before == after:
        return ()
    return tuple(
        DiffLine(tuple((run.change, run.text) for run in line))
        for line in differences(before, after)
        if any(run.text.strip() for run in line)
    )
