"""What keeps an authority from stamping, in the reader's language, and what to do about it."""

from gettext import NullTranslations

from pledge.domain.stamps import Flaw


def flaw_words(flaw: Flaw, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        Flaw.NO_HOST: _("The host of its address can't be found"),
        Flaw.PRIVATE: _("Its address leads into a private network"),
        Flaw.UNREACHABLE: _("It can't be reached"),
        Flaw.TLS: _("Its certificate for TLS is not valid for its address"),
        Flaw.TIMEOUT: _("It did not answer within 30 seconds"),
        Flaw.STATUS: _("It answered with an error instead of a time stamp"),
        Flaw.REJECTED: _("It refused to stamp"),
        Flaw.GARBLED: _("What it answered is no time stamp"),
        Flaw.OTHER_QUESTION: _("Its answer belongs to another question"),
        Flaw.OTHER_CHECKPOINT: _("Its time stamp is of something else than what was sent"),
        Flaw.UNTRUSTED: _("Its time stamp can't be verified with the trusted roots"),
    }[flaw]


def flaw_advice(flaw: Flaw, messages: NullTranslations) -> str:
    _ = messages.gettext
    match flaw:
        case Flaw.NO_HOST | Flaw.UNREACHABLE | Flaw.TLS | Flaw.TIMEOUT:
            return _("Please have the network, and the address in PLEDGE_TIMESTAMP_URLS, checked.")
        case Flaw.PRIVATE:
            return _("If that is meant, the operator sets PLEDGE_PRIVATE_NOTICES to 1.")
        case Flaw.STATUS | Flaw.REJECTED | Flaw.GARBLED:
            return _("Please ask whoever runs the authority, and have its address checked.")
        case Flaw.OTHER_QUESTION | Flaw.OTHER_CHECKPOINT:
            return _("Please ask whoever runs the authority; nothing it says is used until then.")
        case Flaw.UNTRUSTED:
            return _(
                "Please have PLEDGE_TIMESTAMP_ROOTS compared with the roots that the authority "
                "publishes, and ask it whether its certificate has expired."
            )
