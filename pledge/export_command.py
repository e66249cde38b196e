"""The command `pledge export`."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from pledge.domain.exports import EntryState, Field, Format
from pledge.domain.rights import OPERATOR
from pledge.exporting import settle_memory
from pledge.origins import remembered_origin
from pledge.outputs import output_file
from pledge.settings import read_settings
from pledge.site import with_services
from pledge.web.services import Services


@click.command()
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
        settle_memory()
        initiative_id = await made.organizing.initiative_id(slug)
        origin = settings.base_url or remembered_origin(settings.data)
        source = await made.exporting.source(initiative_id, values, origin=origin)
        with TemporaryDirectory(dir=settings.data) as folder, output_file(output) as file:
            path = Path(folder) / "export"
            written = await made.exporting.write(source, path, by=OPERATOR, with_audit=True)
            with path.open("rb") as content:
                shutil.copyfileobj(content, file)
        await made.exporting.record(source, written.rows, by=OPERATOR)
        return written.unset

    for line in with_services(settings, write):
        click.echo(f"no font has {line}", err=True)
