"""Registering: reads the registers as whoever verifies them asks for them.

What is appended is appended with what it says, in one transaction (`entries`). Here, a checkpoint
is signed over what is committed and nothing else: a reader sees a commit once it is on the disk.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncConnection

from pledge.domain.signatures import Signature
from pledge.register.checkpoints import Checkpoint, signed_checkpoint
from pledge.register.entries import bundle
from pledge.register.notes import SigningKey, VerifierKey
from pledge.register.proofs import Proof
from pledge.register.receipts import Receipt
from pledge.register.tiles import HASH, WIDTH, Hashes, Path, Tile, read_range, tile_of
from pledge.register.trees import Range, consistency, inclusion, nodes
from pledge.register_keys import RegisterKeys
from pledge.registration import company_fields, person_fields
from pledge.store import registers, texts
from pledge.store.database import Database


@dataclass(frozen=True)
class Growth:
    """That a register has grown from a size to what its checkpoint says."""

    old: int
    hashes: Sequence[bytes]
    checkpoint: str

    @property
    def text(self) -> str:
        """As witnesses take it (C2SP, tlog-witness): they can be handed it as it is."""
        lines = [f"old {self.old}", *(b64encode(held).decode() for held in self.hashes)]
        return "\n".join(lines) + f"\n\n{self.checkpoint}"


@dataclass(frozen=True)
class Snapshot:
    """A register at a size."""

    size: int
    checkpoint: str
    key: str


class Registering:
    def __init__(self, database: Database, keys: Callable[[], RegisterKeys], *, site: str):
        """`keys` as they are now; `site` is the address of the site, whose host is in all names."""
        self._database = database
        self._keys = keys
        self.site = site
        self._host = urlsplit(site).netloc

    @property
    def seeds(self) -> list[str]:
        """Of the keys that sign, in base 64, for a process of our own that signs too."""
        return [b64encode(seed).decode() for seed in self._keys().seeds]

    def origin(self, slug: str) -> str:
        """The name of an initiative's register and of its keys."""
        return f"{self._host}/i/{slug}/register"

    def verifiers(self, slug: str) -> tuple[VerifierKey, ...]:
        """Newest first, those of retired keys at the end."""
        return self._keys().verifiers(self.origin(slug))

    def signers(self, slug: str) -> tuple[VerifierKey, ...]:
        """Of the keys that sign, newest first."""
        return tuple(key.verifier for key in self._signing(slug))

    async def size(self, initiative_id: int) -> int:
        async with self._database.reading() as connection:
            return await registers.size(connection, initiative_id) or 0

    async def text(self, initiative_id: int, sha256: str) -> bytes | None:
        """What entries name by its hash, of any version that was ever published."""
        async with self._database.reading() as connection:
            found = await texts.by_hash(connection, initiative_id, sha256)
        return found.source if found else None

    async def checkpoint(self, initiative_id: int, slug: str) -> str:
        """What is committed, signed: a note."""
        async with self._database.reading() as connection:
            size = await registers.size(connection, initiative_id) or 0
            return await self._checkpoint(connection, initiative_id, slug, size)

    async def snapshot(self, initiative_id: int, slug: str) -> Snapshot:
        """What is committed, with its size: from now on, nothing of it changes."""
        async with self._database.reading() as connection:
            size = await registers.size(connection, initiative_id) or 0
            signing = self._signing(slug)
            note = await self._checkpoint(connection, initiative_id, slug, size, signing)
        return Snapshot(size, note, str(signing[0].verifier))

    async def bundles(self, initiative_id: int, size: int) -> AsyncIterator[bytes]:
        """All entries up to a size, a bundle of 256 at a time."""
        for first in range(0, size, WIDTH):
            async with self._database.reading() as connection:
                end = min(first + WIDTH, size)
                found = await registers.entries(connection, initiative_id, first, end)
            yield bundle(found)

    async def tile(self, initiative_id: int, path: Path) -> bytes | None:
        """Hashes or entries as an address names them; None if there are not so many (yet)."""
        async with self._database.reading() as connection:
            size = await registers.size(connection, initiative_id) or 0
            level = path.level or 0
            if path.index * WIDTH + path.width > size >> 8 * level:
                return None
            if path.level is None:
                first = path.index * WIDTH
                return bundle(
                    await registers.entries(connection, initiative_id, first, first + path.width)
                )
            tile = Tile(path.level, path.index)
            held = await registers.hashes(connection, initiative_id, [tile])
        return held[tile][: path.width * HASH]

    async def growth(self, initiative_id: int, slug: str, old: int) -> Growth | None:
        """None if the register has never been so large."""
        async with self._database.reading() as connection:
            size = await registers.size(connection, initiative_id) or 0
            if old > size:
                return None
            hashes = await _read(connection, initiative_id, consistency(old, size))
            note = await self._checkpoint(connection, initiative_id, slug, size)
        return Growth(old, hashes, note)

    async def receipt(self, initiative_id: int, slug: str, signature: Signature) -> Receipt | None:
        """All that its holder needs; None of what was rehearsed. What was erased is missing."""
        if signature.entry is None or signature.salts is None:
            return None
        async with self._database.reading() as connection:
            size = await registers.size(connection, initiative_id) or 0
            index = signature.entry
            [entry] = await registers.entries(connection, initiative_id, index, index + 1)
            hashes = await _read(connection, initiative_id, inclusion(index, size))
            signing = self._signing(slug)
            note = await self._checkpoint(connection, initiative_id, slug, size, signing)
        salts = {"company": signature.salts.company, "person": signature.salts.person}
        fields = {
            "company": company_fields(signature.company),
            "person": person_fields(signature.person),
        }
        kept = [part for part, salt in salts.items() if salt]
        return Receipt(
            fields={part: fields[part] for part in kept},
            salts={part: salts[part] for part in kept},
            entry=entry,
            proof=Proof(index, hashes, note).text,
            key=str(signing[0].verifier),
        )

    async def _checkpoint(
        self,
        connection: AsyncConnection,
        initiative_id: int,
        slug: str,
        size: int,
        signing: Sequence[SigningKey] = (),
    ) -> str:
        """`signing` is given by whoever goes on to name a key beside the note: meanwhile, keys may
        be replaced.
        """
        [root] = await _read(connection, initiative_id, [(0, size)])
        checkpoint = Checkpoint(self.origin(slug), size, root)
        return signed_checkpoint(checkpoint, signing or self._signing(slug))

    def _signing(self, slug: str) -> tuple[SigningKey, ...]:
        return self._keys().signing(self.origin(slug))


async def _read(
    connection: AsyncConnection, initiative_id: int, ranges: Sequence[Range]
) -> list[bytes]:
    """The hashes of these ranges of leaves, which are committed."""
    tiles = {tile_of(node) for leaves in ranges for node in nodes(leaves)}
    hashes: Hashes = await registers.hashes(connection, initiative_id, tiles)
    return [read_range(leaves, hashes) for leaves in ranges]
