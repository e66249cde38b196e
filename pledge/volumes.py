"""Long documents: set part by part, each beginning on a page of its own, and joined to one.

A document that is set at once takes memory by its length; joining takes little more than the file.
The tags that screen readers go by are lost in joining, so parts are set without them.
"""

import asyncio
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from pledge.late import late

if TYPE_CHECKING:
    import pypdf
    from pypdf import generic
else:
    pypdf = late("pypdf")
    generic = late("pypdf.generic")


_LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


class Volumes:
    """The parts of one document, kept in a folder of their own until they are joined."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._files: list[Path] = []

    async def add(self, part: bytes) -> None:
        file = self._folder / f"{len(self._files)}.pdf"
        await asyncio.to_thread(file.write_bytes, part)
        self._files.append(file)

    async def join(self, path: Path, language: str) -> None:
        """The title, the authors and the time are those of the first part."""
        await asyncio.to_thread(_join, self._files, path, language)


def pages(document: bytes) -> int:
    return len(pypdf.PdfReader(BytesIO(document)).pages)


def _join(files: list[Path], path: Path, language: str) -> None:
    joined = pypdf.PdfWriter()
    for file in files:
        joined.append(file)
    joined.metadata = pypdf.PdfReader(files[0]).metadata
    joined.root_object[generic.NameObject("/Lang")] = generic.TextStringObject(_LANGUAGES[language])
    joined.write(path)
