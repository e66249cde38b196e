"""Looking for what was typed in what is stored, whether in capitals or not.

The databases know capitals of ASCII alone: SQLite by itself, PostgreSQL where texts go by their
bytes (`schema`). Other letters are made small in what is stored as far as they were typed.
"""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, cast, func

from pledge.store.schema import TEXT


def holds(column: ColumnElement[str], typed: str) -> ColumnElement[bool]:
    return _holds(column, typed, str)


def holds_in_json(column: ColumnElement[Any], typed: str) -> ColumnElement[bool]:
    """JSON is kept as it was written on both databases, with its characters escaped."""
    return _holds(cast(column, TEXT), typed, lambda text: json.dumps(text)[1:-1])


def _holds(
    column: ColumnElement[str], typed: str, written: Callable[[str], str]
) -> ColumnElement[bool]:
    for letter in sorted(set(typed)):
        small, capital = letter.lower(), letter.upper()
        if not letter.isascii() and small != capital and len(small) == len(capital) == 1:
            column = func.replace(column, written(capital), written(small), type_=TEXT)
            typed = typed.replace(capital, small)
    return column.icontains(written(typed), autoescape=True)
