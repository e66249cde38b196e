"""The register as the site keeps it, held against the verifier that knows only its description."""

import itertools
import json
from pathlib import Path
from typing import Any

from sqlalchemy import event

from pledge.register.checkpoints import opened_checkpoint
from pledge.register.notes import VerifierKey
from pledge.register.receipts import Receipt
from pledge.register.tiles import parsed_path
from pledge.register_keys import RegisterKeys, newest_alone, with_new
from pledge.registering import Registering
from pledge.store import registers, signatures
from tests.register import verifier
from tests.site import SLUG, Site, open_site


async def _fetched(site: Site) -> dict[str, bytes]:
    """All that is served of the register, by the address below it."""
    registering = site.services.registering
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    note = await registering.checkpoint(initiative_id, SLUG)
    size = int(note.splitlines()[1])
    found = {"checkpoint": note.encode()}
    for level in ("entries", "0"):
        for start in range(0, size, 256):
            width = min(256, size - start)
            name = f"{level}/{start // 256:03}" + (f".p/{width}" if width < 256 else "")
            path = parsed_path(name)
            assert path is not None
            content = await registering.tile(initiative_id, path)
            assert content is not None
            found[f"tile/{name}"] = content
    return found


async def test_whatever_is_signed_is_registered(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        registering = site.services.registering
        initiative_id = await site.services.organizing.initiative_id(SLUG)
        key = str(registering.verifiers(SLUG)[0])
        assert verifier.check_register((await _fetched(site)).__getitem__, key) == []
        await site.sign_many(1, 300)
        entries = verifier.check_register((await _fetched(site)).__getitem__, key)
        assert [entry["number"] for entry in entries] == list(range(1, 301))
        growth = await registering.growth(initiative_id, SLUG, 7)
        assert growth is not None
        assert growth.text.startswith("old 7\n")
        assert await registering.growth(initiative_id, SLUG, 301) is None
        async with site.services.registering._database.reading() as connection:
            found = await signatures.by_numbers(connection, initiative_id, [1, 129, 300])
        for signature in found.values():
            receipt = await registering.receipt(initiative_id, SLUG, signature)
            assert isinstance(receipt, Receipt)
            entry = verifier.check_receipt(json.dumps(receipt.values).encode(), key)
            assert entry["number"] == signature.number


async def test_a_receipt_names_the_key_that_signed_it_while_keys_are_replaced(site: Site) -> None:
    """However often: what is given out is kept for good."""
    await site.sign_many(1, 1)
    made = site.services.registering
    one = RegisterKeys((bytes(32),))
    keys = itertools.cycle([one, newest_alone(with_new(one, bytes(31) + b"1"))])
    replaced = Registering(made._database, lambda: next(keys), site=made.site)
    initiative_id = await site.services.organizing.initiative_id(SLUG)
    async with made._database.reading() as connection:
        found = await signatures.by_numbers(connection, initiative_id, [1])
    for _ in range(2):
        receipt = await replaced.receipt(initiative_id, SLUG, found[1])
        assert receipt is not None
        assert verifier.check_receipt(receipt.content, receipt.key)["number"] == 1
        snapshot = await replaced.snapshot(initiative_id, SLUG)
        key = VerifierKey.parse(snapshot.key)
        assert opened_checkpoint(snapshot.checkpoint, key.name, [key]).size == 1


async def test_what_became_of_an_entry_is_found_without_looking_through_the_register(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path) as site:
        asked: list[tuple[str, Any]] = []
        database = site.services.registering._database
        async with database.reading() as connection:
            sync = connection.sync_connection
            assert sync is not None
            event.listen(
                sync,
                "before_cursor_execute",
                lambda _c, _cursor, query, values, _context, _many: asked.append((query, values)),
            )
            assert await registers.about(connection, 1, 0) == []
            [(query, values)] = asked
            if connection.dialect.name == "postgresql":
                await connection.exec_driver_sql("SET enable_seqscan = off")
                plan = await connection.exec_driver_sql(f"EXPLAIN {query}", values)
                assert "ix_register_entry_refers" in "".join(row[0] for row in plan)
                await connection.exec_driver_sql("RESET enable_seqscan")
            else:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
                assert ["ix_register_entry_refers" in row[3] for row in plan] == [True]
