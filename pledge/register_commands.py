"""The commands `pledge register …`."""

import os
from collections.abc import Callable
from typing import TextIO

import click

from pledge.errors import NotFound
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
from pledge.settings import read_settings
from pledge.site import with_services
from pledge.web.services import Services


@click.group()
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

    for line in with_services(read_settings(os.environ), read):
        click.echo(line)


@register.command("checkpoint")
@click.argument("slug")
def checkpoint(slug: str) -> None:
    """Print the newest checkpoint of an initiative's register, as it is served."""

    async def read(made: Services) -> str:
        initiative_id = await made.organizing.registered_id(slug)
        return await made.registering.checkpoint(initiative_id, slug)

    click.echo(with_services(read_settings(os.environ), read), nl=False)


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
