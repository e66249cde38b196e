"""Dates as an official document writes them."""

from pledge.domain.initiatives import PartialDate

_DIGITS = "〇一二三四五六七八九"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)


def official_date(when: PartialDate, language: str) -> str:
    """二〇二三年八月十日, 10 August 2023; with as much of it as is known."""
    if language != "zh":
        month = _MONTHS[when.month - 1] if when.month else ""
        return " ".join(str(part) for part in (when.day, month, when.year) if part)
    written = "".join(_DIGITS[int(digit)] for digit in f"{when.year:04}") + "年"
    written += f"{_counted(when.month)}月" if when.month else ""
    return written + (f"{_counted(when.day)}日" if when.day else "")


def _counted(number: int) -> str:
    """A number below a hundred: 八, 十, 二十一."""
    tens, ones = divmod(number, 10)
    leading = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return leading + (_DIGITS[ones] if ones or not tens else "")
