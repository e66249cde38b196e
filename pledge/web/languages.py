"""The language of a page: chosen by the reader, else by the browser, else Simplified Chinese.

Messages in the code and the templates are English; `locale/zh_CN/LC_MESSAGES/pledge.po` holds the
Chinese. It is read at the start as it is, so that there is no compiled file to forget.
"""

from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request

LANGUAGES = ("zh", "en")
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
LOCALES = {"zh": Locale.parse("zh_CN"), "en": Locale.parse("en_GB")}
COOKIE = "lang"

_CATALOGUES = Path(__file__).parent.parent / "locale"
_FOLDERS = {"zh": "zh_CN"}


@cache
def translations(language: str) -> NullTranslations:
    """The messages of a language; English is the language of the sources."""
    if language == "en":
        return NullTranslations()
    path = _CATALOGUES / _FOLDERS[language] / "LC_MESSAGES" / "pledge.po"
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=LOCALES[language]))
    compiled.seek(0)
    return GNUTranslations(compiled)


def language_of(request: Request) -> str:
    """The language in which to answer: `?lang=`, then the cookie, then Accept-Language."""
    if request.scope["query_string"]:  # most have none, and it is asked for every request
        chosen = request.query_params.get("lang")
        if chosen in LANGUAGES:
            return chosen
    return language_from(request.cookies.get(COOKIE), request.headers.get("accept-language", ""))


def language_from(cookie: str | None, accept_language: str) -> str:
    """The same where the address chooses none."""
    return cookie if cookie in LANGUAGES else _preferred(accept_language)


@lru_cache(maxsize=256)
def _preferred(accept_language: str) -> str:
    weighted = []
    for position, part in enumerate(accept_language.split(",")[:20]):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        if language in LANGUAGES:
            weighted.append((-_weight(parameters), position, language))
    return min(weighted)[2] if weighted else LANGUAGES[0]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
