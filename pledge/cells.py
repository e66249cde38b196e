"""Cells of a CSV file that a spreadsheet shows as they were typed, neither computed nor rounded."""

import re
from collections.abc import Sequence

_CHANGED = r"(?=[=+\-@\t\r＝＋－＠']|(?:0\d+|\d{12,}|\d+[Ee]\d+)%s)"
_CELL = re.compile(_CHANGED % r"\Z")
_IN_COLUMN = re.compile("\n" + _CHANGED % "\n")


def as_text(value: str) -> str:
    """An apostrophe goes before what would be a formula (OWASP, CSV Injection), and before digits
    of which Excel would drop some: leading zeros, all beyond the fifteenth, codes such as 12E4567;
    and before an apostrophe, so that the first one is always ours.
    """
    return f"'{value}" if _CELL.match(value) else value


def as_texts(column: Sequence[str]) -> Sequence[str]:
    """The same for many cells: one pass over all of them is a fraction of one each."""
    lines = "\n".join(("", *column, ""))
    if lines.count("\n") != len(column) + 1:
        return [as_text(value) for value in column]
    return _IN_COLUMN.sub("\n'", lines).split("\n")[1:-1]


def typed(cell: str) -> str:
    """What was typed, of a cell that `as_text` has made."""
    return cell.removeprefix("'")
