"""Which template shows which page, and how a template is rendered.

Every template gets `page` (its dataclass in `web.contexts`) and these names:

- `_` and `ngettext`: the reader's language
- `language` (`zh` or `en`), `html_language`, `other_language`, `other_language_href`
- `css`: the page's styles, `static(path)`: the address of a static file, made anew when it changes
- `origin`: the address of the site, without a slash at its end
- filters `moment` (day and minute), `dated` (with the year), `instant` (day and second), `role`
  (its words), `company` (breaks before 有限公司), `event` (breaks before 暨)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

import jinja2
from markupsafe import Markup, escape

from pledge.domain.names import name_parts
from pledge.domain.rights import Role
from pledge.paths import STATIC, TEMPLATES
from pledge.web import contexts, moments
from pledge.web.languages import HTML_LANGUAGE, translations
from pledge.web.role_words import role_words
from pledge.web.stylesheets import Stylesheet, stylesheet

_BASE = ("tokens", "base", "button")
_PUBLIC = (*_BASE, "masthead", "english")
_TEXT = (*_PUBLIC, "tally", "pledge")
_RESULT = (*_PUBLIC, "result", "record", "receipt", "station")
_VERDICT = (*_PUBLIC, "result", "record", "lookup", "verdict")
_DESK = (*_BASE, "desk", "gate", "progress", "table", "english")
_FORM = (*_DESK, "register", "roster", "lines")
_WRITING = (*_DESK, "roster", "masthead", "pledge", "writing")
_PEOPLE = (*_DESK, "register", "consent", "people")
_LOGIN = (*_BASE, "register", "login", "english")


@dataclass(frozen=True)
class Layout:
    template: str
    components: tuple[str, ...]


LAYOUTS: Mapping[type, Layout] = {
    contexts.SignPage: Layout("public/sign.html", (*_TEXT, "register", "pad", "consent")),
    contexts.NotSigningPage: Layout("public/not_signing.html", (*_TEXT, "closed")),
    contexts.LinkEndedPage: Layout("public/link_ended.html", _RESULT),
    contexts.AlreadySignedPage: Layout("public/already_signed.html", _RESULT),
    contexts.InitiativePage: Layout("public/initiative.html", (*_TEXT, "ledger", "checkpoint")),
    contexts.ReceiptPage: Layout("public/receipt.html", (*_RESULT, "certificate")),
    contexts.SignatoriesPage: Layout(
        "public/signatories.html", (*_TEXT, "ledger", "lookup", "signers")
    ),
    contexts.RegisterPage: Layout("public/register.html", (*_RESULT, "checkpoint")),
    contexts.CertificatePage: Layout("public/certificate.html", _VERDICT),
    contexts.NoCertificatePage: Layout("public/no_certificate.html", _VERDICT),
    contexts.VerifyPage: Layout("public/verify.html", (*_VERDICT, "ledger", "checking")),
    contexts.IndexPage: Layout("public/index.html", (*_PUBLIC, "result", "ledger", "shelf")),
    contexts.SendAgainPage: Layout("public/send_again.html", _RESULT),
    contexts.ErrorPage: Layout("public/error.html", _RESULT),
    contexts.WallPage: Layout(
        "hall/wall.html",
        (
            *("tokens", "base", "english", "hall", "hall-count", "hall-qr", "hall-scan", "scroll"),
            *("matrix", "reading", "countdown", "ceremony", "stage"),
        ),
    ),
    contexts.LoginPage: Layout("organizer/login.html", _LOGIN),
    contexts.SetupPage: Layout("organizer/setup.html", _LOGIN),
    contexts.CodePage: Layout("organizer/code.html", _LOGIN),
    contexts.JoinPage: Layout("organizer/join.html", _LOGIN),
    contexts.ResetPage: Layout("organizer/reset.html", _LOGIN),
    contexts.OrganizerInitiativesPage: Layout("organizer/initiatives.html", (*_DESK, "roster")),
    contexts.OrganizerInitiativePage: Layout(
        "organizer/initiative.html", (*_DESK, "lookup", "links", "dashboard", "alarm")
    ),
    contexts.TextPage: Layout("organizer/text.html", _WRITING),
    contexts.TextPreviewPage: Layout("organizer/text_preview.html", ()),
    contexts.TextPublishPage: Layout("organizer/text_publish.html", _WRITING),
    contexts.TextVersionPage: Layout("organizer/text_version.html", _WRITING),
    contexts.SchedulePage: Layout("organizer/schedule.html", (*_DESK, "roster")),
    contexts.CeremonyPage: Layout("organizer/ceremony.html", (*_DESK, "director")),
    contexts.RosterPage: Layout("organizer/roster.html", (*_DESK, "roster")),
    contexts.RosterCheckPage: Layout("organizer/roster_check.html", (*_DESK, "roster")),
    contexts.SignaturesPage: Layout(
        "organizer/signatures.html", (*_DESK, "roster", "sieve", "mark", "tick")
    ),
    contexts.EntryPage: Layout(
        "organizer/entry.html", (*_DESK, "roster", "record", "mark", "tick", "dossier")
    ),
    contexts.ErasePage: Layout("organizer/erase.html", (*_DESK, "roster", "record", "tick")),
    contexts.AssistPage: Layout(
        "organizer/assist.html",
        (*_DESK, "roster", "register", "pad", "consent", "pledge", "assist"),
    ),
    contexts.LinksPage: Layout("organizer/links.html", (*_DESK, "roster", "links")),
    contexts.LinkPage: Layout("organizer/link.html", (*_DESK, "roster", "links")),
    contexts.RevokeLinkPage: Layout("organizer/revoke_link.html", _DESK),
    contexts.AuditPage: Layout("organizer/audit.html", (*_DESK, "roster")),
    contexts.OrganizerRegisterPage: Layout(
        "organizer/register.html", (*_DESK, "links", "checkpoint", "alarm")
    ),
    contexts.NoticesPage: Layout("organizer/notices.html", (*_DESK, "targets", "tick")),
    contexts.NoticeTargetPage: Layout("organizer/notice_target.html", (*_DESK, "targets", "tick")),
    contexts.ArrangementPage: Layout("organizer/arrangement.html", _FORM),
    contexts.ProgrammePage: Layout("organizer/programme.html", _FORM),
    contexts.MeetingPage: Layout("organizer/meeting.html", _FORM),
    contexts.PrintPage: Layout("organizer/print.html", (*_DESK, "roster", "print")),
    contexts.TeamPage: Layout("organizer/team.html", _PEOPLE),
    contexts.InvitedPage: Layout("organizer/invited.html", (*_PEOPLE, "invited")),
    contexts.AccountPage: Layout("organizer/account.html", _PEOPLE),
    contexts.SecondFactorPage: Layout("organizer/second_factor.html", _PEOPLE),
    contexts.ExportsPage: Layout("organizer/exports.html", (*_DESK, "export")),
    contexts.EndRehearsalPage: Layout("organizer/end_rehearsal.html", _DESK),
}


@dataclass(frozen=True)
class Rendered:
    html: str
    stylesheet: Stylesheet


def render(page: object, *, language: str, other_language_href: str, origin: str) -> Rendered:
    """The page in a language, and the style that its policy must allow."""
    layout = LAYOUTS[type(page)]
    style = style_of(type(page))
    html = (
        _environment(language)
        .get_template(layout.template)
        .render(
            page=page,
            css=Markup(style.css),  # noqa: S704 -- our own files
            origin=origin,
            other_language_href=other_language_href,
        )
    )
    return Rendered(html, style)


def style_of(page: type) -> Stylesheet:
    """Of all pages of a kind."""
    return stylesheet(LAYOUTS[page].components)


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        language=language,
        html_language=HTML_LANGUAGE[language],
        other_language="en" if language == "zh" else "zh",
        static=static,
    )
    environment.filters.update(_filters(language))
    return environment


@cache
def static(path: str) -> str:
    """The address of a static file, which names its content and so never grows stale."""
    digest = sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


def _filters(language: str) -> dict[str, Any]:
    return {
        "moment": lambda when: moments.moment(when, language),
        "dated": lambda when: moments.dated(when, language),
        "instant": lambda when: moments.instant(when, language),
        "role": lambda role: role_words(Role(role), translations(language)),
        "company": company,
        "event": event,
    }


def company(name: str) -> Markup:
    """A company's name, which may break before its legal form and nowhere else."""
    return _breaking(name_parts(name))


def event(name: str) -> Markup:
    """A meeting's name, which breaks best before 暨 (“and at the same time”)."""
    return _breaking(re.split("(?<=.)(?=暨)", name, maxsplit=1))


def _breaking(parts: list[str]) -> Markup:
    return Markup("<wbr>").join(map(escape, parts))
