"""Tables as text, piece by piece: CSV for people, JSON for programs."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from typing import Any

from pledge.cells import as_texts
from pledge.columns import Batch, Column, Kind
from pledge.lines import Lines
from pledge.sources import Source, Steps, unheard

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel takes UTF-8 for something else."""


async def csv_pieces(source: Source, steps: Steps) -> AsyncIterator[bytes]:
    """RFC 4180."""
    headings = [column.headings[source.choice.language] for column in source.columns]
    yield csv_lines([headings], mark=True)
    if len(headings) == 1:  # an empty cell that is a line by itself is written differently
        async for piece in csv_by_cells(source, steps):
            yield piece
        return
    lines = Lines(source)
    beyond = 0
    while some := await lines.beyond(beyond):
        if some.text is None:
            part = replace(source, sifting=replace(source.sifting, last=some.last))
            async for piece in csv_by_cells(part, unheard(), beyond=beyond):
                yield piece
        else:
            yield some.text
        beyond = some.last
        del some  # before the next are made
        steps.reached(beyond)
    steps.reached(source.sifting.last)


async def csv_by_cells(source: Source, steps: Steps, *, beyond: int = 0) -> AsyncIterator[bytes]:
    """The same as `Lines` says it, slowly, whatever is in the cells."""
    columns = source.columns
    async for batch in source.batches(steps, beyond=beyond):
        yield csv_lines(zip(*(_cells(column, batch) for column in columns), strict=True))


def csv_lines(rows: Iterable[Sequence[Any]], *, mark: bool = False) -> bytes:
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK if mark else "")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cells(column: Column, batch: Batch) -> Sequence[Any]:
    """Only what was typed can be taken for something else."""
    values = column.shown(batch)
    return as_texts(values) if column.kind is Kind.TEXT else values


async def json_pieces(source: Source, steps: Steps) -> AsyncIterator[bytes]:
    """One object; the rows under `items`, each on a line of its own, exactly as typed."""
    initiative, columns = source.initiative, source.columns
    head = {"initiative": initiative.slug, "title": initiative.title(source.choice.language)}
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "items": [').encode()
    keys = [column.field.value for column in columns]
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    separator = "\n"
    async for batch in source.batches(steps):
        rows = zip(*(column.values(batch) for column in columns), strict=True)
        lines = [encode(dict(zip(keys, row, strict=True))) for row in rows]
        yield (separator + ",\n".join(lines)).encode()
        separator = ",\n"
    yield b"\n]}\n"
