"""What the site says about who signed, by each of its ways out."""

import base64
import csv
import io
from collections.abc import Mapping
from typing import Any

import httpx

from tests.register import verifier
from tests.server import Server
from tests.site import SLUG


async def listed(server: Server, *, slice_: int = 500) -> list[dict[str, Any]]:
    """The public list, read in slices by cursor until there is no next one."""
    items: list[dict[str, Any]] = []
    after: int | None = 0
    async with server.client() as client:
        while after is not None:
            answer = await client.get(
                f"/i/{SLUG}/signatories.json", params={"after": after, "limit": slice_}
            )
            assert answer.status_code == 200
            items += answer.json()["items"]
            after = answer.json()["next"]
    return items


async def exported(server: Server) -> dict[int, str]:
    """The companies by number, as the organizer's CSV has them."""
    table = await server.command("export", SLUG, "--format", "csv", "-o", "-", "--language", "en")
    rows = csv.DictReader(io.StringIO(table, newline=""))
    return {int(row["Number"]): row["Company"] for row in rows}


def by_number(items: list[dict[str, Any]]) -> dict[int, str]:
    return {item["number"]: item["company"] for item in items}


async def whole_register(server: Server, key: str) -> list[dict[str, Any]]:
    """Recomputed from its entries, as anybody can."""
    found: dict[str, bytes] = {}
    async with server.client() as client:

        async def fetch(name: str) -> bytes:
            answer = await client.get(f"/i/{SLUG}/register/{name}")
            assert answer.status_code == 200, answer.text
            return answer.content

        found["checkpoint"] = await fetch("checkpoint")
        size, _ = verifier.checkpoint_of(found["checkpoint"].decode(), key)
        for start in range(0, size, 256):
            width = min(256, size - start)
            end = f"{start // 256:03}" + (f".p/{width}" if width < 256 else "")
            for level in ("0", "entries"):
                found[f"tile/{level}/{end}"] = await fetch(f"tile/{level}/{end}")
    return verifier.check_register(found.__getitem__, key)


async def grown_from(client: httpx.AsyncClient, key: str, checkpoints: Mapping[int, bytes]) -> None:
    """Holds that the register has grown from each of these, roots by size, to its newest one."""
    for old, old_root in checkpoints.items():
        if old == 0:
            continue
        answer = await client.get(f"/i/{SLUG}/register/growth/{old}")
        assert answer.status_code == 200, answer.text
        head, _, note = answer.text.partition("\n\n")
        size, root = verifier.checkpoint_of(note, key)
        first, *lines = head.splitlines()
        assert first == f"old {old}"
        path = [base64.b64decode(line) for line in lines]
        if old == size:
            assert (path, old_root) == ([], root)
        else:
            verifier.check_growth(old, old_root, size, root, path)
