"""Writing an initiative's text: what may be typed, and how two versions differ."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from enum import StrEnum

from pledge.domain.initiatives import Text
from pledge.domain.names import Flaw, InvalidValue

LONGEST_TITLE = 100
LONGEST_TEXT = 50_000
"""Characters of the Markdown in one language."""

SPELL = timedelta(minutes=30)
"""Whoever saves again within this is still at the same piece of work."""

_ALIKE = 0.35
"""Lines that have less in common are shown whole, one for the other, not as confetti."""

_MOST_TOKENS = 800
"""Of a line that is compared in its parts; comparing takes the square of it."""

_AHEAD = 8
"""Lines among which the one is looked for that another has become."""

# What editors and chat programs leave in a text, and nobody sees: it is left out.
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))


@dataclass(frozen=True)
class Draft:
    """What is being written, until it is published or given up."""

    texts: Mapping[str, Text]
    """By language; may be unfinished."""
    changed_at: datetime
    changed_by: str
    """An organizer's e-mail address."""

    def goes_on(self, by: str, now: datetime) -> bool:
        """Whether a change by this organizer belongs to the same piece of work."""
        return by == self.changed_by and now - self.changed_at < SPELL


@dataclass(frozen=True)
class Version:
    """A text that was published, and how it was received."""

    number: int
    digest: str
    created_at: datetime
    superseded: bool
    """Whoever has signed it is asked to sign the current one."""
    signed: int
    """Signatures that stand and refer to it."""


def title(typed: str) -> str:
    """One line. Raises `InvalidValue`."""
    line = " ".join(_readable(typed).split())
    if len(line) > LONGEST_TITLE:
        raise InvalidValue(Flaw.TOO_LONG, length=len(line))
    return line


def markdown(typed: str) -> str:
    """As it is stored and hashed: with one line feed at its end, or nothing. Raises likewise."""
    text = _readable(typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > LONGEST_TEXT:
        raise InvalidValue(Flaw.TOO_LONG, length=len(text))
    return f"{text}\n" if text else ""


def written(texts: Mapping[str, Text]) -> dict[str, Text]:
    """Without the languages in which nothing was written."""
    return {tag: text for tag, text in texts.items() if text.title or text.markdown}


def is_finished(texts: Mapping[str, Text]) -> bool:
    """Whether there is a text, with its title, in every language that was begun."""
    begun = written(texts)
    return bool(begun) and all(text.title and text.markdown for text in begun.values())


def _readable(typed: str) -> str:
    seen = typed.translate(_UNSEEN)
    for character in seen:
        is_control = unicodedata.category(character) in {"Cc", "Cf", "Cs"}
        if (is_control and character not in "\n\t") or character == "\ufffd":
            raise InvalidValue(Flaw.INVISIBLE, character=f"U+{ord(character):04X}")
    return seen


class Change(StrEnum):
    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Run:
    """So much of a line to which the same has happened."""

    change: Change
    text: str


Line = tuple[Run, ...]


def differences(before: str, after: str) -> tuple[Line, ...]:
    """Line by line; within a line that was altered by words, or characters where there are none."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Line] = []
    for kind, i, j, m, n in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            lines += [(Run(Change.KEPT, line),) for line in old[i:j]]
        else:
            lines += _altered(old[i:j], new[m:n])
    return tuple(lines)


def _altered(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines in the place of others: those that are alike are compared with each other."""
    waiting = list(new)
    for line in old:
        place = next(
            (p for p, other in enumerate(waiting[:_AHEAD]) if _is_alike(line, other)), None
        )
        if place is None:
            yield (Run(Change.REMOVED, line),)
            continue
        yield from ((Run(Change.ADDED, other),) for other in waiting[:place])
        yield _within(line, waiting[place])
        del waiting[: place + 1]
    yield from ((Run(Change.ADDED, other),) for other in waiting)


def _is_alike(line: str, other: str) -> bool:
    if not line.strip() or not other.strip():
        return False
    old, new = _tokens(line)[:_MOST_TOKENS], _tokens(other)[:_MOST_TOKENS]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return matcher.quick_ratio() > _ALIKE and matcher.ratio() > _ALIKE


def _within(line: str, other: str) -> Line:
    old, new = _tokens(line), _tokens(other)
    if max(len(old), len(new)) > _MOST_TOKENS:
        return (Run(Change.REMOVED, line), Run(Change.ADDED, other))
    changes: list[tuple[str, str, str]] = []  # kept, removed, added: the first or the others
    for kind, i, j, m, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        removed, added = "".join(old[i:j]), "".join(new[m:n])
        changes.append((removed, "", "") if kind == "equal" else ("", removed, added))
    return tuple(_runs(_joined(changes)))


def _joined(changes: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """A single character between two changes is one by chance: the change goes on through it."""
    joined: list[tuple[str, str, str]] = []
    for place, (kept, removed, added) in enumerate(changes):
        by_chance = len(kept) == 1 and 0 < place < len(changes) - 1
        if kept and not by_chance:
            joined.append((kept, "", ""))
            continue
        removed, added = removed or kept, added or kept
        if joined and not joined[-1][0]:
            _, before, already = joined.pop()
            removed, added = before + removed, already + added
        joined.append(("", removed, added))
    return joined


def _runs(changes: Sequence[tuple[str, str, str]]) -> Iterator[Run]:
    for kept, removed, added in changes:
        for change, text in (
            (Change.KEPT, kept),
            (Change.REMOVED, removed),
            (Change.ADDED, added),
        ):
            if text:
                yield Run(change, text)


def _tokens(line: str) -> list[str]:
    """Words of letters and digits; characters of everything else, so of Chinese."""
    return re.findall(r"[A-Za-z0-9]+|.", line, re.DOTALL)
