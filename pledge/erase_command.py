"""The command `pledge erase`."""

import os

import click

from pledge.domain.erasures import (
    AlreadyErased,
    Erased,
    NoSuchEntry,
    ReasonNames,
    Refusal,
    Rehearsed,
)
from pledge.domain.names import InvalidValue, optional_line
from pledge.domain.rights import OPERATOR
from pledge.errors import NotErased
from pledge.settings import read_settings
from pledge.site import with_services
from pledge.store.vacuuming import Fault
from pledge.web.services import Services

_SWEEPING_SECONDS = 300.0
_FAULTS = {
    Fault.BUSY: "they were read or written all the time",
    Fault.FULL: "there is no room on the disk to write them anew",
    Fault.BROKEN: "writing them anew has failed",
}


@click.command()
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

    done, fault = with_services(read_settings(os.environ), work)
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
