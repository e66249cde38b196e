"""Fields of the console's forms: one line each, in every language of the initiative."""

from collections.abc import Callable, Mapping
from gettext import NullTranslations

from pledge.domain.initiatives import Localized
from pledge.domain.names import InvalidValue, optional_line
from pledge.web.forms import flaw_of


class Reader:
    """Reads what was typed, field by field, and gathers what is wrong with it."""

    def __init__(self, typed: Mapping[str, str], messages: NullTranslations):
        self._typed = typed
        self._messages = messages
        self.errors: dict[str, str] = {}

    def line(self, name: str, most: int, *, required: bool = False) -> str:
        """As one line, whatever lines it was typed in."""
        typed = " ".join(self._typed.get(name, "").split())
        try:
            line = optional_line(typed, most)
        except InvalidValue as invalid:
            self.errors[name] = flaw_of(name, invalid, self._messages)
            return ""
        if required and not line:
            self.errors[name] = self._messages.gettext("Please fill this in")
        return line

    def words(
        self, name: str, languages: tuple[str, ...], most: int, *, required: bool = False
    ) -> Localized:
        """In each language; needed in the first, which stands in for the others."""
        return {
            tag: self.line(f"{name}-{tag}", most, required=required and tag == languages[0])
            for tag in languages
        }

    def value(self, name: str, read: Callable[[str], str], wrong: str) -> str:
        """What `read` makes of it; where it raises `ValueError`, `wrong` is what to say."""
        try:
            return read(self._typed.get(name, ""))
        except ValueError:
            self.errors[name] = wrong
            return ""


def in_each_language(
    labels: Mapping[str, str], languages: tuple[str, ...], messages: NullTranslations
) -> dict[str, str]:
    """The label of each field that there is once a language; which one is said if there are two."""
    _ = messages.gettext
    names = {"zh": _("in Chinese"), "en": _("in English")}
    return {
        f"{field}-{tag}": _("%(what)s (%(language)s)") % {"what": label, "language": names[tag]}
        if len(languages) > 1
        else label
        for field, label in labels.items()
        for tag in languages
    }
