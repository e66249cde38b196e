"""What is said about texts: the names of languages, what is wrong with what was typed."""

from gettext import NullTranslations

from pledge.domain.names import Flaw, InvalidValue


def language_name(tag: str, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {"zh": _("Chinese"), "en": _("English")}[tag]


def flaw_words(invalid: InvalidValue, most: int, messages: NullTranslations) -> str:
    """What is wrong with a title or a text, which takes so many characters."""
    _ = messages.gettext
    if invalid.flaw is Flaw.TOO_LONG:
        return _("%(length)d characters; please shorten it to %(most)d") % {
            "length": invalid.length,
            "most": most,
        }
    return _("Contains a character that can't be shown (%(character)s); please type it anew") % {
        "character": invalid.character
    }
