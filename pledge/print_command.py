"""The command `pledge print`."""

import os

import click

from pledge.outputs import output_file
from pledge.printing import SIZES, Choice, Sheet, leads_nowhere
from pledge.settings import read_settings
from pledge.site import origin_of, with_services
from pledge.web.services import Services


@click.command("print")
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
        with output_file(output) as file:
            document = await made.printing.sheet(initiative_id, choice, origin_of(settings))
            file.write(document.content)
        for unset in document.unset:
            names = "; ".join(unset.lines)
            click.echo(f"no font has {unset.name}, 〓 stands for it in: {names}", err=True)
        if leads_nowhere(origin_of(settings)):
            click.echo(
                f"the codes lead to {origin_of(settings)}, which no phone can reach: set "
                "PLEDGE_BASE_URL, or serve once with --host 0.0.0.0, and print again",
                err=True,
            )

    with_services(settings, write)
