"""The command `pledge`. Exit codes: 0 done, 1 failed with one line on standard error, 2 misused."""

import os
from importlib import import_module
from typing import Any

import click

from pledge.errors import PledgeError

_COMMANDS = {
    "backup": "backup_commands:backup",
    "doctor": "doctor_command:doctor",
    "erase": "erase_command:erase",
    "export": "export_command:export",
    "initiative": "initiative_commands:initiative",
    "link": "link_command:link",
    "migrate-database": "moving_command:migrate_database",
    "organizer": "organizer_commands:organizer",
    "print": "print_command:print_",
    "register": "register_commands:register",
    "restore": "backup_commands:restore",
    "roster": "roster_commands:roster",
    "serve": "serve_command:serve",
    "verify": "verify_command:verify",
}
"""Where each command is, as `module:name`: one is loaded when it is asked for, since all of them
together load everything that there is."""


class _Commands(click.Group):
    """Turns what a person can mend into one line; anything else is a fault and shows as one."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, command = _COMMANDS[name].split(":")
        found: click.Command = getattr(import_module(f"pledge.{module}"), command)
        return found

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        for word in args:
            if not _is_text(word) and not os.path.lexists(word):
                raise click.UsageError(
                    f"{click.format_filename(word)} is not in UTF-8: see LANG, the encoding of "
                    "your terminal"
                )
        return super().parse_args(context, args)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except PledgeError as error:
            raise click.ClickException(str(error)) from None
        except OSError as error:
            raise click.ClickException(
                f"{error.filename or 'a file'}: {error.strerror or error}"
            ) from None


def _is_text(word: str) -> bool:
    """Python takes bytes that are none along as what no database can hold; a file's name may be of
    any.
    """
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return True


@click.group(cls=_Commands)
@click.version_option(package_name="pledge")
def main() -> None:
    """Pledge: a microsite on which an industry signs a quality initiative.

    Settings come from the environment; docs/operating.md lists them.
    """
