"""What is said of a meeting, read from what was typed. A `ValueError` says that it can't be."""

import re
import unicodedata
from zoneinfo import ZoneInfo

from pledge.domain.initiatives import PartialDate

_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{1,2}){0,2}")
_SEPARATORS = str.maketrans({"年": "-", "月": "-", "日": "", "/": "-", ".": "-"})
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")


def meeting_key(typed: str) -> str:
    """Its name in addresses: letters a to z, digits, hyphens."""
    return _matching(_KEY, typed)


def meeting_date(typed: str) -> str:
    """A day, a month or a year: 2023-08-10, 2023-08, 2023; also 2023/8/10 and 2023年8月10日."""
    written = _folded(typed).translate(_SEPARATORS).removesuffix("-")
    if not _DATE.fullmatch(written):
        raise ValueError(typed)
    return str(PartialDate.parse(written))


def meeting_time(typed: str) -> str:
    """When it begins, as 09:30; may be empty."""
    if not (folded := _folded(typed)):
        return ""
    if not (found := _TIME.fullmatch(folded)):
        raise ValueError(typed)
    return f"{int(found[1]):02}:{found[2]}"


def meeting_zone(typed: str) -> str:
    """A time zone of the IANA list."""
    name = _matching(_ZONE, typed)
    try:
        return ZoneInfo(name).key
    except (OSError, KeyError):  # the latter if there is none, the former for a folder of zones
        raise ValueError(typed) from None


def _matching(form: re.Pattern[str], typed: str) -> str:
    if not form.fullmatch(folded := _folded(typed)):
        raise ValueError(typed)
    return folded


def _folded(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).strip()
