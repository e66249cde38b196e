"""What the console calls the terms of a signature, in the reader's language."""

from gettext import NullTranslations

from pledge.domain.links import LinkKind, SigningLink, Vouched
from pledge.domain.searches import Shown


def kind_words(kind: LinkKind, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        LinkKind.POSTER: _("Poster"),
        LinkKind.SCREEN: _("Screen code"),
        LinkKind.INVITATION: _("Personal invitation"),
        LinkKind.KIOSK: _("Tablet"),
    }[kind]


def link_words(link: SigningLink, messages: NullTranslations) -> str:
    """Its kind, and what organizers call it."""
    kind = kind_words(link.kind, messages)
    return f"{kind} · {link.name}" if link.name else kind


def vouched_words(vouched: Vouched, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        Vouched.INVITED: _("Personal invitation"),
        Vouched.PRESENT: _("Presence in the hall"),
        Vouched.OPEN: _("Poster link"),
    }[vouched]


def shown_words(shown: Shown, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        Shown.STANDING: _("Standing"),
        Shown.WAITING: _("Waiting for approval"),
        Shown.HIDDEN: _("Hidden"),
        Shown.REPLACED: _("Replaced"),
        Shown.WITHDRAWN: _("Withdrawn"),
    }[shown]
