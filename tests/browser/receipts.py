"""Receipts of a running site, as their holders have them."""

import json
from typing import Any

from tests.delegate import Delegate
from tests.server import Server


async def signed_receipt(server: Server, **typed: str) -> dict[str, Any]:
    """Signs, and gives the values of the receipt's file."""
    async with server.client() as client:
        signed = await Delegate(client, server.link).sign(**typed)
        assert signed.status_code == 303, signed.text
        file = await client.get(f"{signed.headers['location']}/receipt.json")
    values: dict[str, Any] = file.json()
    return values


def as_file(values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1).encode()
