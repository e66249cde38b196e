"""The commands `pledge roster …`."""

import os
from pathlib import Path

import click

from pledge.domain.rights import OPERATOR
from pledge.domain.rosters import Column
from pledge.errors import InvalidContent
from pledge.settings import read_settings
from pledge.site import with_services
from pledge.web.services import Services


@click.group()
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

    click.echo(with_services(read_settings(os.environ), load))
