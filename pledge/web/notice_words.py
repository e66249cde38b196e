"""Notices in the reader's language: kinds, events, what came of a message."""

from gettext import NullTranslations

from pledge.domain.notices import Answer, NoticeEvent, Problem, TargetKind
from pledge.outbound import LONGEST_ADDRESS, AddressFlaw


def kind_words(kind: TargetKind, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        TargetKind.STANDARD: _("Any program (Standard Webhooks)"),
        TargetKind.WECOM: _("WeCom group robot"),
        TargetKind.DINGTALK: _("DingTalk group robot"),
        TargetKind.FEISHU: _("Feishu group robot"),
    }[kind]


def event_words(event: NoticeEvent, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        NoticeEvent.SIGNED: _("A company has signed"),
        NoticeEvent.HIDDEN: _("A signature is no longer shown"),
        NoticeEvent.WITHDRAWN: _("A signature was withdrawn"),
        NoticeEvent.OPENED: _("Signing was opened"),
        NoticeEvent.CLOSED: _("Signing was closed"),
    }[event]


def answer_words(answer: Answer, messages: NullTranslations) -> str:
    """What came of it, and what to do where it was not taken."""
    _ = messages.gettext
    words = {
        None: _("Taken (%(status)d)"),
        Problem.NO_HOST: _("The host of this address can't be found; please check the address"),
        Problem.PRIVATE: _("The address leads into a private network; the operator can allow that"),
        Problem.UNREACHABLE: _("No connection; the receiver may be down"),
        Problem.TLS: _("Its certificate is not valid for this address"),
        Problem.TIMEOUT: _("No answer within 15 seconds"),
        Problem.REDIRECT: _(
            "It redirects elsewhere (%(status)d); please enter the address it leads to"
        ),
        Problem.GONE: _("It wants no more notices (%(status)d)"),
        Problem.LIMITED: _("Too many messages, it says (%(status)d); they will wait"),
        Problem.REFUSED: _(
            "The robot did not take the message; please check its key, secret and safety settings"
        ),
        Problem.STATUS: _("It answers with an error (%(status)d)"),
    }
    return words[answer.problem] % {"status": answer.status}


def address_flaw(flaw: AddressFlaw, messages: NullTranslations) -> str:
    _ = messages.gettext
    return {
        AddressFlaw.MISSING: _("Please enter the address"),
        AddressFlaw.TOO_LONG: _("The address takes %(most)d characters at most"),
        AddressFlaw.NOT_AN_ADDRESS: _(
            "Not an address; it looks like https://example.org/path, without user name or #"
        ),
        AddressFlaw.NOT_SECURE: _("The address must begin with https://"),
        AddressFlaw.PRIVATE: _("An address of a private network; the operator can allow that"),
    }[flaw] % {"most": LONGEST_ADDRESS}
