"""The commands `pledge organizer …`."""

import os
import sys

import click

from pledge.domain.accounts import BadAccount
from pledge.domain.rights import Role
from pledge.settings import read_settings
from pledge.site import origin_of, with_services
from pledge.web.services import Services


@click.group()
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

    with_services(read_settings(os.environ), create)
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
    for line in with_services(read_settings(os.environ), read):
        click.echo(line)


@organizer.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Print a link with which an organizer chooses a new password; it works once, for a day.

    The old password is void at once, all sessions end, and the second factor is gone.
    """
    settings = read_settings(os.environ)

    async def make(made: Services) -> str:
        return f"{origin_of(settings)}/organizer/reset/{await made.entering.reset(email)}"

    click.echo(with_services(settings, make))


def _line_of_input() -> str:
    try:
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise BadAccount("password", "the password can't be read: it must be UTF-8") from None
