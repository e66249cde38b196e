"""`/organizer/roster/{slug}`: who is invited, who has not signed, and the way a roster comes in."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from gettext import NullTranslations
from urllib.parse import urlencode

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pledge.cells import as_text
from pledge.domain.initiatives import Meeting
from pledge.domain.names import LONGEST, InvalidValue, company_key
from pledge.domain.rosters import Column, Invitation, Line, Problem
from pledge.errors import NotFound
from pledge.inviting import Checked, Roster
from pledge.spreadsheets import InvalidTable
from pledge.store.organizers import Organizer
from pledge.web.contexts import (
    NearMatch,
    RosterCheckPage,
    RosterColumn,
    RosterLine,
    RosterPage,
    RosterRow,
)
from pledge.web.desks import desk
from pledge.web.forms import everything_posted, flaw_of, posted
from pledge.web.languages import language_of, translations
from pledge.web.queries import whole_number
from pledge.web.responding import origin, page
from pledge.web.services import services
from pledge.web.sessions import permit
from pledge.web.views import initiative_view, meeting_view, meeting_views

PAGE_SIZE = 100
_SHOWN_PROBLEMS = 200
_SHOWN_FINE = 10


async def show(request: Request, organizer: Organizer) -> Response:
    return await _page(request, organizer)


async def receive(request: Request, organizer: Organizer) -> Response:
    """Takes in a file; nothing of it is on the roster yet."""
    initiative_id = permit(request).initiative_id
    sent = await posted(request, ("meeting",))
    file = (await request.form()).get("file")
    _ = _messages(request).gettext
    if not isinstance(file, UploadFile) or not file.filename:
        return await _page(request, organizer, error=_("Please choose a file"), status=422)
    try:
        name = await services(request).inviting.receive(
            initiative_id, sent["meeting"], file.filename[:100], await file.read()
        )
    except InvalidTable as invalid:
        return await _page(request, organizer, error=_unreadable(request, invalid), status=422)
    return RedirectResponse(f"{_home(request)}/check/{name}", status_code=303)


async def show_check(request: Request, organizer: Organizer) -> Response:
    initiative_id = permit(request).initiative_id
    checked = await services(request).inviting.check(initiative_id, request.path_params["name"])
    return await _check_page(request, organizer, checked)


async def check(request: Request, organizer: Organizer) -> Response:
    """Looks at the table with its columns and cells as they were corrected, or takes it over."""
    initiative_id = permit(request).initiative_id
    sent = await everything_posted(request)
    inviting = services(request).inviting
    checked = await inviting.check(
        initiative_id,
        request.path_params["name"],
        columns=_columns(sent),
        header=_header(sent),
        corrections=_corrections(sent),
        skipped=_skipped(sent),
    )
    if checked is not None and sent.get("action") == "download":
        return _problems_csv(request, checked)
    if checked is None or sent.get("action") != "import":
        return await _check_page(request, organizer, checked, _corrections(sent), _skipped(sent))
    done = await inviting.invite(initiative_id, checked, by=organizer.actor)
    query = f"?added={done.added}&changed={done.changed}&meeting={checked.meeting}"
    return RedirectResponse(_home(request) + query, status_code=303)


async def confirm(request: Request, organizer: Organizer) -> Response:
    """Says that a signature is an invited company's although its name is another."""
    initiative_id = permit(request).initiative_id
    sent = await posted(request, ("invitation", "number"))
    if not all(re.fullmatch("[0-9]{1,12}", value) for value in sent.values()):
        raise HTTPException(400, "invitation")
    await services(request).inviting.confirm(
        initiative_id, int(sent["invitation"]), int(sent["number"]), by=organizer.actor
    )
    return RedirectResponse(_home(request), status_code=303)


async def remove(request: Request, organizer: Organizer) -> Response:
    """Takes a company off the roster."""
    sent = await posted(request, ("invitation",))
    if not re.fullmatch("[0-9]{1,12}", sent["invitation"]):
        raise HTTPException(400, "invitation")
    removed = await services(request).inviting.remove(
        permit(request).initiative_id, int(sent["invitation"]), by=organizer.actor
    )
    query = f"?{urlencode({'removed': removed})}" if removed else ""
    return RedirectResponse(_home(request) + query, status_code=303)


async def missing_csv(request: Request, organizer: Organizer) -> Response:
    """Who has not signed yet, as filtered on the page."""
    roster, chosen = await _chosen(request, organizer, state="missing")
    table = io.StringIO()
    table.write("\ufeff")
    writer = csv.writer(table)
    messages = _messages(request)
    _ = messages.gettext
    writer.writerow([*column_names(messages).values(), _("Meeting"), _("Link")])
    for one in chosen:
        place = meeting_view(roster.initiative.meeting(one.meeting_id), language_of(request)).place
        fields = [one.company.name, one.company.uscc, one.contact, one.phone, one.seat, one.group]
        writer.writerow(map(as_text, [*fields, one.note, place, _address(request, one)]))
    return _csv(f"{request.path_params['slug']}-missing.csv", table.getvalue())


async def _page(
    request: Request, organizer: Organizer, *, error: str = "", status: int = 200
) -> Response:
    state = request.query_params.get("state", "missing")
    state = state if state in ("missing", "signed", "all") else "missing"
    roster, chosen = await _chosen(request, organizer, state=state)
    language = language_of(request)
    number = whole_number(request, "page", default=1, least=1)
    pages = max(1, -(-len(chosen) // PAGE_SIZE))
    number = min(number, pages)
    shown = chosen[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    initiative = roster.initiative
    published = await services(request).publishing.by_slug(initiative.slug)
    if published is None:
        raise HTTPException(404, "initiative")
    context = RosterPage(
        desk=desk(request, organizer),
        initiative=initiative_view(initiative, published.standing, language),
        meetings=meeting_views(initiative, language),
        meeting_key=_meeting_key(request),
        q=_q(request),
        seat=request.query_params.get("seat", ""),
        seats=tuple(dict.fromkeys(one.seat for one in roster.invitations if one.seat)),
        state=state,
        invited=len(roster.invitations),
        signed=len(roster.signed),
        found=len(chosen),
        rows=tuple(_row(request, roster, one) for one in shown),
        names="\n".join(one.company.name for one in chosen),
        near=tuple(
            NearMatch(one.id, one.company.name, signature.number, signature.company.name)
            for one, signature in roster.near[:50]
        ),
        page=number,
        pages=pages,
        added=whole_number(request, "added", default=-1, least=0),
        changed=whole_number(request, "changed", default=-1, least=0),
        removed=request.query_params.get("removed", "")[:LONGEST],
        error=error,
    )
    return page(request, context, status, private=True)


async def _chosen(
    request: Request, organizer: Organizer, *, state: str
) -> tuple[Roster, list[Invitation]]:
    """The roster of the chosen meeting, and those of it that match the search."""
    initiative_id = permit(request).initiative_id
    try:
        roster = await services(request).inviting.roster(initiative_id, _meeting_key(request))
    except NotFound:
        raise HTTPException(404, "meeting") from None
    q, seat = company_key(_q(request)), request.query_params.get("seat", "")
    return roster, [
        one
        for one in roster.invitations
        if (state == "all" or (one.id in roster.signed) == (state == "signed"))
        and (not seat or one.seat == seat)
        and (not q or q in company_key(f"{one.company.name} {one.contact} {one.seat}"))
    ]


def _row(request: Request, roster: Roster, one: Invitation) -> RosterRow:
    meeting: Meeting = roster.initiative.meeting(one.meeting_id)
    signature = roster.signed.get(one.id)
    return RosterRow(
        id=one.id,
        company=one.company.name,
        contact=one.contact,
        phone=one.phone,
        seat=one.seat,
        group=one.group,
        note=one.note,
        signed_at=meeting.local(signature.signed_at) if signature else None,
        address=_address(request, one),
    )


async def _check_page(
    request: Request,
    organizer: Organizer,
    checked: Checked | None,
    corrections: Mapping[tuple[int, Column], str] | None = None,
    skipped: Collection[int] = (),
) -> Response:
    if checked is None:
        return RedirectResponse(_home(request), status_code=303)
    language = language_of(request)
    published = await services(request).publishing.by_slug(request.path_params["slug"])
    if published is None:
        raise HTTPException(404, "initiative")
    meeting = published.initiative.meeting_by_key(checked.meeting)
    wrong = checked.wrong[:_SHOWN_PROBLEMS]
    columns = _shown_columns(checked)
    typed = {(line.number, column) for line in wrong for column in line.problems}
    kept = [
        (f"fix-{number}-{column}", value)
        for (number, column), value in (corrections or {}).items()
        if (number, column) not in typed
    ]
    context = RosterCheckPage(
        desk=desk(request, organizer),
        initiative=initiative_view(published.initiative, published.standing, language),
        action=f"{_home(request)}/check/{checked.name}",
        file=checked.file,
        meeting=meeting_view(meeting or published.initiative.latest_meeting, language),
        header=checked.layout.header + 1,
        columns=tuple(_column_views(checked)),
        names={column.value: name for column, name in column_names(_messages(request)).items()},
        shown=columns,
        good=len(checked.good),
        wrong=len(checked.wrong),
        repeated=sum(1 for line in checked.wrong if line.repeats),
        skipped=checked.skipped,
        problems=tuple(_line(request, line, columns) for line in wrong),
        fine=tuple(_line(request, line, columns) for line in checked.good[:_SHOWN_FINE]),
        kept=(*kept, *((f"skip-{number}", "1") for number in sorted(skipped))),
    )
    return page(request, context, private=True)


def _column_views(checked: Checked) -> Iterable[RosterColumn]:
    table, layout = checked.table, checked.layout
    below = table[layout.header + 1 :]
    for index in range(max(map(len, table))):
        heading = ""
        if layout.header >= 0 and index < len(table[layout.header]):
            heading = table[layout.header][index]
        sample = next((row[index] for row in below if index < len(row) and row[index]), "")
        if heading or sample:
            yield RosterColumn(index, heading, sample, layout.columns.get(index, ""))


def _shown_columns(checked: Checked) -> tuple[Column, ...]:
    meant = set(checked.layout.columns.values()) | {Column.COMPANY}
    return tuple(column for column in Column if column in meant)


def _line(request: Request, line: Line, columns: Iterable[Column]) -> RosterLine:
    messages = _messages(request)
    return RosterLine(
        number=line.number,
        cells=tuple(
            (column, line.values.get(column, ""), _words(line, column, messages))
            for column in columns
        ),
        repeats=bool(line.repeats),
    )


def _problems_csv(request: Request, checked: Checked) -> Response:
    """Every row with something wrong and why, to be mended where the file comes from."""
    columns = _shown_columns(checked)
    messages = _messages(request)
    _ = messages.gettext
    names = column_names(messages)
    table = io.StringIO()
    table.write("\ufeff")
    writer = csv.writer(table)
    writer.writerow([_("Row"), *(names[column] for column in columns), _("What is wrong")])
    for line in checked.wrong:
        reasons = [f"{names[column]}: {_words(line, column, messages)}" for column in line.problems]
        cells = [line.values.get(column, "") for column in columns]
        writer.writerow([line.number, *map(as_text, cells), "; ".join(reasons)])
    return _csv(f"{request.path_params['slug']}-problems.csv", table.getvalue())


def column_names(messages: NullTranslations) -> dict[Column, str]:
    _ = messages.gettext
    return {
        Column.COMPANY: _("Company"),
        Column.USCC: _("Unified Social Credit Code"),
        Column.CONTACT: _("Contact"),
        Column.PHONE: _("Mobile number"),
        Column.SEAT: _("Seat"),
        Column.GROUP: _("Group"),
        Column.NOTE: _("Note"),
    }


def _csv(name: str, text: str) -> Response:
    return Response(
        text,
        media_type="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _words(line: Line, column: Column, messages: NullTranslations) -> str:
    _ = messages.gettext
    match line.problems.get(column):
        case None:
            return ""
        case Problem.LOST_DIGITS:
            return _("The spreadsheet has rounded the code; type it again, or leave it empty")
        case Problem.DATE:
            return _("A date, and no telephone number; correct it or leave it empty")
        case Problem.REPEATED:
            return _("The same company as in row %(row)d") % {"row": line.repeats}
        case Problem.TOTAL:
            return _("Sums up the rows above; leave it out, or type the company's name")
        case InvalidValue() as invalid:
            return flaw_of("company", invalid, messages)


def _columns(sent: Mapping[str, str]) -> dict[int, Column] | None:
    chosen: dict[int, Column] = {}
    for name, value in sent.items():
        found = re.fullmatch(r"column-([0-9]{1,2})", name)
        if found and value in set(Column) and value not in chosen.values():
            chosen[int(found[1])] = Column(value)
    return chosen if any(name.startswith("column-") for name in sent) else None


def _header(sent: Mapping[str, str]) -> int | None:
    typed = sent.get("header", "").strip()
    return int(typed) - 1 if re.fullmatch("[0-9]{1,2}", typed) else None


def _corrections(sent: Mapping[str, str]) -> dict[tuple[int, Column], str]:
    found = {}
    for name, value in sent.items():
        place = re.fullmatch(r"fix-([0-9]{1,5})-([a-z]+)", name)
        if place and place[2] in set(Column):
            found[(int(place[1]), Column(place[2]))] = value.strip()
    return found


def _skipped(sent: Mapping[str, str]) -> set[int]:
    found = (re.fullmatch(r"skip-([0-9]{1,5})", name) for name in sent)
    return {int(name[1]) for name in found if name}


def _unreadable(request: Request, invalid: InvalidTable) -> str:
    _ = _messages(request).gettext
    return {
        "empty": _("The file holds no rows"),
        "large": _("The file is too large: 5 MB, 10,000 rows and 60 columns at most"),
        "unreadable": _("The file can't be read; please save it as XLSX or CSV"),
    }[invalid.reason]


def _meeting_key(request: Request) -> str:
    return request.query_params.get("meeting", "")


def _q(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:100]


def _address(request: Request, one: Invitation) -> str:
    return f"{origin(request)}/s/{services(request).tokens.link(one.link_id)}"


def _home(request: Request) -> str:
    return f"/organizer/roster/{request.path_params['slug']}"


def _messages(request: Request) -> NullTranslations:
    return translations(language_of(request))
