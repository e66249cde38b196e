"""The command `pledge serve`: prepares everything, says where it is, and serves."""

import os
import sys
from collections.abc import Awaitable, Callable

import click

from pledge.codes import signing_address
from pledge.content import read_content
from pledge.domain.links import LinkKind
from pledge.drafts import remove_leftovers
from pledge.origins import remember_origin
from pledge.paths import PACKAGE
from pledge.sealing import load_seal
from pledge.serving import announce, listen, network_address, reachable_origin, run
from pledge.settings import read_settings, unknown_settings
from pledge.site import with_services
from pledge.web.services import Services

SAMPLE = PACKAGE / "samples" / "fire-product-quality.md"


@click.command()
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
    addresses, link = with_services(settings, _prepare(host, port), create=True, new_keys=new_keys)
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
