"""The commands `pledge initiative …`."""

import os
from pathlib import Path

import click

from pledge.content import read_content
from pledge.settings import read_settings
from pledge.site import with_services
from pledge.web.services import Services


@click.group()
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

    done = with_services(read_settings(os.environ), load, create=True)
    click.echo(f"{content.slug}: {done}")
