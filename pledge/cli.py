"""The command `pledge`. Exit codes: 0 done, 1 failed with one line on standard error, 2 misused."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, TextIO, TypeVar

import click
import structlog

from pledge.agreeing import agree
from pledge.app import address_of, database_of, make_services, utc_now
from pledge.backup_commands import backup, restore
from pledge.checking import check
from pledge.codes import signing_address
from pledge.content import read_content
from pledge.doctor.diagnosing import diagnose, of_level
from pledge.doctor.findings import Finding, Level
from pledge.domain.accounts import BadAccount
from pledge.domain.erasures import (
    AlreadyErased,
    Erased,
    NoSuchEntry,
    ReasonNames,
    Refusal,
    Rehearsed,
)
from pledge.domain.exports import EntryState, Field, Format
from pledge.domain.links import LONGEST_LINK_NAME, MOST_USES, Limits, LinkKind
from pledge.domain.names import InvalidValue, company_name, optional_line
from pledge.domain.rights import OPERATOR, Role
from pledge.domain.rosters import Column
from pledge.domain.signatures import Company
from pledge.domain.uscc import uscc
from pledge.drafts import remove_leftovers
from pledge.errors import InvalidContent, NotErased, NotFound, PledgeError
from pledge.moving_command import migrate_database
from pledge.origins import remember_origin, remembered_origin
from pledge.paths import PACKAGE
from pledge.printing import SIZES, Choice, Sheet, leads_nowhere
from pledge.register.notes import VerifierKey
from pledge.register.trees import InvalidProof
from pledge.register_keys import (
    KEY_FILE,
    RegisterKeys,
    imported_seed,
    load_register_keys,
    new_seed,
    newest_alone,
    store_register_keys,
    with_new,
)
from pledge.sealing import load_seal
from pledge.serving import (
    announce,
    listen,
    network_address,
    reachable_origin,
    run,
)
from pledge.settings import Settings, read_settings, unknown_settings
from pledge.store.database import UNAVAILABLE
from pledge.store.migrating import migrate
from pledge.store.vacuuming import Fault
from pledge.web.services import Services

SAMPLE = PACKAGE / "samples" / "fire-product-quality.md"

_SWEEPING_SECONDS = 300.0
_FAULTS = {
    Fault.BUSY: "they were read or written all the time",
    Fault.FULL: "there is no room on the disk to write them anew",
    Fault.BROKEN: "writing them anew has failed",
}

_WHEN = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])

Result = TypeVar("Result")


class _Commands(click.Group):
    """Turns what a person can mend into one line; anything else is a fault and shows as one."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except PledgeError as error:
            raise click.ClickException(str(error)) from None
        except UNAVAILABLE as error:
            reason = str(getattr(error, "orig", error)).splitlines()[0]
            raise click.ClickException(f"the database can't be used: {reason}") from None
        except OSError as error:
            raise click.ClickException(
                f"{error.filename or 'a file'}: {error.strerror or error}"
            ) from None


@click.group(cls=_Commands)
@click.version_option(package_name="pledge")
def main() -> None:
    """Pledge: a microsite on which an industry signs a quality initiative.

    Settings come from the environment; docs/operating.md lists them.
    """


main.add_command(backup)
main.add_command(restore)
main.add_command(migrate_database)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--new-keys",
    is_flag=True,
    help="With PostgreSQL: this node's keys count, and those that its fellows had are void.",
)
def serve(host: str, port: int, workers: int, new_keys: bool) -> None:
    """Serve the site; prepare everything at the first start."""
    settings = read_settings(os.environ)
    load_seal(settings.pdf_certificate, settings.pdf_passphrase)  # a fault is said by itself
    for name in unknown_settings(os.environ):
        click.echo(f"Warning: {name} is not a setting; docs/operating.md lists them.", err=True)
    listening = listen(host, port)
    remove_leftovers(settings.data)
    addresses, link = _with_services(settings, _prepare(host, port), create=True, new_keys=new_keys)
    announce(addresses, link, terminal=sys.stdout.isatty())
    run(settings, listening, workers)


def _prepare(
    host: str, port: int
) -> Callable[[Services], Awaitable[tuple[list[tuple[str, str]], str]]]:
    async def prepare(made: Services) -> tuple[list[tuple[str, str]], str]:
        if await made.publishing.newest_slug() is None:
            await made.organizing.import_initiative(read_content(SAMPLE))
        origin = reachable_origin(made.settings, host, port)
        remember_origin(made.settings.data, origin)
        slug = await made.publishing.newest_slug() or ""
        poster = await made.organizing.standing_link(slug, LinkKind.POSTER)
        screen = await made.organizing.wall_link(slug)
        key = f"?key={made.tokens.link(screen.id)}" if screen else ""
        token = made.tokens.link(poster.id)
        addresses = [
            ("Initiative", f"{origin}/i/{slug}"),
            ("Wall", f"{origin}/i/{slug}/wall{key}"),
            ("Signatories", f"{origin}/i/{slug}/signatories"),
            ("Organizers", f"{origin}/organizer/login"),
        ]
        if await made.organizing.no_organizer_yet():
            setup = f"{origin}/organizer/setup/{made.tokens.setup()}"
            addresses[-1] = ("Organizer set-up (works once)", setup)
        if host in ("0.0.0.0", "::"):  # noqa: S104 -- asks what was chosen, chooses nothing
            addresses.append(("Phones on this network", f"http://{network_address()}:{port}/"))
        addresses.append(("Signing link", f"{origin}/s/{token}"))
        return addresses, signing_address(origin, token)

    return prepare


@main.command()
@click.argument("slug")
@click.option(
    "--kind",
    required=True,
    type=click.Choice([kind.value for kind in LinkKind]),
    help="poster: for everybody; screen: for the hall, of this moment; invitation: for one "
    "company; kiosk: for a tablet on which many sign.",
)
@click.option("--meeting", default="", help="Key of the meeting; the latest one if not given.")
@click.option("--company", default="", help="The invited company; invitations need one.")
@click.option("--uscc", "code", default="", help="The invited company's code, if known.")
@click.option(
    "--stage", is_flag=True, help="A kiosk on the stage: the walls show what is being drawn."
)
@click.option("--name", default="", help="What organizers call it.")
@click.option(
    "--most",
    type=click.IntRange(1, MOST_USES),
    help="How many may sign through it; not for an invitation, which is for one company.",
)
@click.option("--from", "from_", type=_WHEN, help="When it begins to admit, in the meeting's zone.")
@click.option("--until", type=_WHEN, help="When it ends, in the meeting's zone.")
def link(
    slug: str,
    kind: str,
    meeting: str,
    company: str,
    code: str,
    stage: bool,
    name: str,
    most: int | None,
    from_: datetime | None,
    until: datetime | None,
) -> None:
    """Make a signing link and print its address."""
    settings = read_settings(os.environ)
    if (kind == LinkKind.INVITATION) != bool(company):
        raise click.UsageError("--company goes with --kind invitation, and only with it")
    if stage and kind != LinkKind.KIOSK:
        raise click.UsageError("--stage goes with --kind kiosk")
    if most and kind == LinkKind.INVITATION:
        raise click.UsageError("--most does not go with --kind invitation")
    if len(name) > LONGEST_LINK_NAME:
        raise click.UsageError(f"--name takes {LONGEST_LINK_NAME} characters at most")
    if from_ and until and until <= from_:
        raise click.UsageError("--until must be later than --from")

    async def create(made: Services) -> str:
        origin = _origin(settings)
        invited = _company(company, code) if company else None
        if kind == LinkKind.SCREEN and not (name or most or from_ or until):
            created = await made.organizing.screen_link(slug, meeting=meeting)
            if created is None:
                raise NotFound(f"no screen link of {slug} admits now; make one with --name")
        else:
            initiative_id = await made.organizing.initiative_id(slug)
            at = await made.linking.meeting(initiative_id, meeting)
            created = await made.linking.create(
                initiative_id,
                LinkKind(kind),
                by=OPERATOR,
                meeting=at.key,
                company=invited,
                stage=stage,
                name=name.strip(),
                limits=Limits(
                    most, at.instant(from_) if from_ else None, at.instant(until) if until else None
                ),
            )
        if kind == LinkKind.SCREEN:
            return f"{origin}/s/{made.tokens.code(created.id, made.clock())}"
        return f"{origin}/s/{made.tokens.link(created.id)}"

    click.echo(_with_services(settings, create))


@main.command()
@click.argument("slug")
@click.option(
    "--format",
    required=True,
    type=click.Choice([one.value for one in Format]),
    help="pdf: the signature book; bundle: a ZIP of all of these.",
)
@click.option("-o", "--output", required=True, help="File to write; - is standard output.")
@click.option("--meeting", multiple=True, help="Key of a meeting; all of them if none is given.")
@click.option(
    "--state",
    multiple=True,
    type=click.Choice([one.value for one in EntryState]),
    help="How an entry stands; all of them if none is given.",
)
@click.option(
    "--column",
    multiple=True,
    type=click.Choice([one.value for one in Field]),
    metavar="COLUMN",
    help="A column; all of them if none is given. They keep their order.",
)
@click.option("--public", is_flag=True, help="For the press: what everybody may know, no more.")
@click.option("--ink", is_flag=True, help="Pictures of the handwriting in a workbook.")
@click.option(
    "--language",
    default="zh",
    show_default=True,
    type=click.Choice(["zh", "en"]),
    help="Language of the headings.",
)
def export(slug: str, output: str, public: bool, ink: bool, **named: Any) -> None:
    """Write the signatories of an initiative to a file."""
    settings = read_settings(os.environ)
    values = {name: [said] if isinstance(said, str) else list(said) for name, said in named.items()}
    values |= {"extent": ["public"] if public else [], "ink": ["yes"] if ink else []}

    async def write(made: Services) -> list[str]:
        initiative_id = await made.organizing.initiative_id(slug)
        origin = settings.base_url or remembered_origin(settings.data)
        source = await made.exporting.source(initiative_id, values, origin=origin)
        with TemporaryDirectory(dir=settings.data) as folder, _output(output) as file:
            path = Path(folder) / "export"
            written = await made.exporting.write(source, path, by=OPERATOR, with_audit=True)
            with path.open("rb") as content:
                shutil.copyfileobj(content, file)
        await made.exporting.record(source, written.rows, by=OPERATOR)
        return written.unset

    for line in _with_services(settings, write):
        click.echo(f"no font has {line}", err=True)


@main.command()
@click.argument("slug")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar="NUMBER...")
@click.option(
    "--company",
    is_flag=True,
    help="Also the company, where its name is a person's; what stands of it is withdrawn.",
)
@click.option("--reason", required=True, help="For the audit log, where it stays: name nobody.")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
def erase(slug: str, numbers: tuple[int, ...], company: bool, reason: str, yes: bool) -> None:
    """Erase the personal data of signatures, by their numbers; it can't be undone.

    All that were corrected from or to one of them go with it. The register verifies as before.
    Waits until nothing is left in the files of the database either. Exports that the site keeps
    are removed; what was fetched, and backups, it can't reach.
    """
    what = "the personal data and the company" if company else "the personal data"
    listed = ", ".join(map(str, dict.fromkeys(numbers)))
    if not yes:
        click.confirm(f"Erase {what} of {slug}, No. {listed}, for good?", abort=True, err=True)
    try:
        reason = optional_line(reason)
    except InvalidValue as invalid:
        raise click.UsageError(f"--reason: {invalid}") from None
    if not reason:
        raise click.UsageError("--reason must say something")

    async def work(made: Services) -> tuple[Erased, Fault | None]:
        initiative_id = await made.organizing.initiative_id(slug)
        done = await made.erasing.erase(
            initiative_id, numbers, company=company, by=OPERATOR, reason=reason
        )
        if not isinstance(done, Erased):
            raise NotErased(_refused(done))
        return done, await made.sweeping.finish(within=_SWEEPING_SECONDS)

    done, fault = _with_services(read_settings(os.environ), work)
    click.echo(
        f"{len(done.numbers)} erased, {len(done.withdrawn)} of them withdrawn, "
        f"{done.exports} exports removed"
    )
    if fault:
        raise NotErased(
            f"remains are still in the files of the database ({_FAULTS[fault]}); "
            "pledge serve removes them as soon as it can"
        )


def _refused(refusal: Refusal) -> str:
    match refusal:
        case NoSuchEntry(number):
            return f"nothing was erased: there is no No. {number}"
        case AlreadyErased(number):
            return f"nothing was erased: of No. {number} nothing is left to be erased"
        case Rehearsed():
            return "a rehearsal is not erased: it goes as a whole when it ends"
        case ReasonNames(number):
            return f"nothing was erased: the reason stays in the log, and it names No. {number}"


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="A key that is known to be the register's (name+id+key), or a file with one a line; "
    "without it, the key of the file itself is taken.",
)
def verify(file: Path, keys: tuple[str, ...]) -> None:
    """Check a receipt (receipt.json), or an export bundle against the register in it.

    Needs nothing but the file: no data folder, no network. Says what is proven, every difference
    with its number, and what could not be checked.
    """
    known = [one for key in keys for one in _verifier_keys(key)]
    try:
        report = check(file, known)
    except PledgeError as refused:
        raise click.ClickException(_harmless(str(refused))) from None
    for difference in report.differences:
        click.echo(_harmless(difference))
    if report.count > len(report.differences):
        click.echo(f"and {report.count - len(report.differences)} more")
    width = max(len(name) for name, _text in report.facts) + 2
    for name, text in report.facts:
        click.echo(_harmless(f"{name:{width}}{text}"))
    if report.count:
        plural = "" if report.count == 1 else "s"
        raise click.ClickException(f"{file}: {report.count} difference{plural} from the register")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def doctor(as_json: bool) -> None:
    """Check the site and its machine, and say what to do about what is wrong.

    Changes nothing, and may be run while the site runs. Fails if there is a fault; warnings alone
    are no failure. A large database takes a while to be read.
    """
    settings = read_settings(os.environ)
    findings = asyncio.run(diagnose(settings, address_of(settings), os.environ, utc_now()))
    for line in [_json(findings)] if as_json else _lines(findings):
        click.echo(line)
    if faults := of_level(findings, Level.FAULT):
        names = ", ".join(dict.fromkeys(finding.check for finding in faults))
        raise click.ClickException(f"{len(faults)} fault{'s'[: len(faults) > 1]}: {names}")


def _json(findings: Sequence[Finding]) -> str:
    return json.dumps({"findings": [asdict(one) for one in findings]}, ensure_ascii=False)


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.check) for finding in findings)
    for one in findings:
        yield _harmless(f"{one.level:8} {one.check:{width}}  {one.what}")
        if one.advice:
            yield _harmless(f"{'':8} {'':{width}}  → {one.advice}")


@main.command("print")
@click.argument("slug")
@click.argument("sheet", type=click.Choice([sheet.value for sheet in Sheet]))
@click.option("-o", "--output", required=True, help="PDF file to write; - is standard output.")
@click.option(
    "--meeting",
    default="",
    help="Key of the meeting; if not given, the poster is the latest one's, cards are all's.",
)
@click.option("--table", default="", help="Only companies at this table, such as A or 3.")
@click.option("--missing", is_flag=True, help="Only companies that have not signed yet.")
@click.option(
    "--size",
    default=SIZES[0],
    show_default=True,
    type=click.Choice(SIZES),
    help="Paper of the poster.",
)
@click.option(
    "--language",
    default="zh",
    show_default=True,
    type=click.Choice(["zh", "en"]),
    help="Language of the sheet.",
)
def print_(
    slug: str,
    sheet: str,
    output: str,
    meeting: str,
    table: str,
    missing: bool,
    size: str,
    language: str,
) -> None:
    """Print a poster, or cards or labels for the invited companies, as PDF.

    Cards are 8 a page, to be cut; labels 24 a page, 70 x 37 mm. Each leads its company to its own
    form. Characters that no font has are named on standard error.
    """
    settings = read_settings(os.environ)
    if sheet == Sheet.POSTER and (table or missing):
        raise click.UsageError("--table and --missing go with cards and labels")
    if sheet != Sheet.POSTER and size != SIZES[0]:
        raise click.UsageError("--size goes with posters; cards and labels are printed on A4")
    choice = Choice(Sheet(sheet), meeting, table, missing, size, language)

    async def write(made: Services) -> None:
        initiative_id = await made.organizing.initiative_id(slug)
        with _output(output) as file:
            document = await made.printing.sheet(initiative_id, choice, _origin(settings))
            file.write(document.content)
        for unset in document.unset:
            names = "; ".join(unset.lines)
            click.echo(f"no font has {unset.name}, 〓 stands for it in: {names}", err=True)
        if leads_nowhere(_origin(settings)):
            click.echo(
                f"the codes lead to {_origin(settings)}, which no phone can reach: set "
                "PLEDGE_BASE_URL, or serve once with --host 0.0.0.0, and print again",
                err=True,
            )

    _with_services(settings, write)


@main.group()
def initiative() -> None:
    """Initiatives and their content files."""


@initiative.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--owner",
    "owners",
    multiple=True,
    help="E-mail address of who owns it; if not given, a new one is the only organizer's.",
)
def import_(file: Path, owners: tuple[str, ...]) -> None:
    """Create an initiative from a content file, or bring it up to date with the file."""
    content = read_content(file)

    async def load(made: Services) -> str:
        return await made.organizing.import_initiative(content, owners)

    done = _with_services(read_settings(os.environ), load, create=True)
    click.echo(f"{content.slug}: {done}")


@main.group()
def roster() -> None:
    """Rosters: the companies invited to a meeting."""


@roster.command("import")
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--meeting", default="", help="Key of the meeting; the latest one if not given.")
@click.option("--skip", is_flag=True, help="Leave out rows with something wrong.")
def import_roster(slug: str, file: Path, meeting: str, skip: bool) -> None:
    """Invite the companies of an XLSX or CSV file; each gets a link of its own.

    Imported again, a file brings the roster up to date. With something wrong in a row, nothing is
    stored unless --skip is given.
    """
    content = file.read_bytes()

    async def load(made: Services) -> str:
        initiative_id = await made.organizing.initiative_id(slug)
        name = await made.inviting.receive(initiative_id, meeting, file.name, content)
        checked = await made.inviting.check(initiative_id, name)
        if checked is None or Column.COMPANY not in checked.layout.columns.values():
            raise InvalidContent(f"{file}: no column of companies was found")
        for line in checked.wrong:
            for column, problem in line.problems.items():
                reason = f"the same company as in row {line.repeats}" if line.repeats else problem
                click.echo(f"row {line.number}: {column}: {reason}", err=True)
        if checked.wrong and not skip:
            raise InvalidContent(
                f"{file}: {len(checked.wrong)} rows with something wrong, nothing was stored; "
                "correct them, or leave them out with --skip"
            )
        done = await made.inviting.invite(initiative_id, checked, by=OPERATOR)
        return f"{done.added} added, {done.changed} changed, {len(checked.wrong)} left out"

    click.echo(_with_services(read_settings(os.environ), load))


@main.group()
def register() -> None:
    """Registers of signatures, and the keys that sign their checkpoints."""


@register.command("key")
@click.argument("slug", default="")
@click.option("--all", "with_retired", is_flag=True, help="Those that no longer sign, too.")
def key(slug: str, with_retired: bool) -> None:
    """Print the verifier keys of an initiative's register, one a line, the newest first.

    Of the only initiative that there is, if none is named.
    """

    async def read(made: Services) -> list[str]:
        named = slug or await made.organizing.only_slug()
        await made.organizing.registered_id(named)
        registering = made.registering
        keys = registering.verifiers(named) if with_retired else registering.signers(named)
        return [str(one) for one in keys]

    for line in _with_services(read_settings(os.environ), read):
        click.echo(line)


@register.command("checkpoint")
@click.argument("slug")
def checkpoint(slug: str) -> None:
    """Print the newest checkpoint of an initiative's register, as it is served."""

    async def read(made: Services) -> str:
        initiative_id = await made.organizing.registered_id(slug)
        return await made.registering.checkpoint(initiative_id, slug)

    click.echo(_with_services(read_settings(os.environ), read), nl=False)


@register.command("new-key")
@click.option(
    "--import",
    "source",
    type=click.File("r"),
    help="File with the key: 32 bytes in base 64, or Ed25519 in PEM; - is standard input.",
)
def new_key(source: TextIO | None) -> None:
    """Sign with a new key first; the others go on signing beside it.

    Running servers follow at once. Publish the new key (`pledge register key`) and let some time
    pass before the others are retired.
    """
    seed = imported_seed(_text_of(source)) if source else new_seed()
    keys = _change_keys(lambda keys: with_new(keys, seed))
    click.echo(f"a new key signs first now; {len(keys.seeds) - 1} older go on signing beside it")


@register.command("retire-keys")
def retire_keys() -> None:
    """Sign with the newest key alone; the others only recognise what they have signed.

    Their private halves are deleted. Running servers follow at once.
    """
    before = _register_keys()
    keys = _change_keys(newest_alone)
    click.echo(f"the newest key signs alone now; {len(before.seeds) - len(keys.seeds)} retired")


def _change_keys(change: Callable[[RegisterKeys], RegisterKeys]) -> RegisterKeys:
    settings = read_settings(os.environ)
    keys = change(_register_keys())
    store_register_keys(keys, settings.register_keys, settings.data)
    return keys


def _register_keys() -> RegisterKeys:
    settings = read_settings(os.environ)
    if not settings.register_keys and not (settings.data / KEY_FILE).exists():
        raise NotFound(
            f"there is no {KEY_FILE} in {settings.data}: start `pledge serve` once, set "
            "PLEDGE_DATA, or restore it from your backup"
        )
    return load_register_keys(settings.register_keys, settings.data)


def _text_of(source: TextIO) -> str:
    try:
        return source.read(10_000)
    except UnicodeDecodeError:
        return ""  # which is no key, and told as one


@main.group()
def organizer() -> None:
    """Organizers' accounts."""


@organizer.command("add")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--initiative",
    "slugs",
    multiple=True,
    help="Where to have the role; if not given, a new organizer has it in everything there is.",
)
@click.option(
    "--role",
    default=Role.OWNER.value,
    show_default=True,
    type=click.Choice([role.value for role in Role]),
    help="owner: everything; editor: all but people, notices and the log; staff: moderating on the "
    "day; viewer: exports alone.",
)
def add(email: str, password_stdin: bool, slugs: tuple[str, ...], role: str) -> None:
    """Add an organizer, or give an existing one a new password."""
    if password_stdin:
        password = _line_of_input()
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def create(made: Services) -> None:
        await made.organizing.add_organizer(email, password, slugs, Role(role))

    _with_services(read_settings(os.environ), create)
    click.echo(f"{email} can log in now")


@organizer.command("list")
def list_() -> None:
    """Print all organizers, one a line, separated by tabs; the first line names the columns.

    What a role is in stands before it: SLUG:ROLE, separated by commas. Times are in UTC.
    """

    async def read(made: Services) -> list[str]:
        return [
            "\t".join(
                (
                    account.email,
                    ",".join(f"{slug}:{role}" for slug, role in roles.items()) or "-",
                    "on" if account.totp else "off",
                    f"{account.seen_at:%Y-%m-%dT%H:%M:%SZ}" if account.seen_at else "-",
                )
            )
            for account, roles in await made.admitting.accounts()
        ]

    click.echo("email\troles\tsecond factor\tlast seen")
    for line in _with_services(read_settings(os.environ), read):
        click.echo(line)


@organizer.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Print a link with which an organizer chooses a new password; it works once, for a day.

    The old password is void at once, all sessions end, and the second factor is gone.
    """
    settings = read_settings(os.environ)

    async def make(made: Services) -> str:
        return f"{_origin(settings)}/organizer/reset/{await made.entering.reset(email)}"

    click.echo(_with_services(settings, make))


def _harmless(text: str) -> str:
    """What a file of others says must not command the terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def _verifier_keys(given: str) -> list[VerifierKey]:
    try:
        if not Path(given).is_file():
            return [VerifierKey.parse(given)]
        lines = Path(given).read_text(encoding="utf-8").split()
        return [VerifierKey.parse(line) for line in lines]
    except (InvalidProof, UnicodeDecodeError):
        raise click.UsageError(
            "--key takes a verifier key (name+id+key), or a file with one a line"
        ) from None


def _origin(settings: Settings) -> str:
    """The site's address, as it is set, or as `pledge serve` was last reached."""
    return settings.base_url or remembered_origin(settings.data) or "http://127.0.0.1:8000"


def _line_of_input() -> str:
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadAccount("password", "the password can't be read: it must be UTF-8") from None


def _company(name: str, code: str) -> Company:
    try:
        return Company(company_name(name), uscc(code))
    except InvalidValue as invalid:
        raise click.UsageError(f"--company or --uscc: {invalid}") from None


@contextmanager
def _output(name: str) -> Iterator[BinaryIO]:
    """A file that is there whole or not at all, for its owner alone.

    `-` is standard output; a device or a pipe is written to as it is.
    """
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(name).resolve()  # what a link leads to is replaced, and not the link
    if path.is_dir() or not path.parent.is_dir():
        raise NotFound(f"{name} can't be written: name a file in a folder that exists")
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _with_services(
    settings: Settings,
    work: Callable[[Services], Awaitable[Result]],
    *,
    create: bool = False,
    new_keys: bool = False,
) -> Result:
    """Runs a piece of work on the data folder and its database, brought up to date."""
    if not create and not settings.data.is_dir() and not settings.database_url:
        raise NotFound(
            f"there is no data in {settings.data} yet: start `pledge serve` once, or set "
            "PLEDGE_DATA"
        )
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not settings.register_keys and not (settings.data / KEY_FILE).exists():
        click.echo(
            f"Note: a new {KEY_FILE} signs the registers. Keep a copy of it elsewhere; if there "
            "was one before, stop and restore that.",
            err=True,
        )

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        database = database_of(settings)
        try:
            await migrate(database)
            await agree(database, settings, renew=new_keys)
            yield make_services(settings, database)
        finally:
            await database.close()

    async def worked() -> Result:
        async with opened() as made:
            return await work(made)

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    return asyncio.run(worked())
