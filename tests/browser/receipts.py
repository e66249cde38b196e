"""Receipts of a running site, as their holders have them."""

import json
from typing import Any

from pledge.app import database_of
from pledge.register_keys import load_register_keys
from pledge.registering import Registering
from pledge.store import initiatives, signatures
from tests.server import Server
from tests.site import SLUG, settings_for


async def receipt_of(server: Server, number: int) -> dict[str, Any]:
    """The values of the receipt of the signature with this number."""
    settings = settings_for(server.data)
    database = database_of(settings)
    keys = load_register_keys(settings.register_keys, settings.data)
    try:
        async with database.reading() as connection:
            found = await initiatives.by_slug(connection, SLUG)
            assert found is not None
            signed = await signatures.by_numbers(connection, found.id, [number])
        registering = Registering(database, keys, site=server.origin)
        receipt = await registering.receipt(found.id, SLUG, signed[number])
        assert receipt is not None
        return receipt.values
    finally:
        await database.close()


def as_file(values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1).encode()
