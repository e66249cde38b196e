"""`/organizer/initiatives/{slug}/text`: writing the text, with a preview beside it."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from gettext import NullTranslations
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.domain import texts
from pledge.domain.initiatives import Initiative, Text, TextVersion, digest_of
from pledge.domain.names import InvalidValue
from pledge.domain.standing import Standing
from pledge.editing import Writing
from pledge.store.organizers import Organizer
from pledge.web.contexts import (
    DraftView,
    TextDiff,
    TextField,
    TextPage,
    TextPreview,
    TextPreviewPage,
    VersionRow,
)
from pledge.web.desks import desk
from pledge.web.forms import posted
from pledge.web.languages import HTML_LANGUAGE, LANGUAGES, language_of, translations
from pledge.web.responding import page
from pledge.web.services import services
from pledge.web.sessions import HOME, permit
from pledge.web.text_diffs import text_diffs
from pledge.web.text_words import flaw_words, language_name
from pledge.web.views import initiative_view

_FIELDS = tuple(f"{name}_{tag}" for tag in LANGUAGES for name in ("title", "text"))


@dataclass
class _Form:
    """What was typed, language by language; `errors` by field name."""

    typed: dict[str, Text]
    texts: dict[str, Text] = field(default_factory=dict)
    """As they may be stored, where there are no errors."""
    errors: dict[str, str] = field(default_factory=dict)


async def show(request: Request, organizer: Organizer) -> Response:
    writing = await services(request).editing.writing(permit(request).initiative_id)
    return _page(request, organizer, writing, _all(writing.texts))


async def send(request: Request, organizer: Organizer) -> Response:
    """Saves, shows, gives up or goes on to publish, whichever button was pressed."""
    sent = await posted(request, (*_FIELDS, "edition", "action"))
    editing, initiative_id = services(request).editing, permit(request).initiative_id
    writing = await editing.writing(initiative_id)
    form = _form(request, sent)
    match sent["action"]:
        case "preview":
            return _page(
                request, organizer, writing, form.typed, form.errors, edition=sent["edition"]
            )
        case "discard":
            done = await editing.discard(initiative_id, edition=sent["edition"], by=organizer.actor)
            return _leave(request, "discarded" if done else "kept")
        case "publish":
            _require_finished(request, form)
        case "save":
            pass
        case _:
            raise HTTPException(400, "action")
    if form.errors:
        return _page(
            request,
            organizer,
            writing,
            form.typed,
            form.errors,
            edition=sent["edition"],
            status=422,
        )
    ordered = _ordered(form.texts, writing.initiative.languages)
    if not await editing.save(initiative_id, ordered, edition=sent["edition"], by=organizer.actor):
        return await _overtaken(request, organizer, form)
    if sent["action"] == "save":
        return _leave(request, "saved")
    if digest_of(texts.written(ordered)) == writing.initiative.text.digest:
        return _leave(request, "unchanged")
    return RedirectResponse(f"{_here(request)}/publish", status_code=303)


async def preview(request: Request, organizer: Organizer) -> Response:
    """The same text as phones will show it, while it is being typed."""
    sent = await posted(request, _FIELDS)
    writing = await services(request).editing.writing(permit(request).initiative_id)
    shown = previews(
        writing.initiative, writing.standing, _form(request, sent).typed, language_of(request)
    )
    return page(request, TextPreviewPage(shown), private=True)


def previews(
    initiative: Initiative, standing: Standing, shown: Mapping[str, Text], language: str
) -> tuple[TextPreview, ...]:
    """Each language as it will look, with lettering only where it draws this title."""
    first = initiative.languages[0]
    is_drawn = first in shown and shown[first].title == initiative.title(first)
    written = replace(
        initiative,
        text=TextVersion(0, shown),
        letterings=initiative.letterings if is_drawn else {},
    )
    return tuple(
        TextPreview(
            tag=tag,
            language=HTML_LANGUAGE[tag],
            name=language_name(tag, translations(language)),
            initiative=initiative_view(written, standing, tag),
            blank=not text.title and not text.markdown,
        )
        for tag, text in shown.items()
    )


def version_rows(writing: Writing) -> tuple[VersionRow, ...]:
    local = writing.initiative.latest_meeting.local
    return tuple(
        VersionRow(
            number=version.number,
            digest=version.digest,
            at=local(version.created_at),
            signed=version.signed,
            current=version.digest == writing.initiative.text.digest,
            superseded=version.superseded,
        )
        for version in writing.versions
    )


def _form(request: Request, sent: Mapping[str, str]) -> _Form:
    messages = translations(language_of(request))
    form = _Form({tag: Text(sent[f"title_{tag}"], sent[f"text_{tag}"]) for tag in LANGUAGES})

    def checked(name: str, check: Callable[[str], str], most: int) -> str:
        try:
            return check(sent[name])
        except InvalidValue as invalid:
            form.errors[name] = flaw_words(invalid, most, messages)
            return ""

    for tag in LANGUAGES:
        form.texts[tag] = Text(
            checked(f"title_{tag}", texts.title, texts.LONGEST_TITLE),
            checked(f"text_{tag}", texts.markdown, texts.LONGEST_TEXT),
        )
    return form


def _require_finished(request: Request, form: _Form) -> None:
    """A language that was begun has a title and a text; at least one has."""
    _ = translations(language_of(request)).gettext
    begun = texts.written(form.texts) or {LANGUAGES[0]: Text("", "")}
    for tag, text in begun.items():
        if not text.title:
            form.errors.setdefault(f"title_{tag}", _("Please enter a title"))
        if not text.markdown:
            form.errors.setdefault(f"text_{tag}", _("Please write the text"))


async def _overtaken(request: Request, organizer: Organizer, form: _Form) -> Response:
    """What was typed is on the page, and how it differs from what somebody else has saved."""
    writing = await services(request).editing.writing(permit(request).initiative_id)
    messages = translations(language_of(request))
    # Off the event loop: long texts take a while.
    diffs = await asyncio.to_thread(text_diffs, writing.texts, form.texts, messages)
    return _page(request, organizer, writing, form.typed, overtaken=diffs, status=409)


def _page(
    request: Request,
    organizer: Organizer,
    writing: Writing,
    typed: Mapping[str, Text],
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    edition: str = "",
    overtaken: tuple[TextDiff, ...] | None = None,
    status: int = 200,
) -> Response:
    language = language_of(request)
    messages = translations(language)
    initiative, draft = writing.initiative, writing.draft
    shown = previews(initiative, writing.standing, typed, language)
    context = TextPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, writing.standing, language),
        fields=tuple(
            TextField(typed[one.tag].title, typed[one.tag].markdown, one) for one in shown
        ),
        errors=errors,
        edition=edition or writing.edition,
        draft=DraftView(initiative.latest_meeting.local(draft.changed_at), draft.changed_by)
        if draft
        else None,
        versions=version_rows(writing) if not initiative.is_blank else (),
        notice=_notices(messages).get(request.query_params.get("done", ""), ""),
        overtaken=overtaken,
    )
    return page(request, context, status, private=True)


def _notices(messages: NullTranslations) -> dict[str, str]:
    _ = messages.gettext
    return {
        "saved": _("The draft is saved. Nobody sees it before it is published."),
        "published": _("The text is published: it is signed from now on."),
        "discarded": _("The draft is gone; this is the text that is signed."),
        "kept": _(
            "Somebody has saved this draft anew meanwhile, so it was kept. Look at it first."
        ),
        "unchanged": _("This is what is published already; there is nothing to publish."),
    }


def _all(known: Mapping[str, Text]) -> dict[str, Text]:
    """Also the languages in which nothing is written yet."""
    return {**known, **{tag: Text("", "") for tag in LANGUAGES if tag not in known}}


def _ordered(typed: Mapping[str, Text], languages: tuple[str, ...]) -> dict[str, Text]:
    """The languages that there are keep their order: the first one is the initiative's own."""
    tags = [*languages, *(tag for tag in typed if tag not in languages)]
    return texts.written({tag: typed[tag] for tag in tags})


def _here(request: Request) -> str:
    return f"{HOME}/{request.path_params['slug']}/text"


def _leave(request: Request, done: str) -> Response:
    return RedirectResponse(f"{_here(request)}?done={done}", status_code=303)
