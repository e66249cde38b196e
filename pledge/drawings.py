"""The pictures in a workbook's first sheet (ECMA-376, part 1: 12.3.8, 20.5), kept on the disk.

XlsxWriter holds what it knows of every picture in memory until the end. Here each goes into the
file as it comes; when the workbook has been written, its parts are put around them.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from pledge.ink_pictures import Picture

_MAIN = "http://schemas.openxmlformats.org"
_RELATIONS = f"{_MAIN}/officeDocument/2006/relationships"
_PACKAGE = f"{_MAIN}/package/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PIXEL = 9525
"""English Metric Units."""
MARGIN = 3
"""Pixels between a picture and the lines around its cell."""
_COMPRESSION = 4
_CHUNK = 1 << 20

_SHEET = "xl/worksheets/sheet1.xml"
_TYPES = "[Content_Types].xml"


class Drawing:
    """The pictures of a workbook on their way into its file."""

    def __init__(self, path: Path, folder: Path):
        """`folder` takes what is needed until the end."""
        self._zip = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=_COMPRESSION)
        self._anchors = (folder / "anchors").open("w+", encoding="utf-8")
        self._relations = (folder / "relations").open("w+", encoding="utf-8")
        self._count = 0

    def add(self, row: int, column: int, picture: Picture) -> None:
        """Into a cell, by its place from 0: it moves with it, and is hidden with its row."""
        self._count += 1
        n = self._count
        left, top = MARGIN * _PIXEL, MARGIN * _PIXEL
        right, bottom = left + picture.width * _PIXEL, top + picture.height * _PIXEL
        at = f"<xdr:col>{column}</xdr:col><xdr:colOff>%d</xdr:colOff><xdr:row>{row}</xdr:row>"
        at += "<xdr:rowOff>%d</xdr:rowOff>"
        self._anchors.write(
            '<xdr:twoCellAnchor editAs="twoCell">'
            f"<xdr:from>{at % (left, top)}</xdr:from><xdr:to>{at % (right, bottom)}</xdr:to>"
            f'<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="{n + 1}" name="ink {n}"/>'
            '<xdr:cNvPicPr><a:picLocks noChangeAspect="1"/></xdr:cNvPicPr></xdr:nvPicPr>'
            f'<xdr:blipFill><a:blip r:embed="rId{n}"/><a:stretch><a:fillRect/></a:stretch>'
            '</xdr:blipFill><xdr:spPr><a:xfrm><a:off x="0" y="0"/>'
            f'<a:ext cx="{picture.width * _PIXEL}" cy="{picture.height * _PIXEL}"/></a:xfrm>'
            '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr></xdr:pic>'
            "<xdr:clientData/></xdr:twoCellAnchor>"
        )
        self._relations.write(
            f'<Relationship Id="rId{n}" Type="{_RELATIONS}/image" Target="../media/ink{n}.png"/>'
        )
        self._zip.writestr(f"xl/media/ink{n}.png", picture.png, ZIP_STORED)

    def close(self, book: Path) -> None:
        """Takes over the parts of a finished workbook, whose first sheet gets the pictures."""
        with self._zip, self._anchors, self._relations:
            with ZipFile(book) as written:
                for part in written.infolist():
                    change = {_TYPES: _with_types, _SHEET: _with_drawing}.get(part.filename)
                    self._copy(written, part, change if self._count else None)
            if self._count:
                self._write_parts()

    def _copy(
        self, written: ZipFile, part: ZipInfo, change: Callable[[bytes], bytes] | None
    ) -> None:
        """Piece by piece; what is changed stands at a part's end, or the part is small."""
        with written.open(part) as source, self._zip.open(part.filename, "w") as target:
            piece = source.read(_CHUNK)
            while following := source.read(_CHUNK):
                target.write(piece[:-64])
                piece = piece[-64:] + following
            target.write(change(piece) if change else piece)

    def _write_parts(self) -> None:
        with self._zip.open("xl/drawings/drawing1.xml", "w") as part:
            part.write(
                f'{_HEAD}<xdr:wsDr xmlns:xdr="{_MAIN}/drawingml/2006/spreadsheetDrawing"'
                f' xmlns:a="{_MAIN}/drawingml/2006/main" xmlns:r="{_RELATIONS}">'.encode()
            )
            _pour(self._anchors, part)
            part.write(b"</xdr:wsDr>")
        with self._zip.open("xl/drawings/_rels/drawing1.xml.rels", "w") as part:
            part.write(f'{_HEAD}<Relationships xmlns="{_PACKAGE}">'.encode())
            _pour(self._relations, part)
            part.write(b"</Relationships>")
        self._zip.writestr(
            "xl/worksheets/_rels/sheet1.xml.rels",
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1"'
            f' Type="{_RELATIONS}/drawing" Target="../drawings/drawing1.xml"/></Relationships>',
        )


def _pour(source: IO[str], target: IO[bytes]) -> None:
    source.seek(0)
    while text := source.read(_CHUNK):
        target.write(text.encode())


def _with_types(part: bytes) -> bytes:
    drawing = "application/vnd.openxmlformats-officedocument.drawing+xml"
    return re.sub(
        rb"</Types>\s*$",
        b'<Default Extension="png" ContentType="image/png"/>'
        b'<Override PartName="/xl/drawings/drawing1.xml" ContentType="%b"/></Types>'
        % drawing.encode(),
        part,
    )


def _with_drawing(end: bytes) -> bytes:
    return re.sub(rb"</worksheet>\s*$", b'<drawing r:id="rId1"/></worksheet>', end)
