"""`/organizer/exports/{slug}`: what of the signatures goes out, in which form."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from gettext import NullTranslations
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from pledge.columns import COLUMN_OF
from pledge.domain.exports import (
    PUBLIC_FIELDS,
    SHORT,
    EntryState,
    Fault,
    Field,
    Format,
    InvalidChoice,
    Job,
    JobState,
)
from pledge.domain.initiatives import Initiative, in_language
from pledge.domain.rights import Right
from pledge.exporting import MEDIA_TYPES
from pledge.sources import Source
from pledge.store.organizers import Organizer
from pledge.web.contexts import ExportJob, ExportOption, ExportsPage
from pledge.web.desks import desk
from pledge.web.forms import everything_posted
from pledge.web.languages import language_of, translations
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view

_CHOSEN = ("language", "meeting", "state", "column", "extent", "ink")
_BOXES = ("meeting", "state", "column")
"""Of these a form has a box for each, with the value in its name."""

Values = Mapping[str, Sequence[str]]


async def show(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer)


async def send(request: Request, organizer: Organizer) -> Response:
    """What can be had at once is downloaded; the rest is put on the list."""
    values = _posted(await everything_posted(request))
    if flaws := _flaws(request, values):
        return await _page(request, organizer, values, flaws, status=422)
    try:
        source = await _source(request, values)
    except InvalidChoice as invalid:
        flaws = {invalid.field: _flaw(request, invalid)}
        return await _page(request, organizer, values, flaws, status=422)
    if source.choice.is_short(source.sifting.last):
        query = [(name, one) for name, them in values.items() for one in them if name != "format"]
        return RedirectResponse(
            f"{_home(request)}.{source.choice.format}?{urlencode(query)}", status_code=303
        )
    begun = await services(request).long_exports.begin(
        source, audit_too=_may_audit(request), by=organizer.actor
    )
    if not begun:
        _ = _messages(request).gettext
        flaws = {"format": _("Too many exports are under way; please wait for one of them")}
        return await _page(request, organizer, values, flaws, status=422)
    return RedirectResponse(f"{_home(request)}#jobs", status_code=303)


async def download(request: Request, organizer: Organizer) -> Response:
    """An export at its address, with the choices behind the question mark."""
    format_ = request.path_params["format"]
    if format_ not in set(Format):
        raise HTTPException(404)
    values = {name: request.query_params.getlist(name) for name in _CHOSEN}
    values["language"] = values["language"] or [language_of(request)]
    try:
        source = await _source(request, {**values, "format": [format_]})
    except InvalidChoice as invalid:
        raise HTTPException(400, invalid.field) from None
    made = services(request)
    if source.choice.is_short(source.sifting.last):
        pieces = made.exporting.pieces(source)
    else:
        pieces = made.long_exports.pieces(source, audit_too=_may_audit(request), by=organizer.actor)
    await made.exporting.record(source, await source.count(), by=organizer.actor)
    choice = source.choice
    return StreamingResponse(
        pieces,
        media_type=MEDIA_TYPES[choice.format],
        headers=_headers(_file_name(request, choice.format, public=choice.public)),
    )


async def fetch(request: Request, organizer: Organizer) -> Response:
    """The file of an export that took long."""
    made = services(request)
    job = await made.long_exports.job(permit(request).initiative_id, request.path_params["name"])
    path = made.long_exports.file(job) if job else None
    if job is None or path is None:
        raise HTTPException(404, "export")
    if job.holds_audit and not _may_audit(request):
        raise HTTPException(403, "role")
    try:
        source = await _source(request, job.choice)
    except InvalidChoice:
        # What was public then, or the meeting's key, is no longer what it was.
        raise HTTPException(404, "export") from None
    await made.exporting.record(source, job.rows, by=organizer.actor)
    name = _file_name(request, source.choice.format, public=source.choice.public)
    return _Download(path, headers=_headers(name), media_type=MEDIA_TYPES[source.choice.format])


async def change(request: Request, organizer: Organizer) -> Response:
    """Calls an export off, forgets one that is done, or tries one again that has failed."""
    initiative_id, name = permit(request).initiative_id, request.path_params["name"]
    made = services(request).long_exports
    match (await everything_posted(request)).get("action"):
        case "remove":
            await made.remove(initiative_id, name, by=organizer.actor)
        case "again":
            await made.again(initiative_id, name, audit_too=_may_audit(request), by=organizer.actor)
        case _:
            raise HTTPException(400, "action")
    return RedirectResponse(f"{_home(request)}#jobs", status_code=303)


class _Download(FileResponse):
    chunk_size = 256 * 1024  # large enough to be compressed off the event loop


async def _source(request: Request, values: Values) -> Source:
    return await services(request).exporting.source(
        permit(request).initiative_id, values, origin=origin(request)
    )


def _posted(sent: Mapping[str, str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {name: [] for name in ("format", *_CHOSEN)}
    for name, value in sent.items():
        group, dash, one = name.partition("-")
        if dash and group in _BOXES:
            values[group].append(one)
        elif not dash and name in values and name not in _BOXES and value:
            values[name].append(value)
    return values


def _flaws(request: Request, values: Values) -> dict[str, str]:
    """Boxes of which none is ticked: an address that names none means all, a form does not."""
    _ = _messages(request).gettext
    public = "public" in values["extent"]
    words = {
        "format": _("Please choose a format"),
        "meeting": _("Please choose at least one meeting"),
        "state": _("Please choose at least one state"),
        "column": _("Please choose at least one column"),
    }
    return {
        name: said
        for name, said in words.items()
        if not values[name] and not (name == "state" and public)
    }


def _flaw(request: Request, invalid: InvalidChoice) -> str:
    _ = _messages(request).gettext
    match invalid.field:
        case "extent":
            return _("The public does not see who has signed; that is in the settings")
        case "column" if not invalid.value:
            return _("Please choose at least one column that is public")
        case _:
            return _("This can't be chosen: %(value)s") % {"value": invalid.value}


async def _page(
    request: Request,
    organizer: Organizer,
    values: Values | None = None,
    errors: Mapping[str, str] = MappingProxyType({}),
    *,
    status: int = 200,
) -> Response:
    initiative_id = permit(request).initiative_id
    published = await services(request).publishing.by_slug(request.path_params["slug"])
    if published is None:
        raise HTTPException(404, "initiative")
    initiative, language = published.initiative, language_of(request)
    jobs = await services(request).long_exports.jobs(initiative_id)
    chosen = _everything(initiative, language) if values is None else values
    context = ExportsPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, published.standing, language),
        groups=_options(request, initiative, chosen),
        short=SHORT,
        jobs=tuple(_job(request, initiative, job) for job in jobs),
        busy=any(job.state in (JobState.WAITING, JobState.RUNNING) for job in jobs),
        errors=errors,
    )
    return page(request, context, status, private=True)


def _everything(initiative: Initiative, language: str) -> Values:
    return {
        "format": [Format.XLSX],
        "language": [language],
        "meeting": [meeting.key for meeting in initiative.meetings],
        "state": list(EntryState),
        "column": list(Field),
        "extent": ["full"],
        "ink": [],
    }


def _options(
    request: Request, initiative: Initiative, chosen: Values
) -> dict[str, tuple[ExportOption, ...]]:
    language, _ = language_of(request), _messages(request).gettext
    words: dict[str, Iterable[tuple[str, str, str]]] = {
        "format": _formats(_),
        "extent": (
            ("full", _("Everything"), _("For the archive and the ministry; holds personal data.")),
            ("public", _("What is public"), _public_words(initiative, _)),
        ),
        "meeting": ((one.key, in_language(one.place, language), "") for one in initiative.meetings),
        "state": ((state, said, "") for state, said in _state_words(_).items()),
        "column": (
            (
                field,
                COLUMN_OF[field].headings[language],
                _("public") if field in PUBLIC_FIELDS else "",
            )
            for field in Field
        ),
        "language": (("zh", "中文", ""), ("en", "English", "")),
        "ink": (("yes", _("Pictures of the handwriting in the workbook"), ""),),
    }
    return {
        group: tuple(
            ExportOption(value, said, hint, value in chosen[group]) for value, said, hint in known
        )
        for group, known in words.items()
    }


def _public_words(initiative: Initiative, _: Callable[[str], str]) -> str:
    if not initiative.shows.signatories:
        return _("The public does not see who has signed; that is in the settings")
    return _("For the press: no codes, no telephone numbers, names as consented to.")


def _formats(_: Callable[[str], str]) -> tuple[tuple[str, str, str], ...]:
    return (
        (
            Format.XLSX,
            _("Excel workbook"),
            _("Signatories, who has not signed, totals by meeting, the text."),
        ),
        (Format.CSV, "CSV", _("One table of the signatories, for any program.")),
        (Format.PDF, _("Signature book (PDF)"), _("The text and all signatures, to be printed.")),
        (Format.JSON, "JSON", _("For programs.")),
        (
            Format.BUNDLE,
            _("Bundle (ZIP)"),
            _("All of these with their digests, for the archive."),
        ),
    )


def _state_words(_: Callable[[str], str]) -> dict[EntryState, str]:
    return {
        EntryState.STANDING: _("Standing"),
        EntryState.WAITING: _("Waiting for approval"),
        EntryState.HIDDEN: _("Hidden"),
        EntryState.REPLACED: _("Replaced"),
        EntryState.WITHDRAWN: _("Withdrawn"),
    }


def _job(request: Request, initiative: Initiative, job: Job) -> ExportJob:
    _ = _messages(request).gettext
    format_ = Format(job.choice["format"][0])
    public = "public" in job.choice.get("extent", ())
    faults = {
        Fault.BROKEN: _("It could not be made; the log says why."),
        Fault.INTERRUPTED: _("It was interrupted when the site was stopped."),
        Fault.FULL: _("There is no room left on the disk."),
    }
    failed = job.state is JobState.FAILED
    return ExportJob(
        name=job.name,
        file=_file_name(request, format_, public=public),
        public=public,
        who=job.who,
        begun_at=initiative.latest_meeting.local(job.created_at),
        state=job.state,
        percent=min(99, job.done * 100 // job.total) if job.total else 0,
        rows=job.rows,
        size=_size(job.size),
        sha256=job.sha256,
        fault=faults.get(Fault(job.fault), "") if failed else "",
        unset=() if failed else tuple(job.fault.splitlines()),
        here=services(request).long_exports.file(job) is not None,
        barred=job.holds_audit and not _may_audit(request),
    )


def _size(size: int) -> str:
    """In the unit that leaves one to three digits before the point."""
    amount = float(size)
    for unit in ("B", "KB", "MB"):
        if amount < 1000:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:.3g} GB"


def _file_name(request: Request, format_: Format, *, public: bool) -> str:
    extent = "-public" if public else ""
    return f"{request.path_params['slug']}{extent}.{format_.suffix}"


def _headers(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }


def _may_audit(request: Request) -> bool:
    return Right.GOVERN in permit(request).role.rights


def _home(request: Request) -> str:
    return f"/organizer/exports/{request.path_params['slug']}"


def _messages(request: Request) -> NullTranslations:
    return translations(language_of(request))
