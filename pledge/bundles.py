"""Bundles: a ZIP of files, with what each is and its SHA-256, so that it can be checked later."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
"""As `sha256sum -c` takes it."""

_PIECE = 1 << 20
_COMPRESSED_ALREADY = (".xlsx", ".pdf")


class Bundle:
    """Written file by file; none of them is ever in memory as a whole."""

    def __init__(self, path: Path, at: datetime):
        self._zip = ZipFile(path, "w")
        self._at = at
        self._files: list[dict[str, Any]] = []

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._zip.close()

    async def add(self, name: str, pieces: AsyncIterator[bytes], **about: Any) -> None:
        """`about` stands in the manifest beside the file's name, size and digest."""
        digest, size = sha256(), 0
        with self._zip.open(self._info(name), "w", force_zip64=True) as file:
            async for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        said = {"name": name, "size": size, "sha256": digest.hexdigest(), **about}
        self._files.append(said)

    async def end(self, about: Mapping[str, Any]) -> None:
        """The manifest, and the digests of all before them."""
        manifest = {**about, "files": self._files}
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        await self.add(MANIFEST, one_piece(text.encode()))
        sums = "".join(f"{file['sha256']}  {file['name']}\n" for file in self._files)
        await self.add(SUMS, one_piece(sums.encode()))

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self._at.timetuple()[:6])
        info.compress_type = ZIP_STORED if name.endswith(_COMPRESSED_ALREADY) else ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        return info


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
