"""Content files: an initiative as Markdown with YAML front matter, one file a language.

The file of the first language holds everything and names its translations; `docs/content.md`
describes it. What is wrong with a file is said with the file's name and the key's.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pledge.domain import initiatives as domain
from pledge.domain.initiatives import (
    DEFAULT_ZONE,
    SHOWN,
    SLUG,
    Ask,
    Asks,
    Lettering,
    Shows,
    Status,
    Text,
)
from pledge.domain.meetings import meeting_date, meeting_key, meeting_time, meeting_zone
from pledge.domain.texts import LONGEST_TEXT
from pledge.errors import InvalidContent
from pledge.late import late

if TYPE_CHECKING:
    import frontmatter
    import yaml
else:
    frontmatter = late("frontmatter")
    yaml = late("yaml")

LANGUAGES = ("zh", "en")
LETTERINGS = ("stack", "line", "ceremony")


_ASKED = ("uscc", "title", "phone", "ink")


@dataclass(frozen=True)
class MeetingContent:
    key: str
    place: dict[str, str]
    event: dict[str, str]
    date: str
    zone: str
    venue: dict[str, str] = field(default_factory=dict)
    time: str = ""


@dataclass(frozen=True)
class Content:
    """An initiative as its files describe it, checked and ready to be stored."""

    slug: str
    status: Status
    """With which it is created; later imports leave the status alone."""
    texts: dict[str, Text]
    organs: list[dict[str, dict[str, str]]]
    meetings: list[MeetingContent]
    privacy: dict[str, dict[str, str]]
    contact: dict[str, str]
    note: dict[str, str]
    letterings: dict[str, Lettering]
    asks: Asks | None
    """None leaves what organizers have chosen, at first the defaults."""
    shows: Shows | None


def read_content(path: Path) -> Content:
    """Reads the file of the first language and its translations beside it."""
    first = _File(path)
    language = first.choice("language", LANGUAGES, default=LANGUAGES[0])
    files = {language: first}
    for tag, name in first.mapping("translations").items():
        if tag not in LANGUAGES or tag == language:
            raise first.wrong("translations", f"{tag} is not another language of {LANGUAGES}")
        files[tag] = _File(path.parent / str(name))
        files[tag].choice("language", (tag,), default=tag)
    texts = {tag: file.text() for tag, file in files.items()}
    content = Content(
        slug=first.matching("slug", SLUG, "letters a to z, digits and hyphens"),
        status=Status(first.choice("status", tuple(Status), default=Status.DRAFT)),
        texts=texts,
        organs=_organs(files),
        meetings=_meetings(files),
        privacy={
            key: {tag: file.words("privacy", key) for tag, file in files.items()}
            for key in ("processor", "purpose", "retention")
        },
        contact={tag: file.line("contact") for tag, file in files.items()},
        note={tag: file.line("note", default="") for tag, file in files.items()},
        letterings={
            shape: _lettering(path.parent / str(name), first, texts[language].title)
            for shape, name in first.mapping("lettering", LETTERINGS).items()
        },
        asks=_asks(first),
        shows=_shows(first),
    )
    for file in files.values():
        file.nothing_else()
    return content


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What no page shows, and a NUL no database takes."""


class _File:
    """A content file's front matter, read key by key, so that what is left over is a mistake."""

    def __init__(self, path: Path):
        self.name = path.name
        try:
            post = frontmatter.loads(path.read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise InvalidContent(f"{path}: there is no such file") from None
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidContent(f"{path}: can't be read as UTF-8 text ({error})") from None
        except (yaml.YAMLError, ValueError) as error:  # a date that does not exist is the latter
            reason = " ".join(str(error).split())
            raise InvalidContent(f"{self.name}: the front matter is not YAML: {reason}") from None
        if not post.metadata:
            raise InvalidContent(f"{self.name}: begins without front matter (--- … ---)")
        self._markdown = post.content.replace("\r\n", "\n").strip() + "\n"
        self._keys: dict[str, Any] = dict(post.metadata)
        self._used: set[str] = set()

    def wrong(self, key: str, reason: str) -> InvalidContent:
        return InvalidContent(f"{self.name}: {key}: {reason}")

    def value(self, key: str) -> Any:
        self._used.add(key)
        return self._keys.get(key)

    def line(self, key: str, default: str | None = None) -> str:
        return self.as_line(key, self.value(key), default)

    def as_line(self, key: str, value: Any, default: str | None = None) -> str:
        if value is None and default is not None:
            return default
        if value is None or isinstance(value, (dict, list)) or not str(value).strip():
            raise self.wrong(key, "is missing")
        return self._readable(key, " ".join(str(value).split()))

    def words(self, key: str, part: str) -> str:
        value = self.value(key)
        return self.as_line(f"{key}.{part}", value.get(part) if isinstance(value, dict) else None)

    def matching(self, key: str, pattern: re.Pattern[str], meaning: str) -> str:
        line = self.line(key)
        if not pattern.fullmatch(line):
            raise self.wrong(key, f"takes {meaning}, at most 80, not “{line}”")
        return line

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        line = self.line(key, default)
        if line not in choices:
            raise self.wrong(key, f"takes {', '.join(choices)}, not “{line}”")
        return line

    def mapping(self, key: str, keys: tuple[str, ...] | None = None) -> Mapping[str, Any]:
        value = self.value(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(key, "takes keys and values")
        if keys and (unknown := [name for name in value if name not in keys]):
            raise self.wrong(key, f"takes {', '.join(keys)}, not “{unknown[0]}”")
        return value

    def entries(self, key: str) -> list[dict[str, Any]]:
        value = self.value(key)
        if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
            raise self.wrong(key, "takes a list with one entry or more")
        return value

    def text(self) -> Text:
        if not self._markdown.strip():
            raise InvalidContent(f"{self.name}: has no text below the front matter")
        if len(self._markdown) > LONGEST_TEXT:
            raise InvalidContent(f"{self.name}: the text is longer than {LONGEST_TEXT} characters")
        return Text(self.line("title"), self._readable("text", self._markdown))

    def _readable(self, key: str, text: str) -> str:
        if found := _CONTROL.search(text):
            raise self.wrong(key, f"holds a character that can't be shown (U+{ord(found[0]):04X})")
        return text

    def nothing_else(self) -> None:
        if unknown := sorted(set(self._keys) - self._used):
            raise self.wrong(unknown[0], "is not a key of content files")


def _organs(files: Mapping[str, _File]) -> list[dict[str, dict[str, str]]]:
    """The same bodies in the same order in every language."""
    lists = {tag: file.entries("organizers") for tag, file in files.items()}
    for tag, entries in lists.items():
        if len(entries) != len(next(iter(lists.values()))):
            raise files[tag].wrong("organizers", "must name as many as the first language does")
    return [
        {
            part: {
                tag: files[tag].as_line(
                    f"organizers[{place}].{part}",
                    lists[tag][place].get(part),
                    default="" if part == "role" else None,
                )
                for tag in files
            }
            for part in ("role", "name")
        }
        for place in range(len(next(iter(lists.values()))))
    ]


def _asks(file: _File) -> Asks | None:
    """`ink` by itself is short for `asks: {ink: …}`."""
    said = dict(file.mapping("asks", _ASKED))
    if (ink := file.value("ink")) is not None:
        said.setdefault("ink", ink)
    for name, value in said.items():
        # YAML takes the word off for a no.
        said[name] = Ask.OFF if value is False else value
        if said[name] not in set(Ask):
            raise file.wrong(f"asks.{name}", f"takes {', '.join(Ask)}, not “{value}”")
    return Asks(**{name: Ask(value) for name, value in said.items()}) if said else None


def _shows(file: _File) -> Shows | None:
    said = file.mapping("shows", SHOWN)
    for name, value in said.items():
        if not isinstance(value, bool):
            raise file.wrong(f"shows.{name}", f"takes yes or no, not “{value}”")
    return Shows(**said) if said else None


def _meetings(files: Mapping[str, _File]) -> list[MeetingContent]:
    language, first = next(iter(files.items()))
    translated = {tag: file.mapping("meetings") for tag, file in list(files.items())[1:]}
    events = {tag: file.line("event", default="") for tag, file in files.items()}
    meetings = []
    for place, entry in enumerate(first.entries("meetings")):
        name = f"meetings[{place}]"
        if unknown := sorted(set(entry) - _MEETING_KEYS):
            raise first.wrong(f"{name}.{unknown[0]}", "is not a key of meetings")
        key = first.as_line(f"{name}.key", entry.get("key"))
        try:
            meeting_key(key)
        except ValueError:
            raise first.wrong(f"{name}.key", "takes letters a to z, digits and hyphens") from None
        said = {
            language: {
                "place": first.as_line(f"{name}.place", entry.get("place")),
                "venue": first.as_line(f"{name}.venue", entry.get("venue"), ""),
                "event": first.as_line(f"{name}.event", entry.get("event"), ""),
            },
            **{tag: _translated(files[tag], key, words) for tag, words in translated.items()},
        }
        meetings.append(
            MeetingContent(
                key=key,
                place={tag: words["place"] for tag, words in said.items()},
                event={tag: words["event"] for tag, words in said.items()}
                if "event" in entry
                else events,
                date=_checked(first, f"{name}.date", entry.get("date"), meeting_date),
                zone=_checked(first, f"{name}.zone", entry.get("zone", DEFAULT_ZONE), meeting_zone),
                venue={tag: words["venue"] for tag, words in said.items()},
                time=_checked(first, f"{name}.time", _hours(entry.get("time")), meeting_time, ""),
            )
        )
    if len({meeting.key for meeting in meetings}) < len(meetings):
        raise first.wrong("meetings", "two of them have the same key")
    return meetings


def _translated(file: _File, key: str, words: Mapping[str, Any]) -> dict[str, str]:
    """A meeting's words in another language: its place alone, or each by its key."""
    name, value = f"meetings.{key}", words.get(key)
    if not isinstance(value, dict):
        return {"place": file.as_line(name, value), "venue": "", "event": ""}
    if unknown := sorted(set(value) - set(_TRANSLATED)):
        raise file.wrong(f"{name}.{unknown[0]}", "is not a key of a translated meeting")
    return {
        part: file.as_line(f"{name}.{part}", value.get(part), None if part == "place" else "")
        for part in _TRANSLATED
    }


_TRANSLATED = ("place", "venue", "event")
_MEETING_KEYS = {"key", "date", "time", "zone", *_TRANSLATED}


def _hours(value: Any) -> Any:
    """YAML takes 10:30 for a number of base sixty, and 09:30 for text."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return f"{value // 60:02}:{value % 60:02}" if whole else value


def _checked(
    file: _File, key: str, value: Any, read: Callable[[str], str], default: str | None = None
) -> str:
    line = file.as_line(key, value, default)
    try:
        return read(line)
    except ValueError:
        raise file.wrong(key, f"“{line}” is not one that exists") from None


def _lettering(path: Path, owner: _File, title: str) -> Lettering:
    """Takes the outlines out of an SVG file, and nothing else that it may hold.

    Its `<title>`, if it has one, says what is drawn: a copied drawing must not show the old title.
    """
    try:
        root: Element = fromstring(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ParseError, DefusedXmlException):
        raise owner.wrong("lettering", f"{path.name} can't be read as SVG") from None
    view_box = root.get("viewBox", "")
    outlines = [
        domain.Path(element.get("d", ""), element.get("class") == "c")
        for element in root.iter()
        if element.tag.endswith("path")
    ]
    drawn = next((element.text for element in root.iter() if element.tag.endswith("title")), None)
    if drawn is not None and drawn.strip() != title:
        raise owner.wrong(
            "lettering",
            f"{path.name} draws “{drawn.strip()}” and not the title “{title}”: have it drawn anew, "
            "or leave lettering out",
        )
    if not re.fullmatch(r"-?[\d.]+( -?[\d.]+){3}", view_box) or not outlines:
        raise owner.wrong("lettering", f"{path.name} needs a viewBox and paths")
    if not all(re.fullmatch(r"[MmLlHhVvCcSsQqTtAaZz\d\s.,eE+-]*", path.d) for path in outlines):
        raise owner.wrong("lettering", f"{path.name} has a path with other than drawing commands")
    return Lettering(view_box, tuple(outlines))
